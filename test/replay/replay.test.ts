import { approvalWorkflowType } from '../../contracts/messages/approval.ts';
import { boardWorkflowType } from '../../contracts/messages/board.ts';
import { mergeQueueWorkflowType } from '../../contracts/messages/queue.ts';
import { runWorkflowType } from '../../contracts/messages/run.ts';
import { verificationWorkflowType } from '../../contracts/messages/verification.ts';
import { unitWorkflowType } from '../../contracts/messages/unit.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { workflowCode } from '../../workers/workflow-code.ts';

const folder = new URL('histories/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const idOf = (name: string): string => (name.startsWith('queue') ? 'queue:recorded-0a1b2c3d' : `run:recorded:${name}`);

function load(name: string): { events: Record<string, unknown>[] } {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { events: Record<string, unknown>[] };
}

describe('a recorded history', () => {
  let code: Pick<WorkerOptions, 'workflowBundle'>;

  beforeAll(async () => {
    code = await workflowCode();
  });

  it('exists for every workflow type', () => {
    const types = names.map((name) => {
      const started = load(name).events[0]?.['workflowExecutionStartedEventAttributes'];
      return (started as { workflowType: { name: string } }).workflowType.name;
    });
    expect(new Set(types)).toEqual(
      new Set([
        runWorkflowType,
        unitWorkflowType,
        mergeQueueWorkflowType,
        verificationWorkflowType,
        approvalWorkflowType,
        boardWorkflowType,
      ]),
    );
  });

  it.each(names)('replays with the code of today: %s', async (name) => {
    await Worker.runReplayHistory(code, load(name), idOf(name));
  });

  it('does not replay when an activity in it has another name', async () => {
    const history = load('unit-a.json');
    const text = JSON.stringify(history).replaceAll('"runSlice"', '"somethingElse"');
    const changed = JSON.parse(text) as typeof history;
    await expect(Worker.runReplayHistory(code, changed, idOf('unit-a'))).rejects.toThrow(DeterminismViolationError);
  });
});
