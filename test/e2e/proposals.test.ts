import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Report } from '../../contracts/documents/report.ts';
import type { ModelRequest, Reply } from '../fakes/model-server.ts';
import { Stack } from './stack.ts';
import { byUnit } from './scripts.ts';

const policy = [
  '  - { action: proposal, over: { units: 3 }, decide: deny }',
  '  - { action: proposal, over: { units: 1 }, decide: ask }',
  '  - { action: proposal, decide: allow }',
];
const files = {
  'coppice.yaml': `version: 1\nverify: test -f shared.txt\npolicy:\n${policy.join('\n')}\n`,
  'shared.txt': 'one\n',
};

const proposal = (ids: readonly string[], more: object = {}): Reply => ({
  tools: [
    {
      name: 'propose_units',
      input: {
        units: ids.map((id) => ({ id, title: `Add ${id}`, prompt: `Make ${id}.txt`, scope: [`${id}.txt`] })),
        why: 'There is more to do.',
        ...more,
      },
    },
  ],
});

/** What the tool has said so far. */
const told: string[] = [];

function proposer({ turn, messages }: ModelRequest): Reply {
  const last = messages.at(-1)?.content;
  if (Array.isArray(last)) {
    for (const { content } of last) if (content !== undefined) told.push(JSON.stringify(content));
  }
  switch (turn) {
    case 0:
      return proposal(['rest'], { needed_by: ['after'] });
    case 1:
      return proposal(['rest']);
    case 2:
      return proposal(['more']);
    case 3:
      return proposal(['a', 'b', 'c', 'd']);
    case 4:
      return { tools: [{ name: 'bash', input: { command: 'echo big > big.txt' } }] };
    default:
      return { text: 'Done.' };
  }
}

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ reply: byUnit({ big: proposer }), files });
  await stack.worker('host-1', ['--slots', '3']);
});
afterAll(() => stack.close());

it('an agent proposes units: policy allows the first, people are asked about more, and too many are denied', async () => {
  const plan = stack.plan([
    { id: 'big', title: 'Add big', prompt: 'Make big.txt' },
    { id: 'after', title: 'Add after', prompt: 'Make after.txt', needs: ['big'] },
  ]);
  const { run } = await stack.json<{ run: string }>(['run', plan, '--repo', stack.remote, '--detach']);
  const [asked] = await stack.approvalsOf(run);
  expect(asked).toMatchObject({
    kind: 'plan',
    unit: null,
    summary: expect.stringMatching(/^Go on with ".*" as the agent of big has changed it: /),
    policy: { rule: 'proposal over 1 units: ask' },
  });
  await stack.statusWhen(run, ({ units }) => expect(units.every(({ phase }) => phase === 'landed')).toBe(true));
  await stack.coppice(['approve', asked.id]);
  const report: Report = await stack.reportOf(run);
  expect(report.units.map(({ id, needs, status }) => [id, needs, status])).toEqual([
    ['big', [], 'landed'],
    ['after', ['big', 'rest'], 'landed'],
    ['rest', [], 'landed'],
    ['more', [], 'landed'],
  ]);
  expect(report.planChanges).toMatchObject([
    { by: 'the agent of big', added: 1, changed: 1 },
    { by: 'the agent of big', added: 1, changed: 0 },
  ]);
  expect(told).toEqual([
    expect.stringContaining('Taken: these units are in the plan now'),
    expect.stringContaining('rest'),
    expect.stringContaining('People are asked'),
    expect.stringContaining('people are asked something about the run already'),
    expect.anything(),
  ]);
});
