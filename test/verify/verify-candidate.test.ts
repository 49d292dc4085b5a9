import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Content } from '../git/make-repository.ts';
import type { PlanUnit } from '../../domain/plan.ts';
import type { VerifyResult } from '../../domain/activity-contracts.ts';
import { cleanUp, makeRemote, makeState } from '../git/make-repository.ts';
import { makeResult, openHost } from '../git/open-host.ts';
import { makeVerifyCandidate } from '../../activities/verify/verify-candidate.ts';
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
): Promise<VerifyResult> {
  const remote = makeRemote(target);
  const context = await planRun(host, { remote, state: makeState(), run: `run-${(runs += 1)}` }, { unit });
  const { subject } = await makeResult(host, context, change, 'a');
  const built = await (await host.git.open(context)).buildCandidate(subject);
  if (built.status !== 'built') throw new Error(built.status);
  // Another host than the one that built it, as far as commits go.
  const other = await openHost();
  const policy = { envAllowed: [], networkAllowed: 'none' } as const;
  const verifyCandidate = makeVerifyCandidate({ ...other, hostId: 'verifier', policy, env: {} });
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
    expect(result).toEqual({ status: 'green', host: 'verifier', seconds: expect.any(Number) });
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
    const target = (run: string) => ({ 'coppice.yaml': JSON.stringify({ setup: { run, network: true } }) });
    const needs = 'getent hosts registry.example.com || { echo not found; exit 1; }';
    expect(await verify(target(needs), { 'a.txt': 'x' })).toMatchObject({
      ...{ status: 'not-verified', command: 'setup', output: expect.stringMatching(/not found$/) },
    });
    expect(await verify(target('test ! -e a.txt'), { 'a.txt': 'x' })).toMatchObject({ status: 'red' });
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
      type: 'BadConfig',
      message: expect.stringContaining('line 2'),
    });
  });
});
