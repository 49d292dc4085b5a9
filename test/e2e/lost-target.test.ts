// A target that has disappeared: the run ends, says what is missing and what exists, and has a report. Nothing is
// retried for ever, and the work stays in its checkpoints.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../contracts/documents/report.ts';
import { Stack } from './stack.ts';
import { byUnit, steps } from './scripts.ts';

describe('a run whose target is gone', () => {
  let stack: Stack;
  /** What happens to the remote while the first unit works. */
  let meanwhile: () => void = () => undefined;

  beforeAll(async () => {
    const reply = byUnit({
      first: (request) => {
        if (request.turn === 1) meanwhile();
        return steps('echo first > first.txt')(request);
      },
    });
    stack = await Stack.start({ reply, files: { 'readme.txt': 'hello\n' } });
    await stack.worker('host-1');
  }, 90_000);
  afterAll(() => stack.close());

  const plan = () =>
    stack.plan([
      { id: 'first', title: 'Add first', prompt: 'Make it' },
      { id: 'second', title: 'Add second', prompt: 'Make it', needs: ['first'] },
    ]);
  const remote = (...args: string[]) => stack.git('--git-dir', stack.remote, ...args);

  async function run(id: string): Promise<{ code: number; report: Report }> {
    const { code, stdout } = await stack.coppice([
      'run',
      plan(),
      '--repo',
      stack.remote,
      '--branch',
      'main',
      '--id',
      id,
      '--json',
    ]);
    return { code, report: JSON.parse(stdout) as Report };
  }

  it.each([
    ['renamed', () => remote('branch', '-m', 'main', 'trunk'), /BranchMissing: .*no branch main; it has kept/],
    ['deleted', () => remote('update-ref', '-d', 'refs/heads/main'), /BranchMissing: .*no branch main; it has kept/],
    [
      'unreadable',
      () => remote('symbolic-ref', 'refs/heads/main', 'refs/heads/nothing'),
      /(?:BranchMissing|RepositoryUnusable): .*main/,
    ],
  ])('because it was %s ends with its report and 1', async (name, happens, words) => {
    remote('update-ref', 'refs/heads/kept', 'main');
    meanwhile = happens;
    const { code, report } = await run(`target-${name}`);
    expect([code, report.status, report.tip]).toEqual([1, 'failed', null]);
    expect(report.units).toMatchObject([
      { id: 'first', status: 'failed', reason: expect.stringMatching(words) },
      { id: 'second', status: 'skipped' },
    ]);
    expect(remote('show', `refs/coppice/runs/target-${name}/units/first:first.txt`)).toBe('first\n');
    const text = await stack.coppice(['report', `target-${name}`]);
    expect([text.code, text.stdout]).toEqual([0, expect.stringContaining('where the branch ended is not known')]);
    if (name === 'unreadable') remote('symbolic-ref', '-d', 'refs/heads/main');
    remote('update-ref', 'refs/heads/main', 'kept');
  });
});
