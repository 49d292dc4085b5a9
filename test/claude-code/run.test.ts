// Runs whose units are sessions of Claude Code: with real workers that get killed, and messages from people.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Stack } from '../e2e/stack.ts';
import { allGone, processesWith } from '../sandbox/fixtures.ts';
import { byUnit, said } from '../e2e/scripts.ts';
import { claudeSteps } from './claude-steps.ts';
import { installClaudeCode } from './install.ts';

const files = {
  'coppice.yaml': 'version: 1\nagent: { driver: claude-code }\nverify: "test ! -e broken.txt"\n',
  'readme.txt': 'hello\n',
};
const bash = (command: string) => ({ Bash: { command } });

describe('a run with Claude Code', () => {
  let stack: Stack;

  beforeAll(async () => {
    const survives = 'echo two >> survivor.txt; sleep 86398.5';
    const reply = byUnit({
      survivor: claudeSteps(bash('echo one > survivor.txt'), bash(survives), bash('echo three >> survivor.txt')),
      asker: claudeSteps({ mcp__coppice__ask_person: { question: 'Which colour?' } }, bash('echo asked > asker.txt')),
      listener: (request) => {
        const { turn } = request;
        if (said(request).includes('Enough.')) return { text: 'Done.' };
        return claudeSteps({ Bash: { command: `echo ${turn} >> listener.txt; sleep 1` } })({ turn: 0 });
      },
    });
    const env = { COPPICE_CLAUDE_CODE: await installClaudeCode() };
    stack = await Stack.start({ reply, files, env });
  }, 180_000);
  afterAll(() => stack.close());

  async function until<Found>(what: () => Promise<Found>): Promise<Found> {
    return vi.waitFor(what, { timeout: 60_000, interval: 300 });
  }
  const reportOf = async (run: string) => {
    const report = await stack.reportOf(run);
    expect(report.status).toBe('completed');
    return report;
  };
  const askedOf = (run: string, unit: string) =>
    stack.model.requests.filter(({ user }) => user === `coppice/${run}/${unit}`);

  it('survives kill -9 of its host, and asks a person', { timeout: 120_000 }, async () => {
    const orchestrator = await stack.worker('orchestrator', ['--role', 'orchestrator']);
    const first = await stack.worker('first', ['--role', 'host', '--slots', '2']);
    const plan = stack.plan([
      { id: 'survivor', title: 'Survive', prompt: 'Survive' },
      { id: 'asker', title: 'Ask', prompt: 'Ask' },
    ]);
    await stack.coppice(['run', plan, '--repo', stack.remote, '--id', 'killed', '--detach']);
    await stack.statusWhen('killed', ({ units }) =>
      expect(units.map(({ phase }) => phase)).toEqual(['working', 'asking']),
    );
    await until(async () => expect(processesWith('86398.5')).not.toEqual([]));
    await first.kill();
    expect(await allGone('86398.5')).toBe(true);
    const second = await stack.worker('second', ['--role', 'host', '--slots', '2']);
    const [question] = (await stack.json<{ approvals: { id: string }[] }>(['approvals'])).approvals;
    expect((await stack.coppice(['answer', question?.id ?? '', 'Blue.'])).code).toBe(0);
    const report = await reportOf('killed');
    expect(report.units.map(({ status, hosts, turns }) => [status, hosts, turns])).toEqual([
      ['landed', ['first', 'second'], 4],
      ['landed', ['first', 'second'], 3],
    ]);
    expect(askedOf('killed', 'survivor')).toHaveLength(4);
    expect(JSON.stringify(askedOf('killed', 'survivor').at(-1)?.messages)).toContain('interrupted, outcome unknown');
    expect(JSON.stringify(askedOf('killed', 'asker').at(-1)?.messages)).toContain('Blue.');
    expect([stack.show('survivor.txt'), stack.show('asker.txt')]).toEqual(['one\nthree\n', 'asked\n']);
    const { stdout } = await stack.coppice(['logs', 'killed', 'survivor']);
    expect(stdout).toMatch(/\$ echo one > survivor\.txt/);
    await orchestrator.kill();
    await second.kill();
  });

  it('hears what is said to it, and can be paused', { timeout: 120_000 }, async () => {
    const worker = await stack.worker('both', ['--slots', '2']);
    const plan = stack.plan([{ id: 'listener', title: 'Listen', prompt: 'Listen' }]);
    await stack.coppice(['run', plan, '--repo', stack.remote, '--id', 'told', '--detach']);
    await stack.statusWhen('told', ({ units }) => expect(units[0]?.turn).toBeGreaterThan(1));
    expect((await stack.coppice(['pause', 'told'])).code).toBe(0);
    await stack.statusWhen('told', (now) => expect(now).toMatchObject({ status: 'paused', units: [{ host: null }] }));
    const before = askedOf('told', 'listener').length;
    expect((await stack.coppice(['resume', 'told'])).code).toBe(0);
    await until(async () => expect(askedOf('told', 'listener').length).toBeGreaterThan(before));
    expect((await stack.coppice(['message', 'told', 'listener', 'Enough.'])).code).toBe(0);
    const report = await reportOf('told');
    expect(report.units[0]?.status).toBe('landed');
    await worker.kill();
  });

  it('is found by doctor', async () => {
    const { stdout } = await stack.coppice(['doctor', '--json', '--repo', stack.remote]);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; detail: string }[] };
    expect(checks.find(({ name }) => name === 'driver')).toMatchObject({
      status: 'ok',
      detail: 'Claude Code, installed',
    });
    const without = await stack.coppice(['doctor', '--json', '--repo', stack.remote], {
      COPPICE_CLAUDE_CODE: stack.root,
    });
    expect(without.stdout).toContain('@anthropic-ai/claude-agent-sdk is not in');
    expect(without.code).toBe(1);
  });
});
