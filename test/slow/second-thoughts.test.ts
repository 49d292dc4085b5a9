// Failed units are retried or left out, through the command line: in a run that continues, and in an ended run that is
// reopened.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Report } from '../../contracts/documents/report.ts';
import { Stack } from '../e2e/stack.ts';
import { byUnit, steps } from '../e2e/scripts.ts';

let stack: Stack;
/** What the model does in the first session of each of these units; afterwards they work. */
const broken = new Set(['parse', 'format', 'flag', 'person']);
const mender = (id: string) => (request: Parameters<ReturnType<typeof steps>>[0]) =>
  (broken.has(id) ? steps() : steps(`echo yes > ${id}.txt`))(request);

beforeAll(async () => {
  const reply = byUnit({
    parse: (request) => (broken.has('parse') ? steps()(request) : steps('echo parse > parse.txt')(request)),
    format: (request) => (broken.has('format') ? steps()(request) : steps('echo format > format.txt')(request)),
    use: steps('ls > use.txt'),
    flag: mender('flag'),
    person: mender('person'),
  });
  stack = await Stack.start({ reply, files: { 'README.md': 'hello\n' } });
  await stack.worker('host-1');
}, 60_000);
afterAll(() => stack.close());

const units = (id: string) => [
  { id: 'parse', title: `Parse for ${id}`, prompt: 'Parse' },
  { id: 'use', title: `Use for ${id}`, prompt: 'Use it', needs: ['parse'] },
];

const run = (id: string, plan: readonly object[]) =>
  stack.json<Report>(['run', stack.plan(plan), '--repo', stack.remote, '--id', id]);

const ends = (report: Report) =>
  report.units.map(({ id, status, reason }) => [id, status, reason?.split(':')[0] ?? null]);

test('a unit that failed is begun anew in a run that has ended, what needs it follows, and the report is of both', async () => {
  const first = await run('again', units('again'));
  expect(ends(first)).toEqual([
    ['parse', 'failed', 'no-change'],
    ['use', 'skipped', 'dependency-failed'],
  ]);
  broken.delete('parse');
  expect(await stack.json(['retry', 'again', 'parse'])).toEqual({
    version: 1,
    run: 'again',
    unit: 'parse',
    retrying: true,
  });
  await stack.coppice(['status', 'again', '--watch']);
  const second = await stack.json<Report>(['report', 'again']);
  expect(second.status).toBe('completed');
  expect(ends(second)).toEqual([
    ['parse', 'landed', null],
    ['use', 'landed', null],
  ]);
  const [before, after] = [first.units[0], second.units[0]];
  expect(after?.retries).toBe(1);
  expect(after?.turns).toBeGreaterThan(before?.turns ?? 0);
  expect(after?.costUsd).toBeGreaterThan(before?.costUsd ?? 0);
  expect(second.startedAt).toBe(first.startedAt);
  expect(stack.log().map(({ subject }) => subject)).toEqual(['Use for again', 'Parse for again', 'Start']);
  const { runs } = await stack.json<{ runs: { run: string; status: string; units: object }[] }>(['list']);
  expect(runs.filter((each) => each.run === 'again')).toMatchObject([
    { status: 'completed', units: { total: 2, landed: 2, failed: 0 } },
  ]);
}, 120_000);

test('a unit is left out of a run that has ended, and what needs it continues without it', async () => {
  const plan = [
    { id: 'format', title: 'Format', prompt: 'Format' },
    { id: 'show', title: 'Show', prompt: 'Show', needs: ['format'] },
  ];
  expect(ends(await run('without', plan))).toEqual([
    ['format', 'failed', 'no-change'],
    ['show', 'skipped', 'dependency-failed'],
  ]);
  const { code, stdout } = await stack.coppice(['skip', 'without', 'format']);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: 'format of without is left out; the units that need it continue without it\n',
  });
  await stack.coppice(['status', 'without', '--watch']);
  const report = await stack.json<Report>(['report', 'without']);
  expect(report.units.map(({ id, status, reason }) => [id, status, reason])).toEqual([
    ['format', 'skipped', 'skipped: left out by dana'],
    ['show', 'landed', null],
  ]);
  expect(stack.show('show.txt')).toBe('show\n');
}, 120_000);

test('what cannot be retried or left out is refused with the reason, and nothing is opened', async () => {
  const refused = async (...args: string[]) => {
    const { code, stderr } = await stack.coppice(args);
    return { code, stderr: stderr.split('\n')[0] };
  };
  expect(await refused('retry', 'again', 'parse')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('error: parse has landed; `coppice queue revert'),
  });
  expect(await refused('skip', 'again', 'use')).toEqual({ code: 1, stderr: 'error: use has landed already' });
  expect(await refused('skip', 'without', 'format')).toEqual({
    code: 1,
    stderr: 'error: format is left out already, by dana',
  });
  expect(await refused('retry', 'again', 'nobody')).toEqual({
    code: 4,
    stderr: 'error: the run again has no unit nobody',
  });
  expect(await refused('retry', 'nothing', 'parse')).toEqual({ code: 4, stderr: 'error: there is no run nothing' });
  expect((await refused('retry', '@latest', 'parse')).code).toBe(2);
  const { status } = await stack.json<{ status: string }>(['status', 'again']);
  expect(status).toBe('completed');
}, 60_000);

test.each(['flag', 'person'])(
  'who has allowed a red target (%s) is not asked again when the run is opened again',
  async (how) => {
    stack.commit('Turn it red', { 'coppice.yaml': `verify: test -f ${how}.txt\n` });
    const plan = stack.plan([{ id: how, title: 'Turn it green', prompt: 'Do it' }]);
    const allow = how === 'flag' ? ['--allow-red-base'] : [];
    await stack.coppice(['run', plan, '--repo', stack.remote, '--id', `red-${how}`, '--detach', ...allow]);
    const watching = stack.coppice(['status', `red-${how}`, '--watch']);
    if (how === 'person') await approveRedBase();
    await watching;
    expect(ends(await stack.json<Report>(['report', `red-${how}`]))).toEqual([[how, 'failed', 'no-change']]);
    broken.delete(how);
    await stack.coppice(['retry', `red-${how}`, how]);
    await stack.coppice(['status', `red-${how}`, '--watch']);
    expect(ends(await stack.json<Report>(['report', `red-${how}`]))).toEqual([[how, 'landed', null]]);
  },
  120_000,
);

async function approveRedBase(): Promise<void> {
  const id = await vi.waitFor(
    async () => {
      const { approvals } = await stack.json<{ approvals: { id: string; kind: string }[] }>(['approvals']);
      return approvals.find(({ kind }) => kind === 'red-base')?.id ?? Promise.reject(new Error('not asked'));
    },
    { timeout: 60_000, interval: 1_000 },
  );
  await stack.coppice(['approve', id]);
}
