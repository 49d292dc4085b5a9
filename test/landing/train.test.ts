import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Content,
  type Remote,
  cleanUp,
  git,
  makeRemote,
  makeState,
  setHook,
  temporaryFolder,
} from '../git/make-repository.ts';
import type { PlanUnit, RunContext } from '../../contracts/documents/plan.ts';
import {
  type Passenger,
  baseOf,
  build,
  buildAgain,
  built,
  land,
  makeResults,
  prepareResults,
  openTrainHost,
  stackedOf,
  statusesOf,
  tipOf,
  verified,
} from './trains.ts';
import type { VerifyHost } from '../../activities/landing/verify/verify-host.ts';
import { planRun } from '../agent/slice-host.ts';
import { stateRefs } from '../../contracts/ids.ts';

let host: VerifyHost;
/** Another host, which has built nothing. */
let other: VerifyHost;
beforeAll(async () => {
  [host, other] = [await openTrainHost(), await openTrainHost()];
});
afterAll(cleanUp);

type Files = Record<string, Content>;

/** Results of units on a target that verifies, unless `files` has another coppice.yaml. */
const prepare = (files: Files, units: Record<string, Files>, plan: readonly Partial<PlanUnit>[] = []) => {
  return prepareResults(host, { ...verified, ...files }, units, plan);
};

function fail(): never {
  throw new Error('a result is missing');
}

function subjectsOf(remote: Remote): string[] {
  return git(remote.url, 'log', '--reverse', '--format=%s', 'main').split('\n');
}

const rules = (text: string): Files => ({ 'coppice.yaml': `version: 1\n${text}` });

