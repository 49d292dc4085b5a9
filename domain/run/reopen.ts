// Makes the state of an ended run from its report, so that it can be reopened. Everything else that the report says of
// units stays in git (`reopened`); the state holds only how each ended.

import { tokensOf } from '../money/usage.ts';
import { beginRun } from './begin.ts';
import type { Report } from '../../contracts/documents/report.ts';
import type { RunGraph } from '../plan/graph.ts';
import type { RunState, RunUnit } from './state.ts';
import { asSha } from '../../contracts/ids.ts';
import { freshUnit } from './state.ts';
import { askAbout, noHold } from './hold.ts';
import { raiseLimit } from '../money/budget.ts';

type ReportedUnit = Report['units'][number];

export function stateFromReport(graph: RunGraph, settings: Parameters<typeof beginRun>[1], report: Report): RunState {
  const begun = beginRun(graph, settings, Date.parse(report.startedAt));
  const reported = new Map<string, ReportedUnit>(report.units.map((unit) => [unit.id, unit]));
  // Higher than every version that a watcher of the earlier run has seen.
  const earlier = Date.parse(report.endedAt);
  const units = begun.units.map((unit, at): RunUnit => {
    const version = earlier + unit.version;
    const row = reported.get(graph.nodes[at]?.id ?? '');
    return row === undefined ? { ...unit, version } : endedUnit(graph, report, row, version);
  });
  const ofRun = report.decisions.filter(({ unit }) => unit === null);
  const proposedBefore = (report.planChanges ?? []).reduce((sum, { proposed = 0 }) => sum + proposed, 0);
  const addedUsd = ofRun.reduce((sum, { usd = 0 }) => sum + usd, 0);
  const { usd, tokens, turns } = begun.ledgers;
  const ledgers = {
    usd: raiseLimit({ ...usd, spent: report.costUsd }, addedUsd),
    tokens: { ...tokens, spent: report.units.reduce((sum, { usage }) => sum + tokensOf(usage), 0) },
    turns: { ...turns, spent: report.units.reduce((sum, unit) => sum + unit.turns, 0) },
  };
  // One more than were decided, in case an approval ended undecided.
  const asked = ofRun.length + 1;
  const { ask } = begun.hold;
  const hold = { ...noHold, asked };
  return {
    ...begun,
    units,
    ledgers,
    hold: ask === null ? hold : askAbout(hold, ask),
    version: earlier + begun.version,
    reopened: true,
    ...(proposedBefore === 0 ? {} : { proposedBefore }),
  };
}

function endedUnit(graph: RunGraph, report: Report, unit: ReportedUnit, version: number): RunUnit {
  const { status: phase, reason, commit, costUsd, retries = 0 } = unit;
  const { failedDependency: dependency } = unit;
  const failedDependency = dependency === undefined ? null : (graph.positions.get(dependency) ?? null);
  return {
    ...freshUnit,
    phase,
    costUsd,
    retries,
    failedDependency,
    version,
    recorded: true,
    since: Date.parse(unit.endedAt ?? report.endedAt),
    reason: failedDependency === null ? reason : null,
    commit: commit === null ? null : asSha(commit),
    startedAt: unit.startedAt ? Date.parse(unit.startedAt) : null,
    skippedBy: unit.skippedBy ?? null,
  };
}
