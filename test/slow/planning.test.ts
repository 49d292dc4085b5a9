// A goal on its way to a plan, when machines die: the planner's host in the middle of a session, and every orchestrator while
// people are asked.

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ModelRequest, Reply } from '../fakes/model-server.ts';
import { Stack, type Worker } from '../e2e/stack.ts';
import { byUnit } from '../e2e/scripts.ts';

let stack: Stack;
let letGo = (): void => undefined;
let reached = (): void => undefined;
const held = new Promise<void>((resolve) => (letGo = resolve));
const isThere = new Promise<void>((resolve) => (reached = resolve));

const units = [
  { id: 'one', title: 'Add one', prompt: 'Make one.txt' },
  { id: 'two', title: 'Add two', prompt: 'Make two.txt', needs: ['one'] },
];

async function planner({ turn }: ModelRequest): Promise<Reply> {
  if (turn === 0) return { tools: [{ name: 'bash', input: { command: 'echo looked; cat shared.txt' } }] };
  if (turn === 1) {
    reached();
    await held;
  }
  return { tools: [{ name: 'submit_plan', input: { plan: { version: 1, units } } }] };
}

beforeAll(async () => {
  const policy = 'policy:\n  - { action: plan, decide: ask }\n';
  const files = { 'coppice.yaml': `version: 1\nverify: test -f shared.txt\n${policy}`, 'shared.txt': 'shared\n' };
  stack = await Stack.start({ reply: byUnit({ plan: planner }), files });
});
afterAll(() => stack.close());

it('the session goes on elsewhere, and the plan waits for people without an orchestrator', async () => {
  let orchestrator: Worker = await stack.worker('orchestrator-1', ['--role', 'orchestrator']);
  const host = await stack.worker('host-1', ['--role', 'host']);
  const { run } = await stack.json<{ run: string }>([
    'run',
    '--goal',
    'Add one, then two',
    '--repo',
    stack.remote,
    '--detach',
  ]);
  await isThere;
  await host.kill();
  await stack.worker('host-2', ['--role', 'host']);
  letGo();
  const [asked] = await stack.approvalsOf(run);
  const requests = stack.model.requests.filter(({ user }) => user === `coppice/${run}/plan`);
  expect(requests.map(({ turn }) => turn)).toEqual([0, 1, 1]);
  expect(JSON.stringify(requests.at(-1)?.messages)).toContain('looked');
  await orchestrator.kill();
  expect((await stack.coppice(['approve', asked.id])).stdout).toContain('recorded');
  orchestrator = await stack.worker('orchestrator-2', ['--role', 'orchestrator']);
  const report = await stack.reportOf(run);
  expect(report.units.map(({ id, status }) => [id, status])).toEqual([
    ['one', 'landed'],
    ['two', 'landed'],
  ]);
  expect(report.planning?.hosts).toContain('host-2');
});