describe('a train', () => {
  test('is its members in order, each on the one before, and the same on every host', async () => {
    const { remote, state, context, subjects } = await prepare(
      {},
      { a: { a: '1\n' }, b: { b: '2\n' }, c: { c: '3\n' } },
    );
    const target = remote.push({ other: 'x\n' });
    const train = await built(host, subjects, { train: 7 });
    const commits = stackedOf(train).map(({ commit }) => commit);
    expect(git(state, 'log', '--first-parent', '--format=%H', `${commits[2]}`).split('\n').slice(0, 4)).toEqual(
      [target, ...commits].toReversed(),
    );
    expect(git(state, 'show', '--format=', '--name-only', `${commits[1]}`)).toBe('b');
    expect(await built(host, subjects, { train: 7 })).toEqual(train);
    expect(await built(other, subjects, { train: 7 })).toEqual(train);
    expect(await land(other, context, train)).toEqual({ status: 'landed' });
    expect(remote.tip()).toBe(commits[2]);
    expect(subjectsOf(remote)).toEqual(['first', 'a change', 'Do a', 'Do b', 'Do c']);
  });

  test('is built on what a stranger has pushed since the last one, and its ref is of that', async () => {
    const { remote, state, context, subjects } = await prepare(
      {},
      { a: { a: '1\n' }, b: { b: '2\n' }, c: { f: '3\n' } },
    );
    const first = await built(host, subjects.slice(0, 1), { train: 1 });
    expect(await land(host, context, first)).toEqual({ status: 'landed' });
    const target = remote.push({ f: 'x\n' });
    const train = await built(host, subjects.slice(1), { train: 2 });
    expect(train).toMatchObject({ status: 'built', target });
    expect(statusesOf(train)).toEqual(['stacked', 'conflict']);
    const { ref = '', commit = '' } = train.source ?? {};
    expect(git(state, 'rev-parse', ref)).toBe(commit);
    expect(git(state, 'rev-parse', `${commit}^`)).toBe(tipOf(train).commit);
    expect(await land(other, context, train)).toEqual({ status: 'landed' });
    expect(subjectsOf(remote)).toEqual(['first', 'Do a', 'a change', 'Do b']);
  });

  test('that a stranger has made needless leaves no ref, and the next one is pushed once', async () => {
    const { remote, state, subjects } = await prepare({}, { a: { a: '1\n' }, b: { b: '2\n' } });
    const [a = fail(), b = fail()] = subjects;
    const first = await built(host, [b], { train: 1 });
    const target = remote.push({ a: '1\n' });
    expect(await built(host, [a], { train: 2 })).toMatchObject({ target, source: null });
    const log = join(temporaryFolder(), 'pushed');
    setHook(state, 'post-receive', `cat >> ${log}`);
    const drop = first.source === null ? [] : [first.source];
    await built(host, [b], { train: 3, drop });
    expect(git(state, 'for-each-ref', '--format=%(refname)', 'refs/coppice/queues')).toMatch(/^\S+\/train-3$/);
    expect(readFileSync(log, 'utf8').match(/train-3$/gm)).toHaveLength(1);
  });

  test('whose build fails while it is being pushed is pushed before another host builds it again', async () => {
    const { remote, state, subjects } = await prepare({}, { a: { a: '1\n' }, b: { b: '2\n' } });
    const [a = fail(), b = fail()] = subjects;
    await built(host, [b], { train: 1 });
    const pushed = join(temporaryFolder(), 'pushed');
    setHook(state, 'post-receive', `sleep 1; touch ${pushed}`);
    renameSync(remote.url, `${remote.url}.away`);
    await expect(build(host, [a], { train: 2 })).rejects.toThrow();
    expect(existsSync(pushed)).toBe(true);
  });

  test('may land up to one of its members, and the rest is built again on that', async () => {
    const { remote, context, subjects } = await prepare({}, { a: { a: '1\n' }, b: { b: '2\n' }, c: { c: '3\n' } });
    const train = await built(host, subjects);
    const [first = fail()] = stackedOf(train);
    expect(await land(host, context, train, first)).toEqual({ status: 'landed' });
    const again = await built(host, subjects);
    expect(again.target).toBe(first.commit);
    expect(statusesOf(again)).toEqual(['already-landed', 'stacked', 'stacked']);
    expect(stackedOf(again)).toEqual(stackedOf(train).slice(1));
    expect(await land(host, context, again)).toEqual({ status: 'landed' });
    expect(subjectsOf(remote)).toEqual(['first', 'Do a', 'Do b', 'Do c']);
  });

  test('goes on without members that conflict with the target, or with those below', async () => {
    const { remote, subjects } = await prepare(
      { a: '1\n', b: '1\n' },
      { target: { a: '2\n' }, first: { b: '2\n' }, behind: { b: '3\n' }, same: { b: '2\n' }, last: { c: '1\n' } },
    );
    remote.push({ a: '9\n' });
    const train = await built(host, subjects);
    expect(statusesOf(train)).toEqual(['conflict', 'stacked', 'behind', 'behind', 'stacked']);
    expect(train.members[0]).toEqual({ status: 'conflict', conflicts: [{ path: 'a', kind: 'contents' }] });
  });

  test('names a conflict with the target also for a member that meets one below it, too', async () => {
    const { remote, subjects } = await prepare({ a: '1\n', b: '1\n' }, { a: { b: '2\n' }, b: { a: '2\n', b: '3\n' } });
    remote.push({ a: '9\n' });
    expect((await built(host, subjects)).members).toMatchObject([
      { status: 'stacked' },
      { status: 'conflict', conflicts: [{ path: 'a' }] },
    ]);
  });

  test('has protected paths alone: nothing below, nothing above', async () => {
    const { subjects } = await prepare(
      rules('verify: "true"\nlanding: { protect: [guarded] }\n'),
      {
        a: { a: '1\n' },
        solo: { guarded: '1\n' },
        c: { c: '1\n' },
      },
      [{ id: 'solo' as PlanUnit['id'], scope: ['guarded'] }],
    );
    const [a = fail(), solo = fail(), c = fail()] = subjects;
    expect(statusesOf(await built(host, [a, solo, c]))).toEqual(['stacked', 'solo', 'later']);
    const alone = await built(host, [solo, c]);
    expect(alone.members).toMatchObject([{ status: 'stacked', solo: true }, { status: 'later' }]);
  });

  test('is no longer than the target allows', async () => {
    const { subjects } = await prepare(rules('verify: "true"\nqueue: { batch: { max: 2 } }\n'), {
      a: { a: '1\n' },
      b: { b: '1\n' },
      c: { c: '1\n' },
    });
    const train = await built(host, subjects);
    expect(statusesOf(train)).toEqual(['stacked', 'stacked', 'later']);
    expect(train.rules.batch.max).toBe(2);
  });

  test('counts members that conflict, have landed or leave for nothing', async () => {
    const { remote, subjects } = await prepare(
      { ...rules('verify: "true"\nqueue: { batch: { max: 2 } }\n'), f: '1\n', done: '1\n' },
      { conflict: { f: '2\n' }, done: { done: '2\n' }, leaving: { x: '1\n' }, a: { a: '1\n' }, b: { b: '1\n' } },
    );
    const commit = remote.push({ f: '3\n', done: '2\n' });
    const passengers = subjects.map((subject): Passenger =>
      subject.unit === 'leaving' ? { ...subject, leaving: true } : subject,
    );
    const train = await built(host, passengers);
    expect(statusesOf(train)).toEqual(['conflict', 'already-landed', 'gone', 'stacked', 'stacked']);
    expect(train.members[1]).toEqual({ status: 'already-landed', commit });
  });

  test('of 64 members lands in one push', async () => {
    const units = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`u${i}`, { [`dir/${i}`]: `${i}\n` }]));
    const { remote, subjects } = await prepare(rules('queue: { batch: { max: 64 } }\n'), units);
    const train = await built(host, subjects);
    expect(train).toMatchObject({ status: 'landed', source: null });
    expect(remote.tip()).toBe(tipOf(train).commit);
    expect(subjectsOf(remote)).toHaveLength(65);
    expect(git(remote.url, 'ls-tree', '-r', '--name-only', 'main', 'dir/').split('\n')).toHaveLength(64);
    const again = await built(other, subjects);
    expect(new Set(statusesOf(again))).toEqual(new Set(['already-landed']));
  });

  test('of members that leave tells which of them have landed', async () => {
    const { context, subjects } = await prepare({}, { a: { a: '1\n' }, b: { b: '1\n' } });
    const [a = fail(), b = fail()] = subjects;
    const train = await built(host, [a]);
    await land(host, context, train);
    const leaving = await built(host, [
      { ...a, leaving: true },
      { ...b, leaving: true },
    ]);
    expect(leaving).toMatchObject({
      status: 'built',
      source: null,
      members: [{ status: 'already-landed', commit: tipOf(train).commit }, { status: 'gone' }],
    });
  });

  test('of one member that leaves needs nothing of its result', async () => {
    const { state, context, subjects } = await prepare({}, { a: { a: '1\n' } });
    const [{ unit } = fail()] = subjects;
    git(state, 'update-ref', '-d', stateRefs.unit(context.run, unit));
    expect(
      statusesOf(
        await built(
          host,
          subjects.map((subject) => ({ ...subject, leaving: true })),
        ),
      ),
    ).toEqual(['gone']);
  });

  test('says what each member changes on the one below it', async () => {
    const { subjects } = await prepare(
      { text: 'a\nb\nc\n', bin: '\0a' },
      { a: { text: 'a\nB\nc\n', new: '1\n2\n' }, b: { bin: '\0b' }, c: { 'odd\tname\nhere': 'x\n' } },
    );
    expect(stackedOf(await built(host, subjects)).map(({ size }) => size)).toEqual([
      { files: 2, additions: 3, deletions: 1 },
      { files: 1, additions: 0, deletions: 0 },
      { files: 1, additions: 1, deletions: 0 },
    ]);
  });
});

