// If a setup fails with a unit's change or in a merge, the agent hears of it. If it needs the network, a person
// decides.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SetupCommand } from '../../contracts/documents/config.ts';
import { type Listener, startListener } from '../fakes/listener.ts';
import { type SliceBench, doneOf, useBench } from './slice-bench.ts';
import { git } from '../git/make-repository.ts';
import { said, steps } from '../e2e/scripts.ts';

let bench: SliceBench;
let server: Listener;
useBench((opened) => (bench = opened), { networkAllowed: 'setup' });
beforeAll(async () => {
  server = await startListener();
});
afterAll(() => server.close());

/** Reads `shared.txt` and makes `made/` of it, unless it says `bad` or has markers of a conflict. */
const setup = (inputs: boolean, network = false): SetupCommand => ({
  run: 'mkdir -p made; ! grep -n "bad\\|^<<<<<<<" shared.txt && cp shared.txt made/',
  network,
  timeoutSeconds: 60,
  ...(inputs ? { inputs: ['shared.txt'] } : {}),
});
const check = [{ name: 'check', run: 'test -f made/shared.txt', timeoutSeconds: 60 }];
const ignoring = { 'shared.txt': 'old\n', '.gitignore': 'made\n' };
const show = (commit: string, path: string) => git(bench.state, 'show', `${commit}:${path}`);

describe.each([
  ['of which it is known what it reads', true],
  ['of which nobody knows what it reads', false],
])('a setup %s', (_, inputs) => {
  it('that fails in a merged tree is told to the agent along with the conflict, and runs again when it is settled', async () => {
    bench.remote.push(ignoring);
    const context = await bench.planned(
      (request) =>
        said(request).includes('conflict')
          ? steps('', '', 'echo both > shared.txt')(request)
          : steps('echo ours > shared.txt')(request),
      { config: { setup: setup(inputs), verify: check } },
    );
    const { result } = doneOf(await bench.host.start(context).result);
    const onto = bench.remote.push({ 'shared.txt': 'theirs\n' });
    const feedback = { kind: 'conflict', onto, result, paths: ['shared.txt'] } as const;
    const done = doneOf(await bench.host.start(context, { slice: 2, feedback }).result);
    expect(show(done.result, 'shared.txt')).toBe('both');
    expect(done.changed).toEqual(['shared.txt']);
    expect(bench.toldBefore(context.run, 3)).toMatch(/conflict.*The setup of this repository fails.*<<<<<<</s);
  });

  it('that refuses a clean merge is told to the agent, too', async () => {
    bench.remote.push({ ...ignoring, 'shared.txt': 'a\n1\n2\n3\n4\n5\nb\n' });
    const refusing: SetupCommand = {
      ...setup(inputs),
      run: 'mkdir -p made; [ "$(head -n 1 shared.txt)" = a ] || [ "$(tail -n 1 shared.txt)" = b ] && cp shared.txt made/',
    };
    const context = await bench.planned(
      (request) =>
        said(request).includes('The setup of this repository fails')
          ? steps('', '', "sed -i '1s/.*/a/' shared.txt; echo more > more.txt")(request)
          : steps("sed -i '$s/.*/z/' shared.txt")(request),
      { config: { setup: refusing, verify: check } },
    );
    const { result } = doneOf(await bench.host.start(context).result);
    const onto = bench.remote.push({ 'shared.txt': 'y\n1\n2\n3\n4\n5\nb\n' });
    const feedback = { kind: 'verification', onto, result, command: 'setup', output: 'it fails' } as const;
    const done = doneOf(await bench.host.start(context, { slice: 2, feedback }).result);
    expect(show(done.result, 'shared.txt')).toBe('a\n1\n2\n3\n4\n5\nz');
  });

  it('that fails on the target itself fails at once', async () => {
    bench.remote.push({ ...ignoring, 'shared.txt': 'bad\n' });
    const context = await bench.planned(steps('echo x > a.txt'), { config: { setup: setup(inputs) } });
    await expect(bench.host.start(context).result).rejects.toMatchObject({ type: 'SetupFailed' });
    expect(bench.asked(context.run)).toEqual([]);
  });
});

it('a unit whose own change breaks the setup is told so, and fails with it in the end', async () => {
  bench.remote.push(ignoring);
  const broken = await bench.planned(
    ({ turn, ...request }) =>
      turn % 2 === 0 ? steps(`echo bad ${turn} > shared.txt`)({ ...request, turn: 0 }) : { text: 'Done.' },
    { config: { setup: setup(true), verify: check } },
  );
  const { outcome } = await bench.host.start(broken).result;
  expect(outcome).toMatchObject({ status: 'failed', reason: expect.stringMatching(/^check-failed: setup: /) });
}, 60_000);

