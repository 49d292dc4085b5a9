// Records the histories that replay.test.ts replays. Run it by hand (`npm run record:histories`) when a workflow
// changes on purpose in a way that old histories cannot follow, and say so in the commit.

import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandle } from '@temporalio/client';
import { noTotals } from '../../domain/money/usage.ts';
import type { ScriptedHost } from '../workflows/scripted-host.ts';
import { approvalWorkflowId, boardWorkflowId, verificationWorkflowId } from '../../contracts/ids.ts';
import { context, decision, node, sha, unit } from '../domain/fixtures.ts';
import { makeBoards } from '../../activities/board/boards.ts';
import {
  builtTrain,
  conflictIn,
  nextSha,
  runInput,
  startRun,
  startScriptedHost,
  unitHandle,
} from '../workflows/scripted-host.ts';
import { decideSignal } from '../../contracts/messages/approval.ts';

const folder = new URL('histories/', import.meta.url);
const root = new URL('../../', import.meta.url);
let host: ScriptedHost;

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  host = await startScriptedHost(100);
});
afterAll(() => host.close());

it('records a run with a diamond, an approval, a conflict, a moved target and a failure', async () => {
  const b = node('b', ['a']);
  const nodes = [node('a'), b, node('c', ['a']), node('d', ['b', 'c']), node('e')];
  const input = runInput('recorded', nodes, {
    channels: [{ medium: 'slack', channel: 'C1' }],
    budgetUsd: 50,
    unitBudgetUsd: 5,
  });
  let conflicts = 0;
  let moves = 0;
  const asked = nextSha();
  const { runSlice, landTrain, verifyTree } = host.activities;
  let verified = '';
  Object.assign(host.activities, {
    async runSlice(slice) {
      const done = await runSlice(slice);
      if (slice.unit === 'e') return { ...done, outcome: { status: 'failed', reason: 'no-change: nothing' } };
      if (slice.unit !== 'b') return done;
      const verdict = { decide: 'ask', policy: { rule: 'src/**: ask', by: [], allowed: null } } as const;
      const outcome = {
        status: 'done',
        result: asked,
        base: sha(2),
        verdict,
        changed: ['b.ts'],
        changedCount: 1,
      } as const;
      return { ...done, totals: noTotals, outcome };
    },
    async buildTrain(train) {
      return builtTrain(train, (id) => (id === 'c' && (conflicts += 1) === 1 ? conflictIn('c.ts') : null));
    },
    async verifyTree(request) {
      verified = request.key;
      return verifyTree(request);
    },
    async landTrain(train) {
      return (moves += 1) === 1 ? { status: 'moved' } : landTrain(train);
    },
  } satisfies Partial<ScriptedHost['activities']>);
  const run = await startRun(host, input);
  const approvalId = approvalWorkflowId(input.context.run, b.id, 1);
  const approval = host.client.workflow.getHandle(approvalId);
  await vi.waitFor(() => approval.describe(), { timeout: 60_000 });
  await approval.signal(decideSignal, decision({ hash: sha(1) }));
  await approval.signal(decideSignal, decision({ decisionId: 'd2', hash: asked }));
  await expect(run.result()).rejects.toThrow();
  await save('run', run);
  for (const id of nodes) await save(`unit-${id.id}`, unitHandle(host, input, id));
  await save('approval', approval);
  await save('queue', host.client.workflow.getHandle(input.context.queue));
  await save('verification', host.client.workflow.getHandle(verificationWorkflowId(verified)));
});

it('records a run that makes its plan first', async () => {
  const planner = node('plan');
  const input = runInput('recorded-plan', [planner], { planning: { only: false } });
  const { runSlice } = host.activities;
  const policy = { rule: 'plan: ask', by: [], allowed: null };
  const made = nextSha();
  const request = { plan: made, units: [], unitCount: 2, parallel: 4, model: 'scripted', budgetUsd: null };
  host.activities.runSlice = async (slice) => {
    if (slice.unit !== planner.id) return runSlice(slice);
    const outcome = { status: 'planned', request, verdict: { decide: 'ask', policy } } as const;
    return { outcome, totals: { ...noTotals, costUsd: 1 }, seconds: 1 };
  };
  const run = await startRun(host, input);
  const first = await host.client.workflow.getHandle(run.workflowId).describe();
  const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, planner.id, 1));
  await vi.waitFor(() => approval.describe(), { timeout: 60_000 });
  await approval.signal(decideSignal, decision({ hash: made }));
  expect(await run.result()).toMatchObject({ status: 'completed' });
  await save('run-that-plans', host.client.workflow.getHandle(run.workflowId, first.runId));
  await save('unit-plan', unitHandle(host, input, planner));
});

it('records a board on which agents write to each other', async () => {
  const boards = makeBoards(host.client);
  const { run } = context('recorded');
  const by = (id: string, n: number) => ({ unit: unit(id), tree: sha(n) });
  await boards.post(run, { from: by('a', 1), to: [unit('b')], text: 'parse() takes a string' });
  await boards.writeNote(run, { from: by('b', 2), key: 'parse', text: 'a string' });
  await boards.claim(run, { from: by('b', 2), paths: ['src'] });
  const unread = await boards.unread(run, unit('b'), null);
  await boards.heard(run, unit('b'), { board: unread?.board ?? '', number: 1 });
  const notice = { unit: unit('a'), commit: sha(7), title: 'Do a', files: ['src/a.ts'], fileCount: 1, to: [unit('b')] };
  await boards.landed(run, notice, { start: false });
  await boards.post(run, { from: by('b', 3), to: [unit('c')], text: 'a has landed' });
  await boards.close(run);
  const board = host.client.workflow.getHandle(boardWorkflowId(run));
  await expect(board.result()).resolves.toBeUndefined();
  await save('board', board);
});

async function save(name: string, handle: WorkflowHandle): Promise<void> {
  // Stack traces name this checkout's folder.
  const text = historyToJSON(await handle.fetchHistory()).replaceAll(fileURLToPath(root), '');
  await writeFile(new URL(`${name}.json`, folder), `${text}\n`);
}
