// A setup never runs an agent's changes with the network, unless policy allows it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Content } from '../git/make-repository.ts';
import type { Preparation } from '../../activities/worktrees/setup/preparation.ts';
import type { SetupCommand } from '../../contracts/documents/config.ts';
import { type PoolHost, files, inside, openPoolHost, verificationWorktree } from './pool-host.ts';
import { lacksNetwork } from '../../activities/worktrees/setup/setup-failure.ts';
import { type Listener, startListener } from '../fakes/listener.ts';
import { cleanUp, makeRemote, makeState } from '../git/make-repository.ts';
import { contextFor, makeResult } from '../git/open-host.ts';

let server: Listener;
let host: PoolHost;

beforeAll(async () => {
  server = await startListener();
  // Without a pool: what matters is what happens on the spot.
  host = await openPoolHost({ networkAllowed: 'setup', megabytes: 0 });
});
afterAll(() => {
  server.close();
  cleanUp();
});

/** Notes for each time that it ran what it read, and whether it reached the network. */
function reaching(inputs: readonly string[] | null): SetupCommand {
  const { port } = server;
  const reach = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}' 2>/dev/null && echo net || echo none`;
  const run = `mkdir -p node_modules && echo "$(cat deps.txt) $(sh setup.sh) $(${reach})" >> node_modules/log`;
  return { run, network: true, timeoutSeconds: 60, ...(inputs === null ? {} : { inputs }) };
}

let runs = 0;

/** The log of the setup in a worktree with a unit's change. */
async function setUp(
  change: Record<string, Content>,
  { inputs = ['deps.txt', 'setup.sh'], ...more }: Partial<Preparation> & { inputs?: string[] | null } = {},
) {
  const where = { remote: makeRemote({ ...files, 'setup.sh': 'echo old\n' }), state: makeState() };
  const context = contextFor(where.remote, where.state, `run-${(runs += 1)}`);
  const { result } = await makeResult(host, context, change);
  const worktree = await verificationWorktree(host, where, result, {
    purpose: 'agent',
    setup: reaching(inputs),
    hostAllows: 'setup',
    ...more,
  });
  const log = readFileSync(join(worktree.path, 'node_modules/log'), 'utf8').trim().split('\n');
  const source = readFileSync(join(worktree.path, 'src/a.txt'), 'utf8');
  const seen = await inside(host, worktree, 'git status --porcelain && git rev-parse HEAD');
  await worktree.remove();
  return { log, source, clean: seen.trim() === result };
}

describe('a setup that wants the network, for an agent,', () => {
  it('has it with the target’s files alone, also when the unit changed nothing that it is said to read', async () => {
    expect(await setUp({ 'src/a.txt': 'new\n' })).toEqual({ log: ['one old net'], source: 'new\n', clean: true });
    const sly = { ...reaching(['deps.txt']), run: `${reaching(null).run}; cat src/a.txt >> node_modules/log` };
    expect((await setUp({ 'src/a.txt': 'evil\n' }, { setup: sly })).log).toEqual(['one old net', 'a']);
  });

  it('makes everything of the unit’s files without it when those would replace what it has made', async () => {
    const { log } = await setUp({ '.gitignore': '', 'node_modules/log': 'mine\n' });
    expect(log).toEqual(['mine', 'one old none']);
    const inTheWay = { ...reaching(['deps.txt']), run: `${reaching(null).run}; ln -sfn /tmp src/new` };
    const { log: own } = await setUp({ 'src/new/x.txt': 'x\n' }, { setup: inTheWay });
    expect(own).toEqual(['one old none']);
  });

  it('has it on the target’s files only, and runs again without it, when the unit changed what it reads', async () => {
    expect((await setUp({ 'deps.txt': 'two\n' })).log).toEqual(['one old net', 'two old none']);
    expect((await setUp({ 'setup.sh': 'echo evil\n', 'src/a.txt': 'new\n' })).log).toEqual([
      'one old net',
      'one evil none',
    ]);
  });

  it('runs on the target’s files alone where nobody knows what it reads', async () => {
    const { log, source } = await setUp({ 'setup.sh': 'echo evil\n', 'src/a.txt': 'new\n' }, { inputs: null });
    expect({ log, source }).toEqual({ log: ['one old net'], source: 'new\n' });
  });

  it('has it with everything where policy and host allow it', async () => {
    expect((await setUp({ 'deps.txt': 'two\n' }, { egress: true })).log).toEqual(['two old net']);
    expect((await setUp({ 'deps.txt': 'two\n' }, { egress: true, hostAllows: 'none' })).log).toEqual(['two old none']);
  });

  it('says why it had none when it fails without', async () => {
    const needy = setUp(
      { 'deps.txt': 'two\n', 'setup.sh': 'exit 0\n' },
      {
        setup: { ...reaching(['deps.txt']), run: `${reaching(null).run} && tail -1 node_modules/log | grep -q net` },
      },
    );
    await expect(needy).rejects.toMatchObject({
      type: 'SetupFailed',
      message: expect.stringMatching(/ran without the network .*action: egress, decide: allow/),
    });
  });
});

