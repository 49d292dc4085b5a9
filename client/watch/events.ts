// What happened in a run, as events: the difference of two status documents. Pure, so following a run needs no stream
// from the server; of something that began and ended between two looks, only the result shows. Used by run.events(),
// `run --watch` and the plain lines of `run` and `status --watch`.

import type { UnitDecision } from '../../contracts/documents/records.ts';
import type { OpenApproval, RunStatusDocument, UnitStatus } from './status.ts';
import { type EndedStatus, type UnitPhase, isOpenStatus } from '../../contracts/documents/report.ts';

interface EventBase {
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly run: string;
}

interface UnitEventBase extends EventBase {
  readonly unit: string;
  readonly title: string;
}

export interface UnitStartedEvent extends UnitEventBase {
  readonly type: 'unit-started';
}

/** The unit continues in another phase, and has not ended. */
export interface UnitPhaseEvent extends UnitEventBase {
  readonly type: 'unit-phase';
  readonly phase: UnitPhase;
  readonly host: string | null;
}

export interface UnitLandedEvent extends UnitEventBase {
  readonly type: 'unit-landed';
  readonly commit: string | null;
  readonly costUsd: number;
}

/** The unit ended and did not land. */
export interface UnitFailedEvent extends UnitEventBase {
  readonly type: 'unit-failed';
  readonly status: 'failed' | 'cancelled' | 'skipped';
  readonly reason: string | null;
  readonly costUsd: number;
}

export interface ApprovalOpenedEvent extends EventBase {
  readonly type: 'approval-opened';
  readonly id: string;
  /** Null = it concerns the whole run. */
  readonly unit: string | null;
  readonly kind: OpenApproval['kind'];
  readonly summary: string;
  readonly expiresAt: OpenApproval['expiresAt'];
}

export interface ApprovalDecidedEvent extends EventBase {
  readonly type: 'approval-decided';
  readonly id: string;
  readonly unit: string | null;
  /** Null while the unit does not show yet how it was decided. */
  readonly decision: UnitDecision['decision'] | null;
}

export interface RunEndedEvent extends EventBase {
  readonly type: 'run-ended';
  readonly status: EndedStatus;
  readonly landed: number;
  readonly total: number;
  readonly costUsd: number;
}

export type RunEvent =
  | UnitStartedEvent
  | UnitPhaseEvent
  | UnitLandedEvent
  | UnitFailedEvent
  | ApprovalOpenedEvent
  | ApprovalDecidedEvent
  | RunEndedEvent;

/** In order of time, then of the plan. If `before` is null: everything that brings a latecomer up to date. */
export function diffStatus(before: RunStatusDocument | null, after: RunStatusDocument): RunEvent[] {
  const unitsBefore = new Map(before?.units.map((unit) => [unit.id, unit]));
  const unitsNow = new Map(after.units.map((unit) => [unit.id, unit]));
  const openBefore = new Set(before?.approvals.map(({ id }) => id));
  const openNow = new Set(after.approvals.map(({ id }) => id));
  const events: RunEvent[] = [
    ...(before?.approvals ?? [])
      .filter(({ id }) => !openNow.has(id))
      .map((approval) => approvalDecided(after, approval, unitsNow.get(approval.unit ?? ''))),
    ...after.units.flatMap((unit) => unitEvents(after.run, unitsBefore.get(unit.id)?.phase ?? 'waiting', unit)),
    ...after.approvals.filter(({ id }) => !openBefore.has(id)).map((approval) => approvalOpened(after.run, approval)),
  ];
  // Sorting is stable: events with the same time keep the order above.
  events.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const end = before === null || !hasEnded(before) ? runEnded(after) : null;
  if (end === null) return events;
  const last = events.at(-1)?.at ?? end.at;
  return [...events, Date.parse(last) > Date.parse(end.at) ? { ...end, at: last } : end];
}

function hasEnded({ status }: RunStatusDocument): boolean {
  return !isOpenStatus(status);
}

function unitEvents(run: string, before: UnitPhase, unit: UnitStatus): RunEvent[] {
  const { phase, reason, host, costUsd } = unit;
  if (phase === before) return [];
  const base = { at: unit.since, run, unit: unit.id, title: unit.title };
  const events: RunEvent[] = [];
  const starts = before === 'waiting' && hasStarted(unit);
  if (starts) events.push({ type: 'unit-started', ...base });
  if (phase === 'landed') events.push({ type: 'unit-landed', ...base, commit: unit.commit ?? null, costUsd });
  else if (phase === 'failed' || phase === 'cancelled' || phase === 'skipped')
    events.push({ type: 'unit-failed', ...base, status: phase, reason, costUsd });
  else if (!(starts && phase === 'ready')) events.push({ type: 'unit-phase', ...base, phase, host });
  return events;
}

/** A unit can be cancelled before it began; then it has cost nothing. */
function hasStarted({ phase, costUsd, turn }: UnitStatus): boolean {
  if (phase === 'cancelled') return costUsd > 0 || (turn ?? 0) > 0;
  return phase !== 'waiting' && phase !== 'skipped';
}

function approvalOpened(run: string, { id, unit, kind, summary, since, expiresAt }: OpenApproval): RunEvent {
  return { type: 'approval-opened', at: since, run, id, unit, kind, summary, expiresAt };
}

function approvalDecided({ run, approvals }: RunStatusDocument, gone: OpenApproval, unit?: UnitStatus): RunEvent {
  const at = unit === undefined || Date.parse(unit.since) < Date.parse(gone.since) ? gone.since : unit.since;
  const asksAgain = approvals.some((approval) => approval.unit === gone.unit);
  // A unit continues after a question even without an answer.
  const unknown = (unit?.phase === 'asking' && !asksAgain) || (gone.kind === 'question' && unit?.phase !== 'cancelled');
  const decision = unknown ? null : decisionShownBy(unit, gone.kind);
  return { type: 'approval-decided', at, run, id: gone.id, unit: gone.unit, decision };
}

function decisionShownBy(unit: UnitStatus | undefined, kind: OpenApproval['kind']): UnitDecision['decision'] | null {
  switch (unit?.phase) {
    case undefined:
      return null;
    case 'cancelled':
      return 'cancelled';
    case 'failed':
      if (unit.reason?.endsWith(': nobody decided in time')) return 'expired';
      if (kind === 'conflict') return 'denied';
      if (unit.reason?.startsWith('denied:') || unit.reason?.startsWith('budget:')) return 'denied';
      return unit.reason?.startsWith('expired:') ? 'expired' : 'approved';
    default:
      return 'approved'; // no other way leads on from asking
  }
}

function runEnded({ run, status, startedAt, units, budget }: RunStatusDocument): RunEvent | null {
  if (isOpenStatus(status)) return null;
  const at = units.reduce((latest, { since }) => (Date.parse(since) > Date.parse(latest) ? since : latest), startedAt);
  const landed = units.filter(({ phase }) => phase === 'landed').length;
  return { type: 'run-ended', at, run, status, landed, total: units.length, costUsd: budget.spentUsd };
}
