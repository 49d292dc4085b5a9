// The live page of a run in the Temporal Web UI ("current details"), as Markdown, for operators. Text from plans, agents and
// repositories goes through `webUiText`, so that it cannot draw links or headings of its own.

import { code } from './code.ts';
import type { RunInput } from '../../domain/run/input.ts';
import type { RunGraph } from '../../domain/plan/graph.ts';
import type { RunState } from '../../domain/run/state.ts';
import type { RunStatus } from '../../contracts/documents/report.ts';

import { explainAsk } from '../../domain/run/hold.ts';
import { runApprovalWorkflowId } from '../../contracts/ids.ts';
import { webUiText } from '../../domain/text/inert.ts';
import { summarizeRun } from '../../domain/run/view.ts';

export interface ShownRun {
  readonly input: RunInput;
  readonly graph: RunGraph;
  readonly state: RunState;
}

/** The page is read at a glance: for long runs it shows current activity, not every unit. */
const rows = 50;

export function runDetails({ input, graph, state }: ShownRun, status: RunStatus): string {
  const { counts, shown } = summarizeRun(graph, state, input.settings, rows);
  const { goal, context } = input;
  const { ledgers, hold } = state;
  const { usd, tokens, turns } = ledgers;
  const more = graph.nodes.length - (counts.landed ?? 0) - (counts.waiting ?? 0) - shown.length;
  return [
    `**${status}**: ${counts.landed ?? 0} of ${graph.nodes.length} units landed on ${code(context.branch)}`,
    ...(goal === '' ? [] : ['', `> ${webUiText(goal)}`]),
    '',
    // The Web UI reads text between two dollar signs as a formula.
    [
      `spent ${usd.spent.toFixed(2)}${usd.limit === null ? '' : ` of ${usd.limit}`} USD`,
      ...(tokens.limit === null ? [] : [`${tokens.spent} of ${tokens.limit} tokens`]),
      ...(turns.limit === null ? [] : [`${turns.spent} of ${turns.limit} turns`]),
    ].join(', '),
    ...(hold.pausedBy === null ? [] : ['', `paused by ${webUiText(hold.pausedBy)}: \`coppice resume ${context.run}\``]),
    ...(hold.ask === null
      ? []
      : [
          '',
          `people are asked: ${webUiText(explainAsk(hold.ask))} (\`${runApprovalWorkflowId(context.run, hold.asked)}\`)`,
        ]),
    '',
    ...(shown.length === 0 ? [] : ['| unit | phase | since | |', '| --- | --- | --- | --- |']),
    ...shown.map(({ id, phase, since, reason }) => `| ${id} | ${phase} | ${since} | ${webUiText(reason ?? '')} |`),
    ...(more > 0 ? [`… and ${more} more`] : []),
  ].join('\n');
}
