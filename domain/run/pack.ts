// A run's state as it goes through continue-as-new: a short row per unit, because the whole input must fit into a
// payload of 2 MiB at 10,000 units. Records of ended units are in git by then (records.ts), so a row has about 40
// bytes, plus a commit or a reason. Pure; `unpackRun(packRun(state))` is the same state.

import type { RecordedUnit } from '../../contracts/activities/reports.ts';
import type { Resolution } from '../../contracts/activities/conflict.ts';
import type { UnitRecord } from '../../contracts/documents/records.ts';
import type { AllowedCall } from '../../contracts/tool-request.ts';
import type { Ledger } from '../money/budget.ts';
import type { AgreedPlan, RunState, RunUnit, Ledgers, RunHold } from './state.ts';
import type { Sha } from '../../contracts/ids.ts';
import { openLedgers } from './ledgers.ts';
import { unitPhases } from '../../contracts/documents/report.ts';
import { freshUnit } from './state.ts';

/** In this order. Fields at the end of a row that equal those of a fresh unit are left out. */
export type PackedUnit = readonly [
  phase?: number,
  /** Milliseconds after the run began. */
  since?: number,
  version?: number,
  startedAt?: number | null,
  costUsd?: number,
  seq?: number,
  reason?: string | null,
  commit?: string | null,
  recorded?: 0 | 1,
  failedDependency?: number | null,
  wants?: number | null,
  retries?: number,
  costBeforeUsd?: number,
  skippedBy?: string | null,
  record?: UnitRecord | null,
  toppedUpUsd?: number,
  pausedBy?: string | null,
  tokens?: number,
  turns?: number,
  resolution?: Resolution | null,
];

export interface PackedRun {
  readonly startedAt: number;
  readonly begunAt?: number;
  readonly ledgers: Ledgers;
  /** The form that versions up to 0.1 wrote: money only. */
  readonly ledger?: {
    readonly limitUsd: number | null;
    readonly spentUsd: number;
    readonly reserved: Ledger['reserved'];
  };
  readonly hold: RunHold;
  readonly cancelled: boolean;
  readonly version: number;
  readonly adoptedAt?: number;
  readonly pages: number;
  readonly reopened: boolean;
  readonly allowedCalls?: readonly AllowedCall[];
  readonly planning?: { readonly plan: Sha | null; readonly unitsOnly?: true };
  readonly planner?: RecordedUnit;
  readonly nextPlan?: AgreedPlan;
  readonly edits?: readonly (AgreedPlan & { readonly at: number })[];
  /** Units that agents had proposed before the run was reopened; absent = none. */
  readonly proposedBefore?: number;
  readonly units: readonly PackedUnit[];
}

export function packRun(state: RunState): PackedRun {
  return { ...state, units: state.units.map((unit, at) => packUnit(unit, at, state.startedAt)) };
}

export function unpackRun(packed: PackedRun): RunState {
  const { ledger, ...rest } = packed;
  const units = packed.units.map((row, at) => unpackUnit(row, at, packed.startedAt));
  if (ledger === undefined) return { ...rest, units };
  const { limitUsd, spentUsd, reserved } = ledger;
  const none = openLedgers({ budgetUsd: null });
  return { ...rest, units, ledgers: { ...none, usd: { limit: limitUsd, spent: spentUsd, reserved } } };
}

function packUnit(unit: RunUnit, at: number, begun: number): PackedUnit {
  const row: unknown[] = [
    unitPhases.indexOf(unit.phase),
    unit.since - begun,
    unit.version,
    unit.startedAt === null ? null : unit.startedAt - begun,
    Math.round(unit.costUsd * 1e6) / 1e6,
    unit.seq,
    unit.reason,
    unit.commit,
    unit.recorded ? 1 : 0,
    unit.failedDependency,
    unit.requestedSlice,
    unit.retries,
    unit.costBeforeUsd,
    unit.skippedBy,
    unit.record,
    unit.toppedUpUsd,
    unit.pausedBy,
    unit.tokens,
    unit.turns,
    unit.resolution,
  ];
  const fresh = [0, 0, at + 1, null, 0, 0, null, null, 0, null, null, 0, 0, null, null, 0, null, 0, 0, null];
  while (row.length > 0 && row.at(-1) === fresh[row.length - 1]) row.pop();
  return row as unknown as PackedUnit;
}

function unpackUnit(row: PackedUnit, at: number, begun: number): RunUnit {
  const [phase = 0, since = 0, version = at + 1, startedAt = null, costUsd = 0, seq = 0, reason = null] = row;
  const [, , , , , , , commit = null, recorded = 0, failedDependency = null, requestedSlice = null] = row;
  const [, , , , , , , , , , , retries = 0, costBeforeUsd = 0, skippedBy = null, record = null] = row;
  const [, , , , , , , , , , , , , , , toppedUpUsd = 0, pausedBy = null, tokens = 0, turns = 0, resolution = null] =
    row;
  return {
    ...freshUnit,
    seq,
    reason,
    failedDependency,
    requestedSlice,
    costUsd,
    retries,
    costBeforeUsd,
    skippedBy,
    record,
    version,
    toppedUpUsd,
    pausedBy,
    tokens,
    turns,
    resolution,
    phase: unitPhases[phase] ?? 'waiting',
    since: begun + since,
    startedAt: startedAt === null ? null : begun + startedAt,
    commit: commit as Sha | null,
    recorded: recorded === 1,
  };
}
