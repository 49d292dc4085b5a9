// Draws a run's state as the documents that people and programs read. Pure.

import type { ReportData } from './report.ts';
import type { ReportUnit } from './report.ts';
import type { RunInput, RunState } from './run.ts';
import type { RunView } from './views.ts';
import { runEnd } from './run.ts';
import { spentUsd } from './budget.ts';

/** What the run workflow answers to its `view` query. */
export function viewRun(input: RunInput, state: RunState): RunView {
  const { context, goal, model, settings } = input;
  return {
    run: context.run,
    status: runEnd(state) ?? 'running',
    repository: context.repository,
    branch: context.branch,
    stateRemote: context.stateRemote,
    queue: context.queue,
    goal,
    model,
    startedBy: context.requestedBy,
    startedAt: state.startedAt,
    units: input.nodes.flatMap((node) => {
      const unit = state.units[node.id];
      if (unit === undefined) return [];
      const { phase, reason, since, record, commit } = unit;
      const costUsd = state.ledger.spent[node.id] ?? 0;
      const estimated = record?.totals.estimated ?? false;
      return [
        {
          id: node.id,
          title: node.title,
          phase,
          reason,
          commit,
          needs: node.needs,
          since,
          costUsd,
          estimated,
        },
      ];
    }),
    budget: { spentUsd: spentUsd(state.ledger), limitUsd: settings.budgetUsd },
  };
}

/** What the run knows for the report; the activity that writes it adds what git knows. */
export function collectReport(
  units: readonly ReportUnit[],
  state: RunState,
  end: Pick<ReportData, 'status' | 'endedAt'>,
): ReportData {
  const records = units.map(({ id }) => ({ id, record: state.units[id]?.record ?? null }));
  const total = (count: (conflicts: { met: number; resolvedByAgent: number }) => number): number =>
    records.reduce((sum, { record }) => sum + (record === null ? 0 : count(record.conflicts)), 0);
  return {
    ...end,
    startedAt: state.startedAt,
    units,
    conflicts: {
      predicted: 0,
      met: total(({ met }) => met),
      resolvedByAgent: total(({ resolvedByAgent }) => resolvedByAgent),
      resolvedByPerson: 0,
    },
    decisions: records.flatMap(({ id, record }) =>
      (record?.decisions ?? []).map((decision) => ({ ...decision, unit: id })),
    ),
  };
}
