import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Verdict, VerifyTreeInput } from '../../contracts/activities/verification.ts';
import { type Content, cleanUp, git, makeRemote, makeState } from '../git/make-repository.ts';
import { type OfferedTree, offerTree } from './offered-tree.ts';
import type { VerifyHost } from '../../activities/landing/verify/verify-host.ts';
import { HostRoom } from '../../activities/host/room.ts';
import { allGone } from '../sandbox/fixtures.ts';
import { makeVerifyTree } from '../../activities/landing/verify/verify-tree.ts';
import { openHost } from '../git/open-host.ts';
import { unitCheck } from '../../activities/checks/unit-check.ts';

let builder: Awaited<ReturnType<typeof openHost>> & Pick<VerifyHost, 'policy' | 'env'>;
beforeAll(async () => (builder = { ...(await openHost()), policy: closed, env: {} }));
afterAll(cleanUp);

interface Asked {
  readonly own?: string;
  readonly all?: boolean;
  readonly env?: Record<string, string>;
  readonly timeoutSeconds?: number;
}

/** Offers a change on a target with `target`'s files, and has another host verify it than the one that built it. */
async function verify(
  target: Record<string, Content>,
  change: Record<string, Content>,
  asked: Asked = {},
): Promise<Verdict> {
  const { tree, host: other, verifyTree } = await offered(target, change, asked);
  try {
    return await new MockActivityEnvironment().run(verifyTree, inputOf(tree, asked.timeoutSeconds));
  } finally {
    const worktrees = join(other.home, 'worktrees');
    expect(existsSync(worktrees) ? readdirSync(worktrees) : []).toEqual([]);
  }
}

const closed = { envAllowed: [], networkAllowed: 'none' } as const;

async function offered(
  target: Record<string, Content>,
  change: Record<string, Content>,
  { own, all = false, env = {} }: Asked,
) {
  const where = { remote: makeRemote(target), state: makeState() };
  const policy = { envAllowed: Object.keys(env), networkAllowed: 'none' } as const;
  const commands = own === undefined ? [] : [unitCheck(own)];
  const tree = await offerTree({ ...builder, policy, env }, where, change, { own: commands, all });
  if (tree === null) throw new Error('there is nothing to verify');
  const host = { ...(await openHost()), hostId: 'verifier', policy, env };
  return { where, tree, host, verifyTree: makeVerifyTree(host) };
}

function inputOf({ key, source }: Pick<OfferedTree, 'key' | 'source'>, timeoutSeconds = 600): VerifyTreeInput {
  return { key, sources: [source], timeoutSeconds };
}

const rules = (command: string) => ({ 'coppice.yaml': `version: 1\nverify: ${JSON.stringify(command)}\n` });