describe('a setup that wants the network, for a verification,', () => {
  const purpose = 'verification';

  it('has what was made of the target’s files where the unit changed nothing that it is said to read', async () => {
    expect((await setUp({ 'src/a.txt': 'new\n' }, { purpose })).log).toEqual(['one old net']);
  });

  it.each<[string, Record<string, Content>, string[] | null, string]>([
    ['the unit changed what it reads', { 'deps.txt': 'two\n' }, ['deps.txt'], 'two old none'],
    ['nobody knows what it reads', { 'src/a.txt': 'new\n' }, null, 'one old none'],
    ['the unit changed its script', { 'setup.sh': 'echo evil\n' }, null, 'one evil none'],
    [
      'the unit has files where it makes some',
      { '.gitignore': '', 'node_modules/x': '' },
      ['deps.txt'],
      'one old none',
    ],
  ])('runs on the candidate’s files alone, and without it, where %s', async (_why, change, inputs, line) => {
    expect((await setUp(change, { purpose, inputs })).log).toEqual([line]);
  });

  it('finds nothing that it has made of the target’s files, wherever that was, but downloads', async () => {
    const run = [
      'mkdir -p out .deps/go .deps/build "$HOME/.npm/_cacache" "$HOME/.cache/uv/sdists-v9/path" "$HOME/.cache/uv/wheels-v5"',
      'ls out .deps/* "$HOME/.npm/_cacache" "$HOME/built" "$HOME/.cache/uv/sdists-v9/path" "$HOME/.cache/uv/wheels-v5" > seen 2>/dev/null',
      'mkdir -p node_modules && mv seen node_modules/log',
      'touch "$HOME/built" out/old .deps/build/old .deps/go/module "$HOME/.npm/_cacache/package" "$HOME/.cache/uv/sdists-v9/path/own" "$HOME/.cache/uv/wheels-v5/other"',
    ].join('; ');
    const setup = { run, network: true, timeoutSeconds: 60 };
    const { log } = await setUp({ '.gitignore': 'node_modules\nout\n.deps\n' }, { purpose, setup });
    expect(log.filter((line) => /^\w+$/.test(line))).toEqual(['module', 'other', 'package']);
  });

  it.each([
    ['an address', 'exec 3<>/dev/tcp/192.0.2.1/80'],
    ['a name', 'getent hosts registry.example.com'],
    ['a mirror on loopback', 'exec 3<>/dev/tcp/127.0.0.1/$PORT'],
  ])('lacks the network when it tried %s and failed, silent or not', async (_what, command) => {
    const { port } = server;
    const run = `bash -c '${command.replace('$PORT', `${port}`)}' >/dev/null 2>&1`;
    const failing = setUp({ 'src/a.txt': 'new\n' }, { purpose, setup: { run, network: true, timeoutSeconds: 60 } });
    const error: unknown = await failing.catch((thrown: unknown) => thrown);
    expect(lacksNetwork(error)).toBe(true);
  });

  it('does not lack it when it failed of itself', async () => {
    const setup = { run: 'test "$(cat src/a.txt)" = a', network: true, timeoutSeconds: 60 };
    const error: unknown = await setUp({ 'src/a.txt': 'new\n' }, { purpose, setup }).catch((thrown: unknown) => thrown);
    expect([error instanceof Error, lacksNetwork(error)]).toEqual([true, false]);
  });
});
