// Reviews through a whole run: people are asked where the reviewer disagrees, and see why; the report shows what it cost.

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ModelRequest, Reply } from '../fakes/model-server.ts';
import type { LoggedTurn } from '../../client/watch/read-turns.ts';
import { Stack } from './stack.ts';
import { steps } from './scripts.ts';

const files = {
  'coppice.yaml': `version: 1
verify: test -f README.md
agent:
  review: { rounds: 1 }
policy:
  - { action: merge, decide: ask, by: [maintainers], unless: reviewed }
people:
  maintainers: { users: [dana] }
`,
  'README.md': 'hello\n',
};

const doubtful = {
  verdict: 'changes',
  summary: 'The test tests nothing any more.',
  comments: [{ path: 'doubtful.txt', line: 1, text: 'It always passes.' }],
};

/** Approves everything but one unit. */
function reply(request: ModelRequest): Reply {
  const unit = request.user.split('/').at(-1) ?? '';
  if (!request.tools.some(({ name }) => name === 'submit_review')) return steps(`echo ${unit} > ${unit}.txt`)(request);
  if (request.turn === 0) return { tools: [{ name: 'bash', input: { command: `cat ${unit}.txt` } }] };
  const input = unit === 'doubtful' ? doubtful : { verdict: 'approve', summary: 'Good.' };
  return { tools: [{ name: 'submit_review', input }] };
}

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ reply, files });
  await stack.worker('host-1', ['--slots', '3']);
});
afterAll(() => stack.close());

it('asks people unless the reviewer agrees, shows them why, and says what reviews have cost', async () => {
  const plan = stack.plan([
    { id: 'sound', title: 'Add the sound one', prompt: 'Make it' },
    { id: 'doubtful', title: 'Add the doubtful one', prompt: 'Make it' },
    { id: 'unread', title: 'Add the unread one', prompt: 'Make it', review: false },
  ]);
  await stack.coppice(['run', plan, '--repo', stack.remote, '--id', 'reviewed', '--detach']);
  const asked = await stack.approvalsOf('reviewed', 2);
  expect(new Set(asked.map(({ unit }) => unit))).toEqual(new Set(['doubtful', 'unread']));
  const [about, unread] = ['doubtful', 'unread'].map((id) => asked.find(({ unit }) => unit === id));
  expect(unread?.subject).not.toHaveProperty('review');
  expect(unread?.subject).toMatchObject({ noReview: 'not-asked-for' });
  expect(about).toMatchObject({
    kind: 'merge',
    policy: { rule: 'merge of anything unless the reviewer approves it: ask', by: ['maintainers'] },
    subject: { review: { verdict: 'changes', rounds: 1, summary: doubtful.summary, comments: doubtful.comments } },
  });
  const { stdout: list } = await stack.coppice(['approvals']);
  expect(list).toMatch(/The reviewer \(.*\) wants changes, after 1 review for/);
  expect(list).toContain('│ The test tests nothing any more.');
  expect(list).toContain('doubtful.txt:1: It always passes.');
  expect(list).toContain('not reviewed: no review is asked for');
  for (const { id } of asked) {
    const decided = await stack.coppice(['approve', id], { COPPICE_USER: 'dana' });
    expect(decided.code).toBe(0);
  }
  const report = await stack.reportOf('reviewed');
  const units = new Map(report.units.map((unit) => [unit.id as string, unit]));
  expect(report.units.map(({ status }) => status)).toEqual(['landed', 'landed', 'landed']);
  expect(units.get('sound')?.review).toMatchObject({ verdict: 'approve', rounds: 1, commentCount: 0 });
  expect(units.get('doubtful')?.review).toMatchObject({ verdict: 'changes', commentCount: 1 });
  expect(units.get('unread')).not.toHaveProperty('review');
  const costs = report.units.map(({ reviewUsd = 0 }) => reviewUsd);
  expect(costs.map((cost) => cost > 0)).toEqual([true, true, false]);
  expect(report.reviewUsd).toBeCloseTo(costs.reduce((sum, cost) => sum + cost));
  for (const { costUsd, reviewUsd = 0 } of report.units) expect(costUsd).toBeGreaterThan(reviewUsd);
  const { stdout: text } = await stack.coppice(['report', 'reviewed']);
  expect(text).toMatch(
    /reviews +1 approved, 1 with changes wanted \(doubtful\): \$0\.\d+ of the cost; not reviewed: unread \(no review is asked for\)/,
  );
});

it('shows what reviewers did in the logs', async () => {
  const { stdout } = await stack.coppice(['logs', 'reviewed', 'sound']);
  expect(stdout).toContain('sound turn 1');
  expect(stdout).toContain('sound review 1 turn 1');
  expect(stdout).toContain('$ cat sound.txt');
  const lines = await stack.coppice(['logs', 'reviewed', 'sound', '--json']);
  const turns = lines.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LoggedTurn);
  expect(turns.map(({ review, turn }) => [review ?? null, turn])).toEqual([
    [null, 1],
    [null, 2],
    [1, 1],
    [1, 2],
  ]);
});