describe('the verification of a tree', () => {
  it('is green when the commands of the target and of the units pass', async () => {
    const result = await verify(
      { ...rules('test -e base.txt'), 'base.txt': 'x' },
      { 'a.txt': 'x' },
      { own: 'test -e a.txt' },
    );
    expect(result).toEqual({ status: 'green' });
  });

  it('is red with the name of the command and its output', async () => {
    const red = { status: 'red', output: 'no\n[exit code 2]' };
    expect(await verify(rules('echo no; exit 2'), { 'a.txt': 'x' })).toMatchObject(red);
    expect(await verify(rules('true'), { 'a.txt': 'x' }, { own: 'echo no; exit 2' })).toMatchObject({
      ...red,
      command: 'unit verify',
    });
  });

  it('takes its rules from the target, not from the change', async () => {
    expect(await verify(rules('echo no; false'), rules('true'))).toMatchObject({ status: 'red' });
  });

  it('does not see what git ignores', async () => {
    const target = { ...rules('test ! -e built.txt'), '.gitignore': 'built.txt\n' };
    expect(await verify(target, { 'built.txt': 'x', 'a.txt': 'x' })).toMatchObject({ status: 'green' });
  });

  it('is red for a setup that fails with the change', async () => {
    const target = { 'coppice.yaml': 'version: 1\nsetup: "test ! -e a.txt"\n' };
    expect(await verify(target, { 'a.txt': 'x' })).toMatchObject({ status: 'red', command: 'setup' });
  });

  it('is not verified where a setup fails that wants the network and has none, and red where it fails of itself', async () => {
    const target = (run: string, more: object = {}) => ({
      'coppice.yaml': JSON.stringify({ setup: { run, network: true, ...more } }),
    });
    const needs = 'getent hosts registry.example.com || { echo not found; exit 1; }';
    // Also where it is known that the change touches nothing that the setup reads.
    for (const reads of [{}, { inputs: ['deps.txt'] }]) {
      expect(await verify(target(needs, reads), { 'a.txt': 'x' })).toMatchObject({
        status: 'not-verified',
        command: 'setup',
        output: expect.stringMatching(/not found$/),
      });
    }
    expect(await verify(target('test ! -e a.txt'), { 'a.txt': 'x' })).toMatchObject({ status: 'red' });
  });

  it('runs with names and ports that the setup does not see, since its result is shared', async () => {
    const setup = 'test -z "$COPPICE_PORT_BASE$COPPICE_UNIT$COPPICE_RUN"';
    const ports = 'test "$COPPICE_PORT_COUNT" = 3 && test "$COPPICE_PORT_BASE" -gt 1024';
    const isName = (name: string): string => `echo "$${name}" | grep -qE "^verify-[0-9a-f]{8}$"`;
    const verifyIt = [ports, isName('COPPICE_UNIT'), isName('COPPICE_RUN')].join(' && ');
    const config = { setup, verify: verifyIt, worktree: { ports: 3 } };
    expect(await verify({ 'coppice.yaml': JSON.stringify(config) }, { 'a.txt': 'x' })).toMatchObject({
      status: 'green',
    });
    const none = { verify: 'test -z "$COPPICE_PORT_BASE$COPPICE_PORT_COUNT"', worktree: { ports: 0 } };
    expect(await verify({ 'coppice.yaml': JSON.stringify(none) }, { 'a.txt': 'x' })).toMatchObject({ status: 'green' });
  });

  it('is CI, setup included, unless the repository says otherwise', async () => {
    const config = { setup: 'echo "$CI" > .ci', verify: 'test "$CI" = true && grep -qx true .ci' };
    const target = (sandbox: object) => ({
      '.gitignore': '.ci\n',
      'coppice.yaml': JSON.stringify({ ...config, sandbox }),
    });
    expect(await verify(target({}), { 'a.txt': 'x' })).toMatchObject({ status: 'green' });
    expect(await verify(target({ ci: false }), { 'a.txt': 'x' })).toMatchObject({ status: 'red' });
  });
});

describe('a setup that fails although the change touches nothing that it reads', () => {
  // Something outside the repository breaks it: a variable of the host.
  const broken = { NODE_OPTIONS: '--no-such-option' };
  const config = (run: string, more: object = {}) => ({
    'coppice.yaml': JSON.stringify({ setup: { run, ...more }, sandbox: { env: ['NODE_OPTIONS'] } }),
    '.gitignore': 'node_modules\n',
  });
  const workspace = { 'package.json': '{"name":"app","workspaces":["lib"]}', 'lib/package.json': '{"name":"lib"}' };
  const install = 'npm install --no-package-lock --no-audit --no-fund';
  const harmless = { 'a.txt': 'x' };
  const targets: [string, Record<string, Content>][] = [
    ['a known install', { ...workspace, ...config(install) }],
    ['declared inputs', { 'deps.txt': 'one\n', ...config('node -e 0', { inputs: ['deps.txt'] }) }],
    ['the installs of a command that continues to build', { ...workspace, ...config(`${install} && cp *.txt lib/`) }],
  ];

  it.each(targets)('is the target’s: %s', async (_, target) => {
    await expect(verify(target, harmless, { env: broken })).rejects.toMatchObject({
      type: 'TargetSetupFailed',
      nonRetryable: false,
      message: expect.stringContaining('--no-such-option'),
    });
    expect(await verify(target, harmless, { env: { NODE_OPTIONS: '' } })).toMatchObject({ status: 'green' });
  });

  it.each<[string, Record<string, Content>, Record<string, Content>]>([
    ['a manifest', targets[0]?.[1] ?? {}, { 'package.json': '{"name":"app","workspaces":["lib"],"private":true}' }],
    ['a declared input', targets[1]?.[1] ?? {}, { 'deps.txt': 'two\n' }],
    ['what nobody can list', config('node -e 0'), harmless],
    ['what is built', { ...workspace, ...config(`${install} && test ! -e a.txt`) }, harmless],
  ])('is the change’s where it touches %s', async (what, target, change) => {
    const env = what === 'what is built' ? { NODE_OPTIONS: '' } : broken;
    expect(await verify(target, change, { env })).toMatchObject({ status: 'red', command: 'setup' });
  });

  it('is the change’s where the setup works on the target: something of the change stands in its way', async () => {
    const setup = config('mkdir node_modules', { inputs: ['deps.txt'] });
    const planted = { '.gitignore': '', 'node_modules/planted.txt': 'x' };
    expect(await verify(setup, planted)).toMatchObject({ status: 'red', command: 'setup' });
  });
});

