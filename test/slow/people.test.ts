// People's decisions, messages and stops, through the command line: a refused key, budgets, questions, messages, pause
// and resume. Real processes, one run after the other.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { HostReports } from '../../contracts/activities/host.ts';
import type { ModelRequest } from '../fakes/model-server.ts';
import type { RunStatusDocument } from '../../client/watch/status.ts';
import { Stack } from '../e2e/stack.ts';
import { allGone, processesWith } from '../sandbox/fixtures.ts';
import { byUnit, said, steps } from '../e2e/scripts.ts';
import { refusedKey } from '../fakes/model-server.ts';

let stack: Stack;
const mark = '86398.25';
/** USD for one answer, at $15 for a million tokens. */
const answerUsd = 0.03;
const usage = { input_tokens: 0, output_tokens: 2_000 };
const turnsOfSpender = 4;

beforeAll(async () => {
  const spend = (request: ModelRequest) => {
    const commands = Array.from({ length: turnsOfSpender - 1 }, (_, i) => `echo ${i} >> $COPPICE_UNIT.txt`);
    return { ...steps(...commands)(request), usage, delayMs: 30 };
  };
  const spenders = Array.from({ length: 20 }, (_, i) => [`spend-${i}`, spend] as const);
  const reply = byUnit({
    ...Object.fromEntries(spenders),
    asker: ({ turn, messages }) => {
      if (turn === 0) return { tools: [{ name: 'ask_person', input: { question: 'Do weeks count?' } }] };
      const answer = JSON.stringify(messages.at(-1)).includes('dana answers:\\n\\nYes, they do.') ? 'yes' : 'no';
      return steps('', `echo ${answer} > asker.txt`)({ turn } as ModelRequest);
    },
    listener: (request) => {
      if (said(request).includes('A message from dana')) {
        const done = JSON.stringify(request.messages).includes('echo heard');
        return done
          ? { text: 'Done.' }
          : { tools: [{ name: 'bash', input: { command: 'echo heard > listener.txt' } }] };
      }
      return { tools: [{ name: 'bash', input: { command: `sleep 0.2; echo ${request.turn} > beat.txt` } }] };
    },
    sleeper: steps(`echo one > sleeper.txt; sleep ${mark}`, 'echo two >> sleeper.txt'),
  });
  stack = await Stack.start({ reply, files: { 'README.md': 'hello\n' } });
}, 60_000);
afterAll(() => stack.close());

function eventually<Result>(check: () => Promise<Result>): Promise<Result> {
  return vi.waitFor(check, { timeout: 100_000, interval: 250 });
}

const plan = (...ids: string[]) => stack.plan(ids.map((id) => ({ id, title: `Do ${id}`, prompt: 'Do it' })));
const start = (run: string, file: string, ...more: string[]) =>
  stack.coppice(['run', file, '--repo', stack.remote, '--id', run, '--detach', ...more]);
const statusOf = (run: string) => stack.json<RunStatusDocument>(['status', run]);
const asked = (unit: string) => stack.model.requests.filter(({ user }) => user.endsWith(`/${unit}`));

