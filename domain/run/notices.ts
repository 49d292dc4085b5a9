// What a run has to tell people, and what it has told them: the differences between its state and what a channel knows. A
// channel's knowledge is a few numbers, however many units there are, because units carry the number of their last change.
// Pure; workflows/run/run-thread.ts sends what this finds.

import type { Notice, NoticeBody, NoticeHead, NoticeUnit, RunFigures } from '../../contracts/notices.ts';
import type { Topic } from '../../contracts/topics.ts';
import type { RunGraph } from '../plan/graph.ts';
import type { RunInput } from './input.ts';
import type { RunState } from './state.ts';
import type { Told } from './told.ts';
import { askingWhy } from '../unit/ask.ts';
import { progressOf, statusOf } from './view.ts';
import { reasonOf } from './step.ts';

export interface News {
  /** To be told at once. */
  readonly urgent: readonly NoticeBody[];
  /** To be told in a digest; null = nothing has landed. */
  readonly landed: NoticeBody | null;
}

/** Units that a notice names. */
const mostUnits = 10;
/** Characters of a title, a reason or a problem in a notice. */
const longestText = 300;

/** Grows with everything that may be news; never shrinks. */
export function changesOf({ version, hold }: RunState): number {
  return version + hold.asked;
}

export function newsOf(graph: RunGraph, state: RunState, told: Told, tell: readonly Topic[]): News {
  const changed = state.units.flatMap(({ version }, at) => (version > Math.min(told.urgent, told.landed) ? [at] : []));
  const after = (known: number, phase: string, why?: string): number[] =>
    changed.filter((at) => {
      const unit = state.units[at];
      return unit?.phase === phase && unit.version > known && (why === undefined || unit.reason === why);
    });
  const failed = tell.includes('failures') ? after(told.urgent, 'failed') : [];
  const conflicts = tell.includes('conflicts') ? after(told.urgent, 'asking', askingWhy('conflict')) : [];
  const landed = after(told.landed, 'landed');
  const { ask, asked } = state.hold;
  const isRefused = ask?.kind === 'credential' && asked > told.asked && tell.includes('credential');
  const named = (positions: readonly number[]) => unitsAt(graph, state, positions);
  return {
    urgent: [
      ...(!told.begun && hasBegun(state) ? [{ kind: 'run-begun' } as const] : []),
      ...(failed.length === 0 ? [] : [{ kind: 'failed', ...named(failed) } as const]),
      ...(conflicts.length === 0 ? [] : [{ kind: 'conflict', ...named(conflicts) } as const]),
      ...(isRefused ? [{ kind: 'credential-refused', problem: shortLine(ask.problem) } as const] : []),
    ],
    landed:
      landed.length === 0
        ? null
        : tell.includes('landings')
          ? { kind: 'landed', ...named(landed) }
          : { kind: 'progress' },
  };
}

/** Of which changes so far a channel knows once it was told. */
export type Knows = 'nothing more' | 'what is urgent' | 'everything';

export function afterTelling(told: Told, state: RunState, notices: readonly Notice[], knows: Knows): Told {
  const has = (kind: NoticeBody['kind']): boolean => notices.some((notice) => notice.kind === kind);
  return {
    ...told,
    count: told.count + notices.length,
    urgent: knows === 'nothing more' ? told.urgent : state.version,
    landed: knows === 'everything' ? state.version : told.landed,
    asked: knows === 'nothing more' ? told.asked : state.hold.asked,
    begun: told.begun || has('run-begun'),
    full: has('host-full') ? state.version : told.full,
    pending: [...told.pending, ...notices],
  };
}

function hasBegun({ units }: RunState): boolean {
  return units.some(({ startedAt }) => startedAt !== null);
}

/** How the run ended, with the first of the units that failed. */
export function endNotice(graph: RunGraph, state: RunState, now: number): NoticeBody {
  const failed = [...state.units.keys()].filter((at) => state.units[at]?.phase === 'failed');
  const makespanSeconds = (now - state.startedAt) / 1000;
  return { kind: 'run-ended', makespanSeconds, ...unitsAt(graph, state, failed) };
}

/** `execution`: of this workflow, also after it has continued as new; a run that is reopened has another one. */
export function headOf(
  { context, goal }: Pick<RunInput, 'context' | 'goal'>,
  state: RunState,
  { execution, number, now }: { readonly execution: string; readonly number: number; readonly now: number },
): NoticeHead {
  const { run, repository, branch, requestedBy } = context;
  return {
    id: `${run}:${execution.slice(0, 8)}:${number}`,
    run,
    repository,
    branch,
    goal,
    requestedBy,
    startedAt: new Date(state.startedAt).toISOString(),
    at: new Date(now).toISOString(),
    figures: figuresOf(state),
  };
}

function figuresOf(state: RunState): RunFigures {
  return { status: statusOf(state), ...progressOf(state) };
}

function unitsAt(
  graph: RunGraph,
  state: RunState,
  positions: readonly number[],
): { readonly units: readonly NoticeUnit[]; readonly count: number } {
  const units = positions.slice(0, mostUnits).flatMap((at): NoticeUnit[] => {
    const node = graph.nodes[at];
    if (node === undefined) return [];
    const reason = state.units[at]?.phase === 'landed' ? null : reasonOf(graph, state, at);
    const why = reason === null ? {} : { reason: shortLine(reason) };
    return [{ id: node.id, title: node.title.slice(0, longestText), ...why }];
  });
  return { units, count: positions.length };
}

function shortLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, longestText);
}