describe('a train on a train', () => {
  test('continues it on another host, and lands after it', async () => {
    const { remote, context, subjects } = await prepare({}, { a: { a: '1\n' }, b: { b: '1\n' } });
    const [a = fail(), b = fail()] = subjects;
    const first = await built(host, [a]);
    const second = await built(await openTrainHost(), [b], { on: baseOf(first) });
    expect(second.target).toBe(first.target);
    const whole = await built(host, [a, b]);
    expect(tipOf(second)).toEqual(tipOf(whole));
    // What its members conflict with, or what is in flight, is not the branch's.
    expect(await land(other, context, second, tipOf(second))).toEqual({ status: 'landed' });
    expect(subjectsOf(remote)).toEqual(['first', 'Do a', 'Do b']);
    expect(await land(host, context, first)).toEqual({ status: 'landed' });
  });

  test('has members behind those of the train below', async () => {
    const { subjects } = await prepare({ f: '1\n' }, { a: { f: '2\n' }, b: { f: '3\n' }, same: { f: '2\n' } });
    const [a = fail(), ...others] = subjects;
    const first = await built(host, [a]);
    expect(statusesOf(await built(other, others, { on: baseOf(first) }))).toEqual(['behind', 'behind']);
  });

  test('never lands by itself, even if nothing is to be verified', async () => {
    const { remote, subjects } = await prepare({}, { a: { a: '1\n' }, b: { b: '1\n' } });
    const [a = fail(), b = fail()] = subjects;
    const first = await built(host, [a]);
    const before = remote.tip();
    const on = baseOf(first);
    const second = await built(host, [b], { on, green: [on.key ?? ''] });
    const again = await built(host, [b], { on, green: [tipOf(second).key ?? ''] });
    expect(again.status).toBe('built');
    expect(remote.tip()).toBe(before);
  });

  test('is refused when the train below is gone', async () => {
    const { state, subjects } = await prepare({}, { a: { a: '1\n' }, b: { b: '1\n' } });
    const [a = fail(), b = fail()] = subjects;
    const first = await built(host, [a]);
    git(state, 'update-ref', '-d', first.source?.ref ?? '');
    const building = build(await openTrainHost(), [b], { on: baseOf(first) });
    await expect(building).rejects.toMatchObject({ type: 'GitFailed', message: expect.stringContaining('train') });
  });
});

