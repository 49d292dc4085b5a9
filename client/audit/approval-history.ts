// An approval's history, from the events of its workflow.

import type { ApprovalHistory, Received, Step } from '../../domain/approval/audit.ts';
import type { ApprovalInput, ApprovalView, Ruling } from '../../contracts/approval.ts';
import { coppicePhase } from '../../contracts/search-attributes.ts';
import { decideSignal, decideUpdate } from '../../contracts/messages/approval.ts';
import { type Event, type Task, tasksOf, timeOf, updatesIn, valueOf, valuesOf } from './history.ts';

/** Null if it is not the history of an approval of ours. */
export function approvalHistory(events: readonly Event[]): ApprovalHistory | null {
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  const [input] = valuesOf(started?.input);
  const { approval: opened, cards } = (input as Partial<ApprovalInput> | undefined) ?? {};
  if (!isView(opened)) return null;
  const tasks = tasksOf(events);
  return {
    opened,
    ...(cards === undefined ? {} : { continues: true }),
    steps: tasks.flatMap((task) => (task.at === null ? [] : [stepOf(task, task.at, events)])),
    waiting: tasks.flatMap((task) => (task.at === null ? signalsIn(task) : [])),
    end: endOf(events),
  };
}

function stepOf(task: Task, at: string, events: readonly Event[]): Step {
  const view = task.did.map(viewIn).findLast((each) => each !== undefined);
  const phase = task.did.map(phaseIn).findLast((each) => each !== undefined);
  return {
    at,
    received: [...signalsIn(task), ...decidedIn(task, events)],
    ...(view === undefined ? {} : { view }),
    ...(phase === undefined ? {} : { phase }),
  };
}

function signalsIn({ came }: Task): Received[] {
  return came.flatMap((event) => {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal?.signalName !== decideSignal.name) return [];
    const [decision] = valuesOf(signal.input);
    return [{ at: timeOf(event), decision, sender: signal.identity || null }];
  });
}

function decidedIn(task: Task, events: readonly Event[]): Received[] {
  return updatesIn(task, events).flatMap(({ name, args, at, sender, answer }) =>
    name === decideUpdate.name && isRuling(answer) ? [{ at, decision: args[0], sender, ruling: answer }] : [],
  );
}

/** What lists show, or the workflow's result. */
function viewIn(event: Event): ApprovalView | undefined {
  const memo = event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields?.['approval'];
  const [result] = valuesOf(event.workflowExecutionCompletedEventAttributes?.result);
  const view = memo ? valueOf(memo) : result;
  return isView(view) ? view : undefined;
}

function phaseIn(event: Event): string | undefined {
  const fields = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields;
  const value = valueOf(fields?.[coppicePhase.name]);
  const phase: unknown = Array.isArray(value) ? value[0] : value;
  return typeof phase === 'string' ? phase : undefined;
}

function endOf(events: readonly Event[]): ApprovalHistory['end'] {
  const last = events.at(-1);
  if (last === undefined) return 'open';
  if (last.workflowExecutionCompletedEventAttributes) return 'completed';
  const terminated = last.workflowExecutionTerminatedEventAttributes;
  if (terminated) {
    return { lost: 'its workflow was terminated', at: timeOf(last), sender: terminated.identity || null };
  }
  const failed =
    last.workflowExecutionFailedEventAttributes ??
    last.workflowExecutionTimedOutEventAttributes ??
    last.workflowExecutionCanceledEventAttributes;
  return failed ? { lost: 'its workflow has failed', at: timeOf(last), sender: null } : 'open';
}

/** Our own workflows wrote it. */
function isView(value: unknown): value is ApprovalView {
  return typeof value === 'object' && value !== null && 'hash' in value && 'votes' in value && 'policy' in value;
}

function isRuling(value: unknown): value is Ruling {
  return typeof value === 'object' && value !== null && 'accepted' in value;
}
