import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerifyResult } from '../../contracts/activities/landing.ts';
import type { Content } from '../git/make-repository.ts';
import type { PlanUnit } from '../../contracts/documents/plan.ts';
import { cleanUp, makeRemote, makeState } from '../git/make-repository.ts';
import { makeResult, openHost } from '../git/open-host.ts';
import { makeVerifyCandidate } from '../../activities/landing/verify/verify-candidate.ts';
import { planRun } from '../agent/slice-host.ts';

let host: Awaited<ReturnType<typeof openHost>>;
let runs = 0;
beforeAll(async () => (host = await openHost()));
afterAll(cleanUp);

/** Builds a unit's change into a candidate on a target with `target`'s files, and verifies that. */
async function verify(
  target: Record<string, Content>,
  change: Record<string, Content>,
  unit: Partial<PlanUnit> = {},
  { env = {}, landed = {} }: { env?: Record<string, string>; landed?: Record<string, Content> } = {},
): Promise<VerifyResult> {
  const remote = makeRemote(target);
  const context = await planRun(host, { remote, state: makeState(), run: `run-${(runs += 1)}` }, { unit });
  const made = await makeResult(host, context, change, 'a');
  // Some of the changes are of protected files.
  const subject = { ...made.subject, consents: [{ channel: 'cli', id: 'dana' } as const] };
  if (Object.keys(landed).length > 0) remote.push(landed);
  const built = await (await host.git.open(context)).buildCandidate(subject);
  if (built.status !== 'built') throw new Error(built.status);
  // Another host than the one that built it, as far as commits go.
  const other = await openHost();
  const policy = { envAllowed: Object.keys(env), networkAllowed: 'none' } as const;
  const verifyCandidate = makeVerifyCandidate({ ...other, hostId: 'verifier', policy, env });
  try {
    return await new MockActivityEnvironment().run(verifyCandidate, { subject, ...built });
  } finally {
    const worktrees = join(other.home, 'worktrees');
    expect(existsSync(worktrees) ? readdirSync(worktrees) : []).toEqual([]);
  }
}

const rules = (command: string) => ({ 'coppice.yaml': `version: 1\nverify: ${JSON.stringify(command)}\n` });

describe('the verification of a candidate', () => {
  it('is green when the commands of the target and of the unit pass on the merged tree', async () => {
    const result = await verify(
      { ...rules('test -e base.txt'), 'base.txt': 'x' },
      { 'a.txt': 'x' },
      { verify: 'test -e a.txt' },
    );
    expect(result).toEqual({ status: 'green' });
  });

  it('is red with the name of the command and its output', async () => {
    const red = { status: 'red', output: 'no\n[exit code 2]' };
    expect(await verify(rules('echo no; exit 2'), { 'a.txt': 'x' })).toMatchObject(red);
    expect(await verify(rules('true'), { 'a.txt': 'x' }, { verify: 'echo no; exit 2' })).toMatchObject({
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

  it.each([
    [
      'a lock file that both sides changed',
      { 'package-lock.json': 'target', 'x/yarn.lock': 'target' },
      ['package-lock.json'],
    ],
    ['no other file', { 'a.txt': 'target' }, undefined],
    ['no file of checksums', { 'go.sum': 'target' }, undefined],
    ['nothing that only one side changed', {}, undefined],
  ])('names, where it is red, %s', async (_, changed, locks) => {
    const lines = (first: string, last: string) => `${first}\n1\n2\n3\n4\n${last}\n`;
    const names = ['package-lock.json', 'a.txt', 'go.sum', 'x/yarn.lock'];
    const before = Object.fromEntries(names.map((name) => [name, lines('a', 'b')]));
    const target = { 'coppice.yaml': 'version: 1\nsetup: "test ! -e b.txt"\n', ...before };
    const mine = ['package-lock.json', 'a.txt', 'go.sum'].map((name) => [name, lines('a', 'mine')] as const);
    const landed = Object.fromEntries(Object.entries(changed).map(([name, text]) => [name, lines(text, 'b')]));
    const result = await verify(target, { ...Object.fromEntries(mine), 'b.txt': 'x' }, {}, { landed });
    expect(result).toMatchObject({ status: 'red', command: 'setup' });
    expect('locks' in result ? result.locks : undefined).toEqual(locks);
  });

  it('names no lock file that the queue makes again', async () => {
    const lines = (first: string, last: string) => `${first}\n1\n2\n3\n4\n${last}\n`;
    const queue = { regenerate: [{ paths: ['yarn.lock'], run: 'false' }] };
    const target = {
      'coppice.yaml': JSON.stringify({ setup: 'test ! -e b.txt', queue }),
      'yarn.lock': lines('a', 'b'),
    };
    const landed = { 'yarn.lock': lines('target', 'b') };
    const result = await verify(target, { 'yarn.lock': lines('a', 'mine'), 'b.txt': 'x' }, {}, { landed });
    expect(result).toMatchObject({ status: 'red' });
    expect(result).not.toHaveProperty('locks');
  });

  it('runs with names and ports that the setup does not see, since its result is shared', async () => {
    const setup = 'test -z "$COPPICE_PORT_BASE$COPPICE_UNIT$COPPICE_RUN"';
    const check = 'test "$COPPICE_UNIT" = a && test "$COPPICE_PORT_COUNT" = 3 && test "$COPPICE_PORT_BASE" -gt 1024';
    const config = { setup, verify: `${check} && echo "$COPPICE_RUN" | grep -q "^run-"`, worktree: { ports: 3 } };
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

  it('names a coppice.yaml of the target that cannot be read', async () => {
    const target = { 'coppice.yaml': 'version: 1\nverfy: true\n' };
    await expect(verify(target, { 'a.txt': 'x' })).rejects.toMatchObject({
      type: 'TargetRulesUnreadable',
      message: expect.stringContaining('line 2'),
    });
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
    await expect(verify(target, harmless, {}, { env: broken })).rejects.toMatchObject({
      type: 'TargetSetupFailed',
      nonRetryable: false,
      message: expect.stringContaining('--no-such-option'),
    });
    expect(await verify(target, harmless, {}, { env: { NODE_OPTIONS: '' } })).toMatchObject({ status: 'green' });
  });

  it.each<[string, Record<string, Content>, Record<string, Content>]>([
    ['a manifest', targets[0]?.[1] ?? {}, { 'package.json': '{"name":"app","workspaces":["lib"],"private":true}' }],
    ['a declared input', targets[1]?.[1] ?? {}, { 'deps.txt': 'two\n' }],
    ['what nobody can list', config('node -e 0'), harmless],
    ['what is built', { ...workspace, ...config(`${install} && test ! -e a.txt`) }, harmless],
  ])('is the change’s where it touches %s', async (what, target, change) => {
    const env = what === 'what is built' ? { NODE_OPTIONS: '' } : broken;
    expect(await verify(target, change, {}, { env })).toMatchObject({ status: 'red', command: 'setup' });
  });

  it('is the change’s where the setup works on the target: something of the change stands in its way', async () => {
    const setup = config('mkdir node_modules', { inputs: ['deps.txt'] });
    const planted = { '.gitignore': '', 'node_modules/planted.txt': 'x' };
    expect(await verify(setup, planted)).toMatchObject({ status: 'red', command: 'setup' });
  });
});