describe('what a member may change is judged by what it meets', () => {
  const folder = { 'src/one': 'one\n'.repeat(40), 'src/two': 'two\n'.repeat(40) };
  const moved = {
    'src/one': null,
    'src/two': null,
    'guarded/one': folder['src/one'],
    'guarded/two': folder['src/two'],
  };
  const guard = (decide: string) =>
    `people: { maintainers: { slack: [UM], users: [], email: [] } }\npolicy: [{ action: merge, paths: ["guarded/x"], decide: ${decide} }]\nverify: "true"\n`;

  test.each(['deny', 'ask, by: [maintainers]'])(
    'and waits if only a member below makes a rule apply that says %s',
    async (decide) => {
      const { subjects } = await prepare({ ...folder, ...rules(guard(decide)) }, { a: moved, b: { 'src/x': 'x\n' } });
      expect(statusesOf(await built(host, subjects))).toEqual(['stacked', 'behind']);
    },
  );
});

test('size, labels and cost of a member are judged by the target’s rules', async () => {
  const remote = makeRemote({ ...rules('verify: "true"\n'), f: '1\n' });
  const state = makeState();
  const labelled = { id: 'b' as PlanUnit['id'], labels: ['risky'] };
  const context = await planRun(host, { remote, state, run: 'run-1' }, { units: [labelled] });
  const [large = fail(), risky = fail(), dear = fail(), plain = fail()] = makeResults(remote, context, {
    a: { large: 'x\n'.repeat(4) },
    b: { risky: 'x\n' },
    c: { dear: 'x\n' },
    d: { plain: 'x\n' },
  });
  const asking = (condition: string) => `  - { action: merge, ${condition}, decide: ask }\n`;
  const conditions = ['over: { lines: 3 }', 'labels: [risky]', 'over: { usd: 2 }'].map(asking).join('');
  remote.push(rules(`verify: "true"\npolicy:\n${conditions}`));
  const train = await built(host, [large, risky, { ...dear, costUsd: 2.5 }, { ...plain, costUsd: 2 }]);
  expect(statusesOf(train)).toEqual(['consent-missing', 'consent-missing', 'consent-missing', 'stacked']);
});

