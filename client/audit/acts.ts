// What people did to a run and its units, and agents to its plan, from the events of their workflows: updates,
// cancellations, and signals that no workflow of ours has sent.

import type { ActEntry, PersonAct } from './entries.ts';
import type { AuditPerson } from '../../domain/approval/audit-entry.ts';
import type { TakeBack } from '../../contracts/messages/unit.ts';
import type { PersonMessage } from '../../contracts/activities/agent.ts';
import type { RetryHow } from '../../contracts/messages/run.ts';
import type { SteerRequest } from '../../contracts/queue-view.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { media } from '../../contracts/people.ts';
import {
  type PlanEdit,
  cancelUnitUpdate,
  editPlanUpdate,
  pauseUpdate,
  resumeUpdate,
  retryUnitUpdate,
  skipUnitUpdate,
} from '../../contracts/messages/run.ts';
import { steerSignal, steerUpdate } from '../../contracts/messages/queue.ts';
import {
  type PlanReplacement,
  messageUpdate,
  replacePlanUpdate,
  takeBackUpdate,
} from '../../contracts/messages/unit.ts';
import { type Event, type Update, tasksOf, timeOf, updatesIn, valueOf, valuesOf } from './history.ts';
import { userOfIdentity } from '../identity.ts';

/** An act before it is known where it was done. */
interface Act {
  readonly act: PersonAct;
  readonly unit: UnitId | null;
  readonly approval?: string;
  /** As the person's own message says it; absent = only the sender is known. */
  readonly by?: string;
  readonly text?: string;
}

/** Acts on the run, or on one unit of it. */
export function actsOn(events: readonly Event[], unit: UnitId | null): ActEntry[] {
  const updates = tasksOf(events).flatMap((task) => updatesIn(task, events));
  return [
    ...updates.flatMap((update) => {
      const act = unit === null ? actOnRun(update) : actOnUnit(update, unit);
      return act === null ? [] : [entryOf(act, update)];
    }),
    ...events.flatMap((event) => {
      const act = byHand(event, unit);
      return act === null ? [] : [act];
    }),
  ];
}

/** The beginning of an execution of the run's workflow. */
export function startOf(first: Event, startedBy: string, isReopened: boolean): ActEntry {
  const sender = first.workflowExecutionStartedEventAttributes?.identity || null;
  const act = isReopened
    ? ({ act: 'reopen', unit: null } as const)
    : ({ act: 'start', unit: null, by: startedBy } as const);
  return entryOf(act, { at: timeOf(first), sender, answer: { accepted: true } });
}

/** What people asked a merge queue to do with the run's units. */
export function actsInQueue(events: readonly Event[], run: string): ActEntry[] {
  const tasks = tasksOf(events);
  const updates = tasks.flatMap((task) => updatesIn(task, events)).filter(({ name }) => name === steerUpdate.name);
  const signals = events.flatMap((event) => {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal?.signalName !== steerSignal.name) return [];
    return [{ args: valuesOf(signal.input), at: timeOf(event), sender: signal.identity || null, answer: undefined }];
  });
  return [...updates, ...signals].flatMap((asked) => {
    const act = steered(asked.args[0], run);
    return act === null ? [] : [entryOf(act, asked)];
  });
}

function actOnRun({ name, args }: Update): Act | null {
  const [unit, second] = args;
  const of = typeof unit === 'string' ? (unit as UnitId) : null;
  const by = typeof second === 'string' ? { by: second } : {};
  switch (name) {
    case cancelUnitUpdate.name:
      return { act: 'cancel', unit: of };
    case retryUnitUpdate.name: {
      const { resolution, reverted } = (second ?? {}) as RetryHow;
      const text = resolution === undefined ? (reverted ? 'its commit was taken back' : null) : 'with a resolution';
      return {
        act: 'retry',
        unit: of,
        ...(resolution === undefined ? {} : { by: resolution.by }),
        ...(text === null ? {} : { text }),
      };
    }
    case skipUnitUpdate.name:
      return { act: 'skip', unit: of, ...by };
    case pauseUpdate.name:
      return { act: 'pause', unit: of, ...by };
    case resumeUpdate.name:
      return { act: 'resume', unit: of };
    case editPlanUpdate.name:
      return editOf(args[0] as PlanEdit, of);
    default:
      return { act: 'signal', unit: of, text: name };
  }
}

