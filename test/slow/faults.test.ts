import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { HostReports } from '../../contracts/activities/host.ts';
import type { Report } from '../../contracts/documents/report.ts';
import type { RunStatusDocument } from '../../client/watch/status.ts';
import { Stack } from '../e2e/stack.ts';
import type { Worker } from '../e2e/stack.ts';
import { byUnit, said, steps } from '../e2e/scripts.ts';
import { allGone, processesWith } from '../sandbox/fixtures.ts';

const files = {
  'coppice.yaml': [
    'version: 1',
    'verify: "test ! -e broken.txt"',
    'policy: [{ action: merge, paths: [guarded/**], decide: ask, by: [owners] }]',
    'people: { owners: { users: [dana] } }',
    '',
  ].join('\n'),
  'readme.txt': 'hello\n',
};

describe('when something dies or somebody says stop', () => {
  let stack: Stack;
  const held = new Map<string, () => void>();
  /** Holds a session's next answer until the test lets it go. */
  const hold = (name: string) => new Promise<void>((resolve) => held.set(name, resolve));

  beforeAll(async () => {
    const reply = byUnit({
      survivor: steps(
        'echo one > survivor.txt',
        'echo two >> survivor.txt; sleep 86396.5',
        'echo three >> survivor.txt',
      ),
      stuck: steps('echo begun > stuck.txt', 'sleep 86397.5'),
      guarded: steps('mkdir guarded; echo x > guarded/x.txt'),
      slow: async (request) => {
        if (request.turn === 1) await hold('slow');
        return steps('echo slow > slow.txt')(request);
      },
      late: steps('echo broken > late.txt'),
    });
    stack = await Stack.start({ reply, files });
  });
  afterAll(() => stack.close());

  async function until<Found>(what: () => Promise<Found>): Promise<Found> {
    return vi.waitFor(what, { timeout: 40_000, interval: 300 });
  }

  /** Waits for the run to complete. */
  const reportOf = async (run: string) => {
    const report = await stack.reportOf(run);
    expect(report.status).toBe('completed');
    return report;
  };
  const statusOf = (run: string) => stack.json<RunStatusDocument>(['status', run]);

  it(
    'continues at another host after kill -9 of host and orchestrator, with files and conversation in agreement',
    { timeout: 90_000 },
    async () => {
      const orchestrator = await stack.worker('orchestrator', ['--role', 'orchestrator']);
      const first = await stack.worker('first', ['--role', 'host', '--slots', '2']);
      const plan = stack.plan([{ id: 'survivor', title: 'Survive', prompt: 'Survive' }]);
      await stack.coppice(['run', plan, '--repo', stack.remote, '--id', 'killed', '--detach']);
      await stack.statusWhen('killed', ({ units }) => expect(units[0]).toMatchObject({ host: 'first', turn: 2 }));
      await first.kill();
      expect(await allGone('86396.5')).toBe(true);
      await orchestrator.kill();
      const another = await stack.worker('another', ['--role', 'orchestrator']);
      const second = await stack.worker('second', ['--role', 'host', '--slots', '2']);
      const report = await reportOf('killed');
      const [unit] = report.units;
      expect(unit?.hosts).toEqual(['first', 'second']);
      // The tool that ran when the host died is told as interrupted, and is not run again by itself.
      const requests = stack.model.requests.filter(({ user }) => user === 'coppice/killed/survivor');
      expect(JSON.stringify(requests.at(-1)?.messages)).toContain('interrupted, outcome unknown');
      expect(stack.show('survivor.txt')).toBe('one\nthree\n');
      expect(unit?.turns).toBe(4);
      await another.kill();
      await second.kill();
    },
  );

  describe('with two workers', () => {
    let worker: Worker;
    beforeAll(async () => {
      worker = await stack.worker('both', ['--slots', '4']);
    });
    afterAll(() => worker.kill());

    it('cancels a run in the middle of a tool: the tool ends within seconds, the checkpoint stays', async () => {
      const plan = stack.plan([
        { id: 'stuck', title: 'Get stuck', prompt: 'Get stuck' },
        { id: 'next', title: 'Never', prompt: 'Never', needs: ['stuck'] },
      ]);
      await stack.coppice(['run', plan, '--repo', stack.remote, '--id', 'cancelled', '--detach']);
      await until(() => Promise.resolve(expect(processesWith('86397.5').length).toBeGreaterThan(0)));
      expect((await stack.coppice(['cancel', 'cancelled'])).code).toBe(0);
      await stack.statusWhen('cancelled', ({ status }) => expect(status).toBe('cancelled'));
      expect(processesWith('86397.5')).toEqual([]);
      const { units } = await stack.json<Report>(['report', 'cancelled']);
      expect(units.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
      expect(stack.show('stuck.txt', 'refs/coppice/runs/cancelled/units/stuck')).toBe('begun\n');
      expect((await stack.coppice(['cancel', 'cancelled'])).code).toBe(1);
    });

    it('drains on SIGTERM: the turn is finished, the unit continues elsewhere, and nothing counts as failed', async () => {
      const plan = stack.plan([{ id: 'slow', title: 'Be slow', prompt: 'Be slow' }]);
      await stack.coppice(['run', plan, '--repo', stack.remote, '--id', 'drained', '--detach']);
      await until(() => Promise.resolve(expect(held.has('slow')).toBe(true)));
      const drained = worker.drain();
      // It still answers, although no other worker is there.
      await until(async () => {
        expect((await statusOf('drained')).units).toMatchObject([{ host: worker.hostId, draining: true }]);
        const { stdout } = await stack.coppice(['status', 'drained']);
        expect(stdout).toContain('draining: ');
        const { hosts } = await stack.json<{ hosts: HostReports }>(['list', '--hosts']);
        const own = hosts.find(({ host }) => host === worker.hostId);
        expect(own).toMatchObject({ report: { draining: true, slots: { used: 1 } } });
      });
      const relief = await stack.worker('relief', ['--slots', '4']);
      held.get('slow')?.();
      expect(await drained).toBe(0);
      const report = await reportOf('drained');
      expect(report).toMatchObject({ status: 'completed', units: [{ status: 'landed', attempts: 1 }] });
      expect(readdirSync(`${worker.home}/sessions`)).toEqual([]);
      worker = relief;
    });

    it('asks the person that policy names, and lands with their name after they agree', async () => {
      const plan = stack.plan([{ id: 'guarded', title: 'Touch what is guarded', prompt: 'Touch' }]);
      await stack.coppice(['run', plan, '--repo', stack.remote, '--id', 'asked', '--detach']);
      const [approval] = await stack.approvalsOf('asked');
      expect(approval).toMatchObject({ kind: 'merge', run: 'asked', unit: 'guarded', status: 'open' });
      const size = { files: 1, additions: 1, deletions: 0 };
      expect(approval.subject).toMatchObject({ paths: ['guarded/x.txt'], size });
      expect((await stack.coppice(['approvals', 'asked'])).stdout).toContain('(1 file +1 −0)');
      const status = await statusOf('asked');
      expect(status.units[0]).toMatchObject({ phase: 'asking', host: null });
      expect(status.approvals).toMatchObject([
        { id: approval.id, policy: { by: ['owners'], allowed: { users: ['dana'] } } },
      ]);
      const stranger = await stack.coppice(['approve', approval.id], { COPPICE_USER: 'eve' });
      expect(stranger.code).toBe(1);
      expect(stranger.stderr).toContain('Only owners may decide this');
      expect((await stack.coppice(['approve', approval.id])).code).toBe(0);
      const report = await reportOf('asked');
      expect(report.units).toMatchObject([{ id: 'guarded', size }]);
      expect((await stack.coppice(['report', 'asked'])).stdout).toMatch(/guarded +landed .* 1 file \+1 −0 /);
      expect(report.decisions).toMatchObject([{ decision: 'approved', by: 'dana', channel: 'cli', unit: 'guarded' }]);
      expect(stack.log()[0]?.body).toContain('Approved-by: dana');
      expect((await stack.coppice(['approve', approval.id])).code).toBe(1);
      expect((await stack.coppice(['approve', 'no-such-approval'])).code).toBe(4);
    });

    it('gives two runs with the same unit ids in one repository separate checkpoints and commits', async () => {
      const plan = stack.plan([{ id: 'twin', title: 'Twin', prompt: 'Twin' }]);
      const first = await stack.json<Report>(['run', plan, '--repo', stack.remote, '--id', 'twin-a']);
      stack.commit('Take it back', { 'twin.txt': null });
      const second = await stack.json<Report>(['run', plan, '--repo', stack.remote, '--id', 'twin-b']);
      expect(first.units[0]?.commit).not.toBe(second.units[0]?.commit);
      const refs = stack.git('--git-dir', stack.remote, 'for-each-ref', '--format=%(refname)', 'refs/coppice/runs');
      expect(refs).toContain('refs/coppice/runs/twin-a/units/twin');
      expect(refs).toContain('refs/coppice/runs/twin-b/units/twin');
    });

    it('gives what is red on the newest target back to the unit, and fails it when it stays red', async () => {
      // Green for the agent; while it waits, the target learns a rule that its change breaks.
      const plan = stack.plan([{ id: 'late', title: 'Come late', prompt: 'Come late' }]);
      const rule = 'version: 1\nverify: "! grep -rqs broken late.txt"\n';
      const before = stack.show('coppice.yaml');
      const running = stack.json<Report>(['run', plan, '--repo', stack.remote]);
      stack.commit('A new rule', { 'coppice.yaml': rule });
      const report = await running;
      stack.commit('The old rules', { 'coppice.yaml': before });
      expect(report.units[0]).toMatchObject({
        status: 'failed',
        reason: expect.stringMatching(/^(verification|check)-failed/),
      });
      const last = stack.model.requests.findLast(({ user }) => user.endsWith('/late'));
      expect(last && said(last)).toMatch(/fails|does not pass/);
    });

    it('leaves no worktree behind, except those that are prepared for others', () => {
      const left = readdirSync(worker.home, { recursive: true, encoding: 'utf8' }).filter(
        (name) => name.endsWith('/readme.txt') && !name.startsWith('pool/'),
      );
      expect(left).toEqual([]);
      expect(existsSync(worker.home)).toBe(true);
    });
  });
});