describe('runs in one train', () => {
  test('have state remotes, plans and bases of their own', async () => {
    const remote = makeRemote({ ...rules('verify: "true"\n'), f: '1\n' });
    const run = async (name: string, units: readonly Partial<PlanUnit>[], files: Record<string, Files>) => {
      const state = makeState();
      const context = await planRun(host, { remote, state, run: name }, { units });
      return { state, context, subjects: makeResults(remote, context, files) };
    };
    const one = await run('run-1', [{ id: 'u' as PlanUnit['id'], scope: ['a'] }], { u: { a: '1\n' } });
    remote.push({ f: '2\n' });
    const two = await run('run-2', [{ id: 'u' as PlanUnit['id'] }], { u: { b: '1\n' }, v: { f: '3\n' } });
    remote.push({ g: '1\n' });
    const train = await built(other, [...one.subjects, ...two.subjects]);
    expect(statusesOf(train)).toEqual(['stacked', 'stacked', 'stacked']);
    // The train is where the first run is.
    expect(train.source).toMatchObject({ stateRemote: one.state });
    expect(await land(host, one.context, train)).toEqual({ status: 'landed' });
    expect(subjectsOf(remote)).toEqual(['first', 'a change', 'a change', 'Do u', 'Do u', 'Do v']);
    expect(statusesOf(await built(other, [...two.subjects, ...one.subjects]))).toEqual([
      'already-landed',
      'already-landed',
      'already-landed',
    ]);
  });

  test('of the same id, one after the other, do not land for each other', async () => {
    const remote = makeRemote({ ...verified });
    const first = await planRun(host, { remote, state: makeState(), run: 'run-1' });
    const [a = fail()] = makeResults(remote, first, { a: { f: '1\n' } });
    await land(host, first, await built(host, [a]));
    const second: RunContext = await planRun(host, { remote, state: makeState(), run: 'run-1' });
    const [b = fail()] = makeResults(remote, second, { a: { f: '2\n' } });
    // Together in one train, each looks from its own base on.
    expect(statusesOf(await built(host, [a, b]))).toEqual(['already-landed', 'stacked']);
  });
});

describe('results that are gone', () => {
  test('are named, and the others can be built without them', async () => {
    const { state, context, subjects } = await prepare({}, { a: { a: '1\n' }, b: { b: '1\n' } });
    const [, gone = fail()] = subjects;
    const ref = stateRefs.unit(context.run, gone.unit);
    git(state, 'update-ref', '-d', ref);
    await expect(build(other, subjects)).rejects.toThrow(`the state remote does not have ${gone.result} on ${ref}`);
    // They are not tried for as long as a remote that fails: the sixth time, the queue hears of it.
    const attempt = { failures: 5, settled: true };
    await expect(buildAgain(other, subjects, attempt)).rejects.toMatchObject({
      type: 'Unexpected',
      nonRetryable: true,
    });
    expect(statusesOf(await built(other, subjects.slice(0, 1)))).toEqual(['stacked']);
  });

  test('because the unit has moved on are named, too', async () => {
    const { remote, state, context, subjects } = await prepare({}, { a: { a: '1\n' } });
    const [moved = fail()] = makeResults(remote, context, { a: { a: '2\n' } });
    const fresh = await openTrainHost();
    await expect(build(fresh, subjects)).rejects.toThrow('does not have');
    expect(statusesOf(await built(fresh, [moved]))).toEqual(['stacked']);
    expect(git(state, 'rev-parse', stateRefs.unit(context.run, moved.unit))).toBe(moved.result);
  });
});

describe('the ref of a train', () => {
  test('is dropped with a later one that no longer needs it', async () => {
    const { state, subjects } = await prepare({}, { a: { a: '1\n' }, b: { b: '1\n' } });
    const first = await built(host, subjects.slice(0, 1));
    const second = await built(host, subjects.slice(1), { drop: [first.source ?? { ref: '', commit: first.target }] });
    await expect
      .poll(() => git(state, 'for-each-ref', '--format=%(refname)', 'refs/coppice/queues/'), { timeout: 60_000 })
      .toBe(second.source?.ref);
  });

  test('is dropped also when the later one lands at once', async () => {
    const { state, subjects } = await prepare({}, { a: { a: '1\n' }, b: { b: '1\n' } });
    const first = await built(host, subjects.slice(0, 1));
    const drop = [first.source ?? { ref: '', commit: first.target }];
    await built(host, subjects.slice(0, 1), { drop, green: [tipOf(first).key ?? ''] });
    await expect
      .poll(() => git(state, 'for-each-ref', '--format=%(refname)', 'refs/coppice/queues/'), { timeout: 60_000 })
      .toBe('');
  });

  test('stays if it has become another train', async () => {
    const { state, subjects } = await prepare({}, { a: { a: '1\n' }, b: { b: '1\n' } });
    const first = await built(host, subjects.slice(0, 1), { train: 1 });
    const again = await built(host, subjects, { train: 1 });
    expect(again.source?.ref).toBe(first.source?.ref);
    await built(host, subjects.slice(1), { drop: [first.source ?? { ref: '', commit: first.target }] });
    await built(host, subjects.slice(1));
    expect(git(state, 'rev-parse', first.source?.ref ?? '')).toBe(again.source?.commit);
  });
});
