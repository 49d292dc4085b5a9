// The live page of a run in the Temporal Web UI ("current details"), as Markdown, for operators. Text from plans, agents and
// repositories goes through `webUiText`, so that it cannot draw links or headings of its own.

import { code } from './code.ts';
import { runFacts } from '../../domain/run/facts.ts';
import type { RunInput } from '../../domain/run/input.ts';
import type { RunGraph } from '../../domain/plan/graph.ts';
import type { RunState } from '../../domain/run/state.ts';
import type { RunViewUnit } from '../../contracts/messages/run.ts';
import type { RunStatus } from '../../contracts/documents/report.ts';

import { explainAsk } from '../../domain/run/hold.ts';
import { type RunId, runApprovalWorkflowId, unitWorkflowId } from '../../contracts/ids.ts';
import { runSigns, unitSigns } from '../../domain/text/signs.ts';
import { webUiText } from '../../domain/text/inert.ts';
import { timeText, viewLinks, workflowLink } from './links.ts';
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
  const { context, goal, model, settings } = input;
  const { ledgers, hold, planning } = state;
  const { usd, tokens, turns } = ledgers;
  // People may have added to what the run began with.
  const limits = { ...settings, budgetUsd: usd.limit, maxTokens: tokens.limit, maxTurns: turns.limit };
  const units = planning === undefined && input.planOnly !== true ? graph.nodes.length : null;
  const what = units === null ? 'a plan for' : `${counts.landed ?? 0} of ${units} units landed on`;
  const more = graph.nodes.length - (counts.landed ?? 0) - (counts.waiting ?? 0) - shown.length;
  return [
    `**${runSigns[status]} ${status}**: ${what} ${code(context.branch)}`,
    ...(goal === '' ? [] : ['', webUiText(goal)]),
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
          `people are asked: ${webUiText(explainAsk(hold.ask))} (${workflowLink('approval', runApprovalWorkflowId(context.run, hold.asked))})`,
        ]),
    '',
    ...shown.map((unit) => unitLine(unit, context.run)),
    ...(more > 0 ? [`- … and ${more} more`] : []),
    ...(counts.waiting === undefined ? [] : [`- ${unitSigns.waiting} ${counts.waiting} waiting`]),
    '',
    ...runFacts({ context, model, units, limits }),
    '',
    viewLinks(context.run),
  ].join('\n');
}

/** A list, because the Web UI puts no space between the columns of a table. */
function unitLine({ id, phase, since, title, reason }: RunViewUnit, run: RunId): string {
  const name = phase === 'skipped' ? `**${id}**` : workflowLink(`**${id}**`, unitWorkflowId(run, id));
  return `- ${unitSigns[phase]} ${name} ${phase} since ${timeText(since)}: ${webUiText(reason ?? title)}`;
}
