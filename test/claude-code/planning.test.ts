// A planning session of the real Claude Code: a read-only worktree, and a plan that is handed in as data.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClaudeBench, bash, openClaudeBench } from './claude-bench.ts';
import { claudeSteps } from './claude-steps.ts';
import { cleanUp, git } from '../git/make-repository.ts';

let claude: ClaudeBench;
beforeAll(async () => {
  claude = await openClaudeBench();
}, 180_000);
afterAll(async () => {
  await claude.bench.close();
  cleanUp();
});

const planner = { planner: { ask: false, only: false } };
const submit = (...units: object[]) => ({
  mcp__coppice__submit_plan: { plan: { version: 1, units }, why: 'One is enough.', looked_at: ['a.txt'] },
});

it('looks, writes nothing, is told what is wrong with its plan, and ends with one that is right', async () => {
  const context = await claude.planned(
    claudeSteps(
      bash('cat a.txt; echo mine > mine.txt'),
      { Write: { file_path: '/work/new.txt', content: 'new' } },
      submit({ id: 'x', title: 'Do x' }),
      submit({ id: 'x', title: 'Do x', prompt: 'Do it.', scope: ['x.txt'] }),
    ),
    { unit: planner },
  );
  const { outcome, totals } = await claude.bench.host.start(context).result;
  expect(outcome).toMatchObject({
    status: 'planned',
    verdict: { decide: 'allow' },
    request: { unitCount: 1, units: [{ id: 'x', title: 'Do x' }], made: { why: 'One is enough.' } },
  });
  expect(totals.turns).toBe(4);
  const asked = claude.bench.asked(context.run);
  const told = JSON.stringify(asked.at(-1)?.messages);
  expect(told).toContain('Read-only file system');
  expect(told).toMatch(/cannot be used.*prompt is missing/);
  expect(JSON.stringify(asked[0]?.tools)).toMatch(/submit_plan.*forEach/);
  const plan = outcome.status === 'planned' ? outcome.request.plan : '';
  expect(git(claude.bench.state, 'show', `${plan}:plan.yaml`)).toContain('# One is enough.');
});
