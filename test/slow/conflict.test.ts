// Two units that change one line, end to end: the second one's agent sees what the first has done and why; if it does
// not resolve it, people are asked, and resolve it by hand.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UnitCheckout, UnitResolution } from '../../client/types.ts';
import { Stack } from '../e2e/stack.ts';
import { byUnit, said, steps } from '../e2e/scripts.ts';

type Request = Parameters<ReturnType<typeof steps>>[0];

let stack: Stack;

/** Which of the second units resolve their conflict. */
const able = new Set<string>();

const runOf = ({ user }: Request): string => user.split('/')[1] ?? '';

/** Changes the line, but only once the first unit has landed. */
async function second(request: Request) {
  const run = runOf(request);
  if (said(request).includes('in conflict with')) {
    const settle = (at: number) => steps('echo "first and second" > line.txt')({ ...request, turn: request.turn - at });
    if (able.has(run)) return settle(2);
    // After two answers that resolved nothing.
    return said(request).includes('Keep both') ? settle(4) : { text: 'I cannot decide which one is right.' };
  }
  if (request.turn === 1) while (!stack.show('line.txt').startsWith(`first ${run}`)) await sleep(50);
  return steps(`echo second > line.txt`)(request);
}

beforeAll(async () => {
  const first = (request: Request) => steps(`echo first ${runOf(request)} > line.txt`)(request);
  stack = await Stack.start({
    reply: byUnit({ first, second }),
    files: { 'coppice.yaml': 'version: 1\nverify: test -s line.txt\n', 'line.txt': 'old\n' },
  });
  await stack.worker('one', ['--slots', '2']);
}, 90_000);
afterAll(() => stack.close());

async function begin(run: string): Promise<void> {
  const plan = stack.plan([
    { id: 'first', title: `Say first in ${run}`, prompt: 'The line must say who was first.' },
    { id: 'second', title: 'Say second', prompt: 'The line must say second.', scope: ['line.txt'] },
  ]);
  await stack.coppice(['run', plan, '--repo', stack.remote, '--id', run, '--detach']);
}

const told = (run: string): string =>
  stack.model.requests
    .filter((each) => runOf(each) === run)
    .map(said)
    .join('\n');