describe('people', { timeout: 180_000 }, () => {
  test('a refused key pauses the run with one approval and one call a session; fixed and approved, it continues', async () => {
    const bad = await stack.worker('bad', ['--slots', '2'], { ANTHROPIC_API_KEY: refusedKey });
    await start('keys', plan('k1', 'k2', 'k3'));
    const [approval] = await stack.approvalsOf('keys');
    expect(approval).toMatchObject({ id: 'run:keys:approval:1', kind: 'credential', unit: null });
    expect(approval.subject).toMatchObject({ problem: expect.stringContaining('401') });
    const status = await stack.statusWhen('keys', ({ units }) =>
      expect(units.map(({ phase }) => phase)).toEqual(['asking', 'asking', 'asking']),
    );
    expect(status).toMatchObject({
      status: 'paused',
      approvals: [{ id: approval.id, kind: 'credential', unit: null }],
    });
    // Longer than a retry would take.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(stack.model.refusals()).toBe(3);
    expect(JSON.stringify(status)).not.toContain(refusedKey);
    const listed = (await stack.coppice(['approvals'])).stdout;
    expect(listed).toContain('the run asks anybody: The run is paused: the model refuses the key');
    await bad.kill();
    await stack.worker('good', ['--slots', '20']);
    const { hosts } = await stack.json<{ hosts: HostReports }>(['list', '--hosts']);
    const [gone, good] = hosts;
    expect(hosts).toHaveLength(2);
    expect(gone).toEqual({ host: 'bad', report: null });
    expect(good).toMatchObject({ host: 'good', report: { slots: { total: 20 }, sandbox: 'bwrap', lack: null } });
    expect(good?.report?.free.diskMb).toBeGreaterThan(0);
    expect((await stack.coppice(['approve', approval.id])).code).toBe(0);
    const report = await stack.reportOf('keys');
    expect(report).toMatchObject({ status: 'completed', decisions: [{ unit: null, kind: 'credential', by: 'dana' }] });
  });

  test('twenty sessions at once stop at the run’s budget within a call each, and continue with what is added', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `spend-${i}`);
    stack.commit('A budget', { 'coppice.yaml': 'version: 1\nrun: { budgetUsd: 1.2, parallel: 20 }\n' });
    await start('money', plan(...ids));
    const [approval] = await stack.approvalsOf('money');
    expect(approval).toMatchObject({ kind: 'budget', unit: null, subject: { limitUsd: 1.2, topUpUsd: 1.2 } });
    const { budget, units } = await stack.statusWhen('money', (now) => {
      expect(now.units.filter(({ phase }) => phase === 'working')).toEqual([]);
    });
    const calls = stack.model.requests.filter(({ user }) => user.includes('/money/')).length;
    expect(budget.spentUsd).toBeCloseTo(calls * answerUsd);
    expect(budget.spentUsd).toBeGreaterThanOrEqual(1.2);
    expect(budget.spentUsd).toBeLessThanOrEqual(1.2 + 20 * answerUsd);
    // All of them had begun: nobody waited until another one was done.
    expect(units.filter(({ costUsd }) => costUsd > 0)).toHaveLength(20);
    expect(units.filter(({ phase }) => phase === 'asking').length).toBeGreaterThan(0);
    expect((await stack.coppice(['approve', approval.id, '--usd', '10'])).code).toBe(0);
    const report = await stack.reportOf('money');
    expect(report.status).toBe('completed');
    expect(report.costUsd).toBeCloseTo(20 * turnsOfSpender * answerUsd);
    expect(report.limitUsd).toBe(11.2);
    expect((await statusOf('money')).budget).toEqual({ spentUsd: report.costUsd, limitUsd: 11.2 });
    // The same conversations: no turn was asked for twice.
    expect(report.units.map(({ turns }) => turns)).toEqual(ids.map(() => turnsOfSpender));
    expect(ids.map((id) => asked(id).length)).toEqual(ids.map(() => turnsOfSpender));
    stack.commit('No budget', { 'coppice.yaml': 'version: 1\n' });
  });

  test('sessions share the turns of a run, and those that want more of them fail with its name', async () => {
    const ids = Array.from({ length: 6 }, (_, i) => `spend-${i}`);
    stack.commit('Few turns', { 'coppice.yaml': `version: 1\nrun: { maxTurns: ${2 * turnsOfSpender + 1} }\n` });
    const before = stack.model.requests.length;
    await start('turns', plan(...ids));
    const report = await stack.reportOf('turns');
    expect(report.status).toBe('failed');
    const turns = report.units.reduce((sum, unit) => sum + unit.turns, 0);
    expect(stack.model.requests.length - before).toBe(turns);
    expect(turns).toBeGreaterThanOrEqual(2 * turnsOfSpender + 1);
    expect(turns).toBeLessThanOrEqual(2 * turnsOfSpender + 1 + ids.length);
    const failed = report.units.filter(({ status }) => status === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    expect(new Set(failed.map(({ reason }) => reason))).toEqual(
      new Set(['budget: the run has used all its turns (run.maxTurns)']),
    );
    stack.commit('No limit', { 'coppice.yaml': 'version: 1\n' });
  });

  test('a unit that has spent its own budget asks, alone, and is denied or topped up', async () => {
    const units = ['spend-1', 'spend-2'].map((id) => ({ id, title: id, prompt: 'Do it', budgetUsd: 0.05 }));
    await start('alone', stack.plan(units));
    expect(await stack.approvalsOf('alone', 2)).toMatchObject([
      { kind: 'budget', subject: { spentUsd: 0.06, limitUsd: 0.05, topUpUsd: 0.05 } },
      {},
    ]);
    const idOf = (unit: string) => `run:alone:unit:${unit}:approval:1`;
    expect((await statusOf('alone')).units[0]).toMatchObject({
      phase: 'asking',
      reason: 'asks a person (budget)',
      budgetUsd: 0.05,
    });
    const several = await stack.coppice(['approve', 'run:alone:unit']);
    expect([several.code, several.stderr]).toEqual([
      2,
      expect.stringMatching(/matches 2 open approvals: .*spend-1.*spend-2/),
    ]);
    const nobody = await stack.coppice(['approve', 'alone', 'nobody']);
    expect([nobody.code, nobody.stderr]).toEqual([
      4,
      expect.stringMatching(/unit nobody of the run alone has no open .*\n.*Open in this run: .*:spend-1:.*:spend-2:/),
    ]);
    const wrong = await stack.coppice(['approve', idOf('spend-1'), '--usd', 'lots']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('an amount in USD above 0')]);
    await stack.coppice(['deny', 'alone', 'spend-1', '--reason', 'too dear']);
    await stack.coppice(['approve', 'unit:spend-2', '--usd', '5']);
    const report = await stack.reportOf('alone');
    expect(report.units).toMatchObject([
      { status: 'failed', reason: 'budget: denied by dana (cli): too dear', costUsd: expect.closeTo(0.06) },
      { status: 'landed', costUsd: expect.closeTo(turnsOfSpender * answerUsd) },
    ]);
  });

  test('a question of an agent is listed, and answered on the command line', async () => {
    await start('question', plan('asker'));
    const [approval] = await stack.approvalsOf('question');
    expect(approval).toMatchObject({ kind: 'question', unit: 'asker', subject: { question: 'Do weeks count?' } });
    const listed = (await stack.coppice(['approvals', 'question'])).stdout;
    expect(listed).toContain(`coppice answer ${approval.id} "…"`);
    const refused = await stack.coppice(['approve', approval.id]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(`coppice answer ${approval.id}`)]);
    const { host } = (await statusOf('question')).units[0] ?? {};
    expect(host).toBeNull();
    const answered = await stack.coppice(['answer', 'question', 'asker', 'Yes, they do.']);
    expect([answered.code, answered.stdout]).toEqual([0, `answered: ${approval.id}\n`]);
    expect((await stack.reportOf('question')).status).toBe('completed');
    expect(stack.show('asker.txt')).toBe('yes\n');
  });

  test('a message is heard at the next turn', async () => {
    await start('message', plan('listener'));
    await eventually(async () => expect(asked('listener').length).toBeGreaterThan(1));
    expect(await stack.json(['message', 'message', 'listener', 'Come to an end.'])).toMatchObject({ sent: true });
    expect((await stack.reportOf('message')).status).toBe('completed');
    expect(stack.show('listener.txt')).toBe('heard\n');
    const again = await stack.coppice(['message', 'message', 'listener', 'Hello?']);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('has ended already')]);
    const nobody = await stack.coppice(['message', 'message', 'nobody', 'Hello?']);
    expect(nobody.code).toBe(4);
  });

  test('a run that is paused stops its commands within seconds, and continues where it was', async () => {
    await start('pause', plan('sleeper'));
    await eventually(async () => expect(processesWith(mark)).not.toEqual([]));
    expect(await stack.json(['pause', 'pause'])).toEqual({ version: 1, run: 'pause', paused: true });
    expect(await allGone(mark)).toBe(true);
    const paused = await stack.statusWhen('pause', ({ units }) => expect(units[0]?.phase).toBe('parked'));
    expect(paused).toMatchObject({ status: 'paused', units: [{ reason: 'paused by dana', host: null }] });
    const twice = await stack.coppice(['pause', 'pause']);
    expect([twice.code, twice.stderr]).toEqual([1, expect.stringContaining('paused already, by dana')]);
    expect(await stack.json(['resume', 'pause'])).toMatchObject({ paused: false });
    expect((await stack.reportOf('pause')).status).toBe('completed');
    expect(stack.show('sleeper.txt')).toBe('one\ntwo\n');
  });
});
