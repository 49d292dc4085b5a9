import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Content, type Remote, cleanUp, git, makeRemote, makeState } from '../git/make-repository.ts';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { LandingSubject } from '../../contracts/activities/landing.ts';
import type { PlanUnit } from '../../contracts/documents/plan.ts';
import type { VerifyHost } from '../../activities/landing/verify/verify-host.ts';
import { baseOf, built, makeResults, openTrainHost, specOf, stackedOf, tipOf, verified } from './trains.ts';
import { makeVerifyTree } from '../../activities/landing/verify/verify-tree.ts';
import { planRun } from '../agent/slice-host.ts';

let host: VerifyHost;
beforeAll(async () => (host = await openTrainHost()));
afterAll(cleanUp);

type Files = Record<string, Content>;

const rules = (yaml: string): Files => ({ 'coppice.yaml': `version: 1\n${yaml}` });
const own = (id: string, verify: string) => ({ id: id as PlanUnit['id'], verify });

/** Results of a run, on the branch as it is. */
async function resultsOn(
  remote: Remote,
  units: Record<string, Files>,
  { run = 'run-1', plan = [] }: { readonly run?: string; readonly plan?: readonly Partial<PlanUnit>[] } = {},
): Promise<LandingSubject[]> {
  const context = await planRun(host, { remote, state: makeState(), run }, { units: plan });
  return makeResults(remote, context, units);
}

/** The key of the tip of a train of these. */
async function keyOf(...given: Parameters<typeof resultsOn>): Promise<string | null> {
  return tipOf(await built(host, await resultsOn(...given))).key;
}

describe('what is verified of a train', () => {
  const plan = [own('a', 'test -e a'), own('b', 'test -e b'), own('c', 'test -e a')];
  const units = { a: { a: '1\n' }, b: { b: '1\n' }, c: { c: '1\n' }, d: { d: '1\n' } };
  const runsOf = (commands: readonly { readonly run: string }[]) => commands.map(({ run }) => run);

  test('has the commands of all members, and what people have granted them, up to each candidate', async () => {
    const remote = makeRemote(verified);
    const subjects = await resultsOn(remote, units, { plan });
    const granted = subjects.map((each, index): LandingSubject => ({ ...each, egress: [`e${index % 2}`] }));
    const train = await built(host, granted);
    const specs = stackedOf(train).map(({ key }) => specOf(train, key));
    expect(specs.map(({ own: commands }) => runsOf(commands))).toEqual([
      ['test -e a'],
      ['test -e a', 'test -e b'],
      ['test -e a', 'test -e b'],
      ['test -e a', 'test -e b'],
    ]);
    expect(specs.map(({ egress }) => egress)).toEqual([['e0'], ['e0', 'e1'], ['e0', 'e1'], ['e0', 'e1']]);
    for (const [index, { commit }] of stackedOf(train).entries()) {
      expect(specs[index]).toMatchObject({ target: train.target, branch: 'main', all: false });
      expect(git(train.source?.stateRemote ?? '', 'rev-parse', `${commit}^{tree}`)).toBe(specs[index]?.tree);
    }
  });

  test('is what each member alone asks for, where each is verified', async () => {
    const subjects = await resultsOn(makeRemote(rules('verify: "true"\nqueue: { verify: each }\n')), units, { plan });
    const train = await built(
      host,
      subjects.map((each, index) => ({ ...each, egress: [`e${index}`] })),
    );
    const specs = stackedOf(train).map(({ key }) => specOf(train, key));
    expect(specs.map((spec) => [runsOf(spec.own), spec.egress])).toEqual([
      [['test -e a'], ['e0']],
      [['test -e b'], ['e1']],
      [['test -e a'], ['e2']],
      [[], ['e3']],
    ]);
  });

  test('includes what the train below has', async () => {
    const subjects = await resultsOn(makeRemote(verified), units, { plan });
    const first = await built(host, subjects.slice(0, 2));
    const second = await built(await openTrainHost(), subjects.slice(2), { on: baseOf(first) });
    expect(runsOf(specOf(second, tipOf(second).key).own)).toEqual(['test -e a', 'test -e b']);
    expect(tipOf(second)).toEqual(tipOf(await built(host, subjects)));
  });

  test('is a command of a member, even if the target has none', async () => {
    const subjects = await resultsOn(makeRemote({ f: '1\n' }), { d: { d: '1\n' }, a: { a: '1\n' } }, { plan });
    const train = await built(host, subjects);
    expect(stackedOf(train).map(({ key }) => key === null)).toEqual([true, false]);
    expect(train).toMatchObject({ status: 'built', targetKey: null });
    expect(runsOf(specOf(train, tipOf(train).key).own)).toEqual(['test -e a']);
  });

  test('is the target, too, in a train on the branch', async () => {
    const remote = makeRemote(verified);
    const train = await built(host, await resultsOn(remote, units));
    const spec = specOf(train, train.targetKey);
    expect(spec).toMatchObject({ tree: git(remote.url, 'rev-parse', 'main^{tree}'), own: [], egress: [] });
  });

  test('goes on after a failure where the target may be red itself', async () => {
    const train = await built(
      host,
      await resultsOn(makeRemote(rules('verify: "true"\nqueue: { onRedBase: delta }\n')), units),
    );
    expect([tipOf(train).key, train.targetKey].map((key) => specOf(train, key).all)).toEqual([true, true]);
  });

  test('is verified by any host, from the state remote alone', async () => {
    const files = rules('verify: test -e f\n');
    const train = await built(host, await resultsOn(makeRemote({ ...files, f: '1\n' }), units, { plan }));
    const other = await openTrainHost();
    const verify = (key: string | null) => {
      const source = train.source ?? undefined;
      if (key === null || source === undefined) throw new Error('nothing is to be verified');
      const input = { key, sources: [source], timeoutSeconds: 600 };
      return new MockActivityEnvironment().run(makeVerifyTree(other), input);
    };
    for (const { key } of stackedOf(train)) expect(await verify(key)).toEqual({ status: 'green' });
    expect(await verify(train.targetKey)).toEqual({ status: 'green' });
  });
});