describe('a conflict', { timeout: 300_000 }, () => {
  test('is shown to the agent with the other unit’s title, task and change', async () => {
    able.add('seen');
    await begin('seen');
    const report = await stack.reportOf('seen');
    expect(report).toMatchObject({
      status: 'completed',
      conflicts: { met: 1, resolvedByAgent: 1, resolvedByPerson: 0 },
    });
    expect(told('seen')).toMatch(
      /by the unit first of the run seen:\n<other-change>\nTitle: Say first in seen\n\nIts task was:\nThe line must say who was first\.[^]*\n-old\n\+first seen\n/,
    );
  });

  test('that the agent does not resolve is put to people, with a brief, and lands as one of them resolves it', async () => {
    await begin('stuck');
    const [approval] = await stack.approvalsOf('stuck');
    expect(approval).toMatchObject({
      kind: 'conflict',
      unit: 'second',
      summary: 'Conflict that the agent of "Say second" does not resolve: line.txt',
      subject: {
        trouble: 'conflict',
        problem: expect.stringMatching(/^conflict: /),
        returns: 1,
        brief: {
          paths: ['line.txt'],
          others: [{ subject: 'Say first in stuck', unit: 'first' }],
          lastWords: 'I cannot decide which one is right.',
        },
      },
    });
    const listed = (await stack.coppice(['approvals', 'stuck'])).stdout;
    expect(listed).toMatch(/other side: [0-9a-f]{8} Say first in stuck \(unit first\)/);
    expect(listed).toContain('coppice resolve stuck second DIR');

    const folder = join(stack.root, 'stuck');
    const made = await stack.json<UnitCheckout>(['checkout', 'stuck', 'second', folder]);
    expect(made).toMatchObject({ base: stack.log()[0]?.sha, conflicts: [{ path: 'line.txt', kind: 'contents' }] });
    expect(readFileSync(join(folder, 'line.txt'), 'utf8')).toMatch(
      /<<<<<<< target\nfirst stuck\n=======\nsecond\n>>>>>>> unit/,
    );
    expect(stack.git('-C', folder, 'status', '--porcelain')).toBe('UU line.txt\n');
    expect(stack.git('-C', folder, 'show', ':3:line.txt')).toBe('second\n');
    const brief = readFileSync(made.brief ?? '', 'utf8');
    for (const part of [
      'The line must say second.',
      'The line must say who was first.',
      '+first stuck',
      'I cannot decide',
    ]) {
      expect(brief).toContain(part);
    }
    expect(readFileSync(join(folder, '.git/coppice/versions/target/line.txt'), 'utf8')).toBe('first stuck\n');

    const marked = await stack.coppice(['resolve', 'stuck', 'second', folder]);
    expect(marked).toMatchObject({ code: 2, stderr: expect.stringContaining('conflict markers: line.txt') });
    writeFileSync(join(folder, 'line.txt'), 'first, then second\n');
    writeFileSync(join(folder, 'other.txt'), 'x\n');
    const outside = await stack.coppice(['resolve', 'stuck', 'second', folder]);
    expect(outside).toMatchObject({ code: 2, stderr: expect.stringContaining('may not: other.txt') });
    stack.git('-C', folder, 'clean', '-fq');
    const resolved = await stack.json<UnitResolution>(['resolve', 'stuck', 'second', folder]);
    expect(resolved).toMatchObject({ files: 1, base: made.base, status: 'approved' });

    const report = await stack.reportOf('stuck');
    expect(report).toMatchObject({
      status: 'completed',
      conflicts: { met: 1, resolvedByAgent: 0, resolvedByPerson: 1 },
      decisions: [{ kind: 'conflict', decision: 'approved', by: 'dana', unit: 'second' }],
    });
    expect(stack.show('line.txt')).toBe('first, then second\n');
    const [landed] = stack.log();
    expect(landed).toMatchObject({ subject: 'Say second', body: expect.stringContaining('Resolved-by: dana\n') });
    expect(landed?.body).toContain('Coppice-Unit: second');
    expect(existsSync(join(folder, '.git/coppice/brief.md'))).toBe(true);
  });

  test('goes back to the agent with a person’s words', async () => {
    await begin('words');
    const [approval] = await stack.approvalsOf('words');
    expect((await stack.coppice(['answer', 'words', 'second', 'Keep both.'])).code).toBe(0);
    const report = await stack.reportOf('words');
    expect(report).toMatchObject({ status: 'completed', conflicts: { resolvedByAgent: 1, resolvedByPerson: 0 } });
    expect(told('words')).toContain('A message from dana, who follows your work:\n\n```\nKeep both.');
    expect(report.decisions).toMatchObject([{ id: approval.id, decision: 'approved' }]);
  });

  test('fails the unit when they say no; a resolution begins it anew, even after the run', async () => {
    await begin('refused');
    await stack.approvalsOf('refused');
    expect((await stack.coppice(['deny', 'refused', 'second', '--reason', 'not now'])).code).toBe(0);
    const failed = await stack.reportOf('refused');
    expect(failed.units[1]).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^conflict: .*denied by dana \(cli\): not now$/),
    });
    const folder = join(stack.root, 'refused');
    await stack.json<UnitCheckout>(['checkout', 'refused', 'second', folder]);
    writeFileSync(join(folder, 'line.txt'), 'by hand\n');
    const resolved = await stack.json<UnitResolution>(['resolve', 'refused', 'second', folder]);
    expect(resolved.status).toBe('retrying');
    const report = await stack.reportOf('refused');
    expect(report).toMatchObject({ status: 'completed', conflicts: { met: 1, resolvedByPerson: 1 } });
    expect(report.units[1]).toMatchObject({ status: 'landed', retries: 1 });
    expect(stack.show('line.txt')).toBe('by hand\n');
  });
});