it('a red check is tried once more with a setup of the unit’s own files, when nobody knows what it reads', async () => {
  bench.remote.push({ ...ignoring, 'deps.txt': 'one\n' });
  const install: SetupCommand = { run: 'mkdir -p made; cp deps.txt made/deps', network: true, timeoutSeconds: 60 };
  const installed = [{ name: 'check', run: 'cmp deps.txt made/deps', timeoutSeconds: 60 }];
  const context = await bench.planned(steps('echo two >> deps.txt'), { config: { setup: install, verify: installed } });
  const { totals, outcome, ...rest } = await bench.host.start(context).result;
  expect(doneOf({ totals, outcome, ...rest }).changed).toEqual(['deps.txt']);
  expect(totals.turns).toBe(2);
});

it('a unit that fixes the setup which its own change broke lands', async () => {
  bench.remote.push(ignoring);
  const fixed = await bench.planned(
    (request) =>
      said(request).includes('the setup of this repository fails')
        ? steps('', '', 'echo good > shared.txt')(request)
        : steps('echo bad > shared.txt')(request),
    { config: { setup: setup(true), verify: check } },
  );
  expect(show(doneOf(await bench.host.start(fixed).result).result, 'shared.txt')).toBe('good');
});

describe('a setup that needs the network after what a unit has changed', () => {
  const reaching = (inputs: readonly string[] | null): SetupCommand => {
    const { port } = server;
    const reach = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}' 2> /dev/null`;
    return {
      run: `mkdir -p made; grep -q new shared.txt && ! ${reach} && { echo no network; exit 1; }; cp shared.txt made/`,
      network: true,
      timeoutSeconds: 60,
      ...(inputs === null ? {} : { inputs }),
    };
  };
  const changing = () => steps('echo new > shared.txt; echo x > a.txt');
  const planned = (policy: 'allow' | 'ask' | 'deny' | null) => {
    const rules = policy === null ? [] : [{ action: 'egress', decide: policy, paths: [], by: ['ops'] } as const];
    const people = { ops: { slack: ['U1'], users: ['olga'], email: [] } };
    const config = { setup: reaching(['shared.txt']), verify: check, policy: rules, people };
    return bench.planned(changing(), { config });
  };

  it('asks people when no rule says anything, and continues with their consent, without asking the model again', async () => {
    bench.remote.push(ignoring);
    const context = await planned(null);
    const { outcome, totals } = await bench.host.start(context).result;
    expect(outcome).toMatchObject({
      status: 'egress',
      wish: { paths: ['shared.txt'], pathCount: 1, command: expect.stringContaining('cp shared.txt') },
      output: expect.stringContaining('no network'),
      verdict: { decide: 'ask', policy: { allowed: null } },
    });
    if (outcome.status !== 'egress') throw new Error('it did not ask');
    const egress = { granted: [outcome.wish.key], refused: [] };
    const there = await bench.elsewhere();
    const result = await there.start(context, { slice: 2, egress }).result;
    expect(doneOf(result).changed).toEqual(['a.txt', 'shared.txt']);
    expect(result.totals.turns).toBe(totals.turns);
  });

  it('is not asked about again once it was refused, and consent to another change counts for nothing', async () => {
    bench.remote.push(ignoring);
    const context = await planned('ask');
    const first = await bench.host.start(context).result;
    if (first.outcome.status !== 'egress') throw new Error('it did not ask');
    expect(first.outcome.verdict).toMatchObject({ policy: { by: ['ops'], allowed: { users: ['olga'] } } });
    const other = { granted: ['0'.repeat(32)], refused: [] };
    expect((await bench.host.start(context, { slice: 2, egress: other }).result).outcome.status).toBe('egress');
    const egress = { granted: [], refused: [first.outcome.wish.key] };
    const { outcome } = await bench.host.start(context, { slice: 3, egress }).result;
    expect(outcome).toMatchObject({ status: 'failed', reason: expect.stringMatching(/^check-failed: setup: /) });
  });

  it('does as a rule says that allows or denies it', async () => {
    bench.remote.push(ignoring);
    expect(doneOf(await bench.host.start(await planned('allow')).result).changedCount).toBe(2);
    expect((await bench.host.start(await planned('deny')).result).outcome.status).toBe('failed');
  });
});