function actOnUnit({ name, args }: Update, unit: UnitId): Act | null {
  switch (name) {
    case messageUpdate.name: {
      const { by, text } = args[0] as PersonMessage;
      return { act: 'message', unit, by, ...(text === null ? {} : { text }) };
    }
    case takeBackUpdate.name: {
      const { approval, by, reason } = args[0] as TakeBack;
      return { act: 'take-back', unit, approval, by, ...(reason === undefined ? {} : { text: reason }) };
    }
    case replacePlanUpdate.name:
      return editOf(args[0] as PlanReplacement, unit);
    default:
      return { act: 'signal', unit, text: name };
  }
}

/** From one commit of the plan to another. */
function editOf({ plan, expected, by, proposed, why }: PlanReplacement & Partial<PlanEdit>, unit: UnitId | null): Act {
  const commits = `${expected.slice(0, 8)} → ${plan.slice(0, 8)}`;
  if (proposed === undefined) return { act: 'edit-plan', unit, by, text: commits };
  const text = `${proposed}, ${commits}${why === undefined ? '' : `: ${why}`}`;
  return { act: 'propose-units', unit, by, text };
}

/** Only the acts on entries of the run: a pause of the whole queue concerns everyone. */
function steered(value: unknown, run: string): Act | null {
  if (typeof value !== 'object' || value === null || !('type' in value)) return null;
  const request = value as SteerRequest;
  const { by } = request;
  switch (request.type) {
    case 'bump': {
      const { unit, priority } = request;
      const text = priority === undefined ? {} : { text: `priority ${priority}` };
      return request.run === run ? { act: 'bump', unit: unit as UnitId, by, ...text } : null;
    }
    case 'eject': {
      const { unit, reason } = request;
      const text = reason === undefined ? {} : { text: reason };
      return request.run === run ? { act: 'eject', unit: unit as UnitId, by, ...text } : null;
    }
    case 'revert': {
      const { context, unit, commit } = request;
      return context.run === run ? { act: 'revert', unit, by, text: commit } : null;
    }
    default:
      return null;
  }
}

/** What did not come from a workflow of ours: our workflows talk to each other as workflows, and Temporal says so. */
function byHand(event: Event, unit: UnitId | null): ActEntry | null {
  const at = timeOf(event);
  const cancelled = event.workflowExecutionCancelRequestedEventAttributes;
  if (cancelled && !cancelled.externalWorkflowExecution?.workflowId) {
    return entryOf({ act: 'cancel', unit }, { at, sender: cancelled.identity || null, answer: { accepted: true } });
  }
  const terminated = event.workflowExecutionTerminatedEventAttributes;
  if (terminated) {
    const act = { act: 'terminate', unit, ...(terminated.reason ? { text: terminated.reason } : {}) } as const;
    return entryOf(act, { at, sender: terminated.identity || null, answer: { accepted: true } });
  }
  const signal = event.workflowExecutionSignaledEventAttributes;
  if (signal && !signal.externalWorkflowExecution?.workflowId) {
    return entryOf(
      { act: 'signal', unit, text: signal.signalName ?? '' },
      { at, sender: signal.identity || null, answer: undefined },
    );
  }
  return null;
}

function entryOf(
  { act, unit, approval, by, text }: Act,
  { at, sender, answer }: Pick<Update, 'at' | 'sender' | 'answer'>,
): ActEntry {
  const { accepted = null, message = null } = (answer ?? {}) as { accepted?: boolean; message?: string };
  return {
    at,
    kind: 'acted',
    approval: approval ?? null,
    unit,
    by: (act === 'propose-units' ? agentOf(by) : null) ?? personOf(by, sender),
    act,
    accepted,
    text: text ?? null,
    answer: accepted === false ? message : null,
    sender,
  };
}

/** `the agent of UNIT`, as its host names it. */
function agentOf(by = ''): AuditPerson | null {
  const [, unit = null] = /^the agent of (\S+)$/.exec(by) ?? [];
  return unit === null ? null : { channel: 'agent', id: unit, name: by };
}

function personOf(by: string | undefined, sender: string | null): AuditPerson | null {
  const said = by ?? (sender === null ? null : userOfIdentity(sender));
  if (said !== null) {
    const [, name = said, medium] = /^([^]+) \((\w+)\)$/.exec(said) ?? [];
    const channel = media.find((each) => each === medium) ?? 'cli';
    return { channel, id: channel === 'cli' ? name : null, name };
  }
  return sender === null ? null : { channel: 'temporal', id: sender, name: sender };
}

/** Whether the run's state came from an earlier execution: it continued as new, or was reopened. */
export function isResumed(first: Event): boolean {
  const input = valueOf(first.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]);
  return typeof input === 'object' && input !== null && 'resumed' in input && input.resumed !== undefined;
}
