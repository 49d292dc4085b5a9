// The id of a run that the server has forgotten and the state remote remembers: refused as long as the remote has any
// ref of it, until `prune` deletes them. Each namespace here acts as a fresh server.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../contracts/documents/report.ts';
import { Stack } from '../e2e/stack.ts';
import { byUnit, steps } from '../e2e/scripts.ts';
import { openNamespace } from '../setup/namespace.ts';

describe('the id of a run', () => {
  let stack: Stack;
  let plan: string;
  let first: Report;
  let fresh: { TEMPORAL_NAMESPACE: string };
  let other: { TEMPORAL_NAMESPACE: string };

  beforeAll(async () => {
    const reply = byUnit({ a: steps('date +%N > a.txt') });
    stack = await Stack.start({ reply, files: { 'readme.txt': 'hello\n' } });
    plan = stack.plan([{ id: 'a', title: 'Add a', prompt: 'Make a.txt' }]);
    await stack.worker('host-1');
    first = await stack.json<Report>(run('again'));
    [fresh, other] = [await freshServer(), await freshServer()];
  }, 90_000);
  afterAll(() => stack.close());

  const run = (id: string, ...more: string[]) => ['run', plan, '--repo', stack.remote, '--id', id, ...more];
  const refs = () => stack.git('--git-dir', stack.remote, 'for-each-ref', 'refs/coppice', 'refs/heads');
  const freshServer = async () => ({ TEMPORAL_NAMESPACE: (await openNamespace()).namespace });

  it('is refused by a fresh server, and nothing of the first run changes', async () => {
    expect(first.status).toBe('completed');
    const [before, asked] = [refs(), stack.model.requests.length];
    for (const args of [run('again'), run('again', '--detach'), run('again', '--dry-run')]) {
      const { code, stderr } = await stack.coppice(args, fresh);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: a run again exists already: .*prune/m)]);
    }
    expect([refs(), stack.model.requests.length]).toEqual([before, asked]);
  });

  it('still shows the run: its report, its status and its turns', async () => {
    const env = { ...fresh, COPPICE_STATE_REMOTE: stack.remote };
    for (const command of ['report', 'status']) {
      const { code, stdout, stderr } = await stack.coppice([command, 'again', '--json'], env);
      expect([code, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toMatchObject({ run: 'again', status: 'completed' });
    }
    expect((await stack.coppice(['logs', 'again'], env)).stdout).toContain('a.txt');
    expect(JSON.parse((await stack.coppice(['status', 'gai', '--json'], env)).stdout)).toMatchObject({ run: 'again' });
    const unknown = await stack.coppice(['report', 'againn'], env);
    expect([unknown.code, unknown.stderr]).toEqual([4, expect.stringContaining('there is no run againn')]);
  });

  it.each(['plan', 'report', 'records/1', 'units/a'])('is refused when only its %s is left', async (left) => {
    const ref = `refs/coppice/runs/half-${left.replace('/', '-')}/${left}`;
    stack.git('--git-dir', stack.remote, 'update-ref', ref, 'main');
    const { code } = await stack.coppice(run(`half-${left.replace('/', '-')}`, '--detach'), fresh);
    expect(code).toBe(2);
    stack.git('--git-dir', stack.remote, 'update-ref', '-d', ref);
  });

  it('is free when another one only begins like it', async () => {
    expect((await stack.coppice(run('agai', '--dry-run'), fresh)).code).toBe(0);
    expect((await stack.coppice(run('again-2', '--dry-run'), fresh)).code).toBe(0);
  });

  it('goes to one of two that start at the same time on different servers', async () => {
    // Elsewhere than the other runs, which must not meet what it lands.
    stack.git('--git-dir', stack.remote, 'branch', 'elsewhere', 'main');
    const twice = run('twice', '--detach', '--branch', 'elsewhere');
    const both = await Promise.all([fresh, other].map((env) => stack.coppice(twice, env)));
    expect(new Set(both.map(({ code }) => code))).toEqual(new Set([0, 2]));
  });

  it('is free again after prune, and the second run lands its own work', async () => {
    for (const name of refs().match(/refs\/coppice\/\S+\/again\/\S+/g) ?? [])
      stack.git('--git-dir', stack.remote, 'update-ref', '-d', name);
    await stack.worker('host-2', [], fresh);
    const asked = stack.model.requests.length;
    const { stdout } = await stack.coppice(run('again', '--json'), fresh);
    const second = JSON.parse(stdout) as Report;
    expect(second.status).toBe('completed');
    expect(second.units[0]?.commit).not.toBe(first.units[0]?.commit);
    expect(second.units[0]?.commit).toBe(stack.log()[0]?.sha);
    expect(stack.model.requests.length).toBeGreaterThan(asked);
  });
});