describe('what a verification sees', () => {
  const say = 'git log -1 --format="%H %an <%ae> %s %P"; git log --all --format=%B; false';

  it('is a commit of the tree on the target, the same on every host, without a word of who made it', async () => {
    const { where, tree, verifyTree } = await offered(rules(say), { 'a.txt': 'x' }, {});
    const again = await offerTree(builder, where, { 'a.txt': 'x' }, { message: 'Coppice-Unit: b' });
    if (again === null) throw new Error('there is nothing to verify');
    expect(again.candidate).not.toBe(tree.candidate);
    expect(again.key).toBe(tree.key);
    const first = await new MockActivityEnvironment().run(verifyTree, inputOf(tree));
    const other = makeVerifyTree({ ...(await openHost()), hostId: 'other', policy: closed, env: {} });
    expect(await new MockActivityEnvironment().run(other, inputOf(again))).toEqual(first);
    const line = new RegExp(`^[0-9a-f]{40} Coppice <coppice@localhost> Verify ${where.remote.tip()}\n`);
    expect(first).toMatchObject({ status: 'red', output: expect.stringMatching(line) });
    expect(first).toMatchObject({ output: expect.not.stringMatching(/candidate|Unit/) });
  });
});

describe('how a verification ends', () => {
  it('is with the first command that fails, or with all that fail', async () => {
    const commands = [
      { name: 'one', run: 'echo first; false' },
      { name: 'two', run: 'true' },
      { name: 'three', run: 'false' },
    ];
    const target = { 'coppice.yaml': JSON.stringify({ verify: commands }) };
    const red = { status: 'red', command: 'one', output: 'first\n[exit code 1]' };
    expect(await verify(target, { 'a.txt': 'x' }, { own: 'false' })).toEqual(red);
    const failed = ['one', 'three', 'unit verify'];
    const outputs = ['first\n[exit code 1]', '\n[exit code 1]', '\n[exit code 1]'];
    expect(await verify(target, { 'a.txt': 'x' }, { own: 'false', all: true })).toEqual({ ...red, failed, outputs });
    expect(await verify(rules('true'), { 'a.txt': 'x' }, { all: true })).toEqual({ status: 'green' });
  });

  it('has a name of its own where a command takes too long', async () => {
    const slow = { name: 'slow', run: 'echo begun; sleep 86395.41', timeout: '1s' };
    const target = { 'coppice.yaml': JSON.stringify({ verify: [slow] }) };
    const result = await verify(target, { 'a.txt': 'x' });
    expect(result).toMatchObject({ status: 'timed-out', command: 'slow', output: 'begun\n[timed out after 1 s]' });
    expect(await allGone('86395.41')).toBe(true);
  });

  it('has a name of its own where everything together takes too long, with what was printed until then', async () => {
    const target = {
      'coppice.yaml': JSON.stringify({ verify: [{ name: 'slow', run: 'echo begun; sleep 86395.42' }] }),
    };
    expect(await verify(target, { 'a.txt': 'x' }, { timeoutSeconds: 5 })).toEqual({
      status: 'overdue',
      command: 'slow',
      output: 'begun\n[the whole verification took longer than 5 s, which is `queue.timeout`]',
    });
    expect(await allGone('86395.42')).toBe(true);
  });

  it('counts the setup, too', async () => {
    const target = { 'coppice.yaml': JSON.stringify({ setup: 'sleep 86395.43' }) };
    const result = await verify(target, { 'a.txt': 'x' }, { timeoutSeconds: 1 });
    expect(result).toMatchObject({ status: 'overdue', command: 'setup' });
    expect(await allGone('86395.43')).toBe(true);
  });

  it('leaves nothing behind when it is cancelled; until then it says what it does and when it last heard of it', async () => {
    const target = {
      'coppice.yaml': JSON.stringify({ verify: [{ name: 'slow', run: 'echo begun; sleep 86395.44' }] }),
    };
    const { host, tree, verifyTree } = await offered(target, { 'a.txt': 'x' }, {});
    const environment = new MockActivityEnvironment();
    const { promise: told, resolve } = Promise.withResolvers<object>();
    environment.on('heartbeat', (details: { outputAt: string | null }) => {
      if (details.outputAt !== null) resolve(details);
    });
    const result = environment.run(verifyTree, inputOf(tree));
    expect(await told).toMatchObject({
      host: 'verifier',
      doing: 'slow',
      outputAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    environment.cancel();
    await expect(result).rejects.toBeInstanceOf(CancelledFailure);
    expect(await allGone('86395.44')).toBe(true);
    expect(readdirSync(join(host.home, 'worktrees'))).toEqual([]);
  });
});

describe('a host', () => {
  /** What a host does about a tree: its verdict, and the commands that it ran for it. */
  async function doing(verifyTree: ReturnType<typeof makeVerifyTree>, tree: OfferedTree, attempt = 1) {
    const environment = new MockActivityEnvironment({ attempt });
    const ran = new Set<string>();
    environment.on('heartbeat', (details: { doing: string }) => ran.add(details.doing));
    const verdict: Verdict = await environment.run(verifyTree, inputOf(tree));
    return { verdict, ran: ran.has('check') };
  }
  const check = (run: string) => ({ 'coppice.yaml': JSON.stringify({ verify: [{ name: 'check', run }] }) });

  it('verifies a tree once, as long as it is green', async () => {
    const green = await offered(check('true'), { 'a.txt': 'x' }, {});
    expect(await doing(green.verifyTree, green.tree)).toEqual({ verdict: { status: 'green' }, ran: true });
    expect(await doing(green.verifyTree, green.tree)).toEqual({ verdict: { status: 'green' }, ran: false });
    const red = await offered(check('false'), { 'a.txt': 'x' }, {});
    for (const _ of [1, 2]) expect(await doing(red.verifyTree, red.tree)).toMatchObject({ ran: true });
  });

  it('gives a tree back that needs hosts with another policy, and in the end says that there are none', async () => {
    const target = { 'coppice.yaml': JSON.stringify({ verify: 'true', sandbox: { env: ['LICENSE'] } }) };
    const { tree, host } = await offered(target, { 'a.txt': 'x' }, { env: { LICENSE: 'one' } });
    const other = makeVerifyTree({ ...host, env: { LICENSE: 'two' } });
    await expect(doing(other, tree, 1)).rejects.toMatchObject({
      ...{ type: 'OtherHost', nonRetryable: false, nextRetryDelay: 5000 },
    });
    await expect(doing(other, tree, 241)).rejects.toMatchObject({ type: 'NoSuchHost', nonRetryable: true });
    const same = makeVerifyTree({ ...host, env: { LICENSE: 'one', OTHER: 'x' } });
    expect((await doing(same, tree, 241)).verdict).toEqual({ status: 'green' });
  });

  it.each([
    ['a command', check('echo begun; false')],
    ['the setup', { 'coppice.yaml': 'setup: "false"\n' }],
  ])('blames nobody when the disk is full after %s has failed', async (_, target) => {
    const { tree, host } = await offered(target, { 'a.txt': 'x' }, {});
    const disk = [5000, 100];
    const measure = async () => ({ memoryMb: 5000, diskMb: disk.shift() ?? 100 });
    const floor = { memoryMb: 0, diskMb: 1000 };
    const room = new HostRoom({
      home: host.home,
      floor,
      measure,
      log: { warn: () => undefined, info: () => undefined },
    });
    await expect(doing(makeVerifyTree({ ...host, room }), tree)).rejects.toMatchObject({
      ...{ type: 'DiskFull', nonRetryable: false },
    });
  });

  it('takes the description from any source that still has it', async () => {
    const { where, tree, verifyTree } = await offered(rules('true'), { 'a.txt': 'x' }, {});
    const gone = { ...tree.source, ref: 'refs/coppice/queues/12345678/train-0', commit: where.remote.tip() };
    const input = { ...inputOf(tree), sources: [gone, tree.source] };
    await expect(new MockActivityEnvironment().run(verifyTree, { ...input, sources: [gone] })).rejects.toMatchObject({
      type: 'GitFailed',
    });
    expect(await new MockActivityEnvironment().run(verifyTree, input)).toEqual({ status: 'green' });
    // What it has once is there without the remote.
    git(where.state, 'update-ref', '-d', tree.source.ref);
    expect(await new MockActivityEnvironment().run(verifyTree, input)).toEqual({ status: 'green' });
  });
});