describe('the key of a candidate', () => {
  const change = { a: { a: '1\n' } };

  test('is the same for the same tree, whoever made it and when', async () => {
    const remote = makeRemote(verified);
    const subjects = await resultsOn(remote, change);
    const key = tipOf(await built(host, subjects)).key;
    const later = subjects.map((each) => ({
      ...each,
      enqueuedAt: '2027-01-01T00:00:00.000Z',
      attempt: 3,
      approvedBy: [],
    }));
    const other = await openTrainHost();
    expect(tipOf(await built(other, later)).key).toBe(key);
    expect(await keyOf(remote, { b: change.a }, { run: 'run-2' })).toBe(key);
    // Also when it takes two.
    const both = { a: '1\n', b: '1\n' };
    const one = await keyOf(remote, { x: both }, { run: 'run-3' });
    expect(await keyOf(remote, { x: { a: both.a }, y: { b: both.b } }, { run: 'run-4' })).toBe(one);
    expect(one).not.toBe(key);
  });

  test.each([
    ['a command', 'verify: "false"\n'],
    ['the time that a command has', 'verify: [{ name: verify, run: "true", timeout: 7m }]\n'],
    ['the setup', 'setup: make\nverify: "true"\n'],
    ['a variable', 'verify: "true"\nenv: { A: b }\n'],
    ['a question about the network', 'verify: "true"\npolicy: [{ action: egress, decide: allow }]\n'],
  ])('changes with %s', async (_, yaml) => {
    // The same tree: the branch has the other coppice.yaml, and the unit takes it back.
    const remote = makeRemote(verified);
    const before = await keyOf(remote, change);
    remote.push(rules(yaml));
    const scope = [{ id: 'a' as PlanUnit['id'], scope: ['**', 'coppice.yaml'] }];
    const subjects = await resultsOn(remote, { a: { ...change.a, ...verified } }, { plan: scope });
    const train = await built(host, subjects);
    expect(specOf(train, tipOf(train).key).tree).toMatch(/^[0-9a-f]{40}$/);
    expect(tipOf(train).key).not.toBe(before);
  });

  test('changes with a command of its own, what was granted, and the tags that lead to the target', async () => {
    const remote = makeRemote(verified);
    const subjects = await resultsOn(remote, change);
    const keys = new Set([
      tipOf(await built(host, subjects)).key,
      await keyOf(remote, change, { plan: [own('a', 'test -e a')] }),
      await keyOf(remote, change, { plan: [own('a', 'test -e b')] }),
      tipOf(
        await built(
          host,
          subjects.map((each) => ({ ...each, egress: ['granted'] })),
        ),
      ).key,
    ]);
    git(remote.url, 'tag', 'v1', 'main');
    // A host that has looked for tags a moment ago does not look again.
    keys.add(tipOf(await built(await openTrainHost(), subjects)).key);
    expect(keys.size).toBe(5);
  });
});
