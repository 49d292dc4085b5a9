// The live status pages in the Temporal Web UI ("current details"), as Markdown. For operators, who see nothing else.
// Text from plans, agents and repositories goes through `webUiText`, so that it cannot draw links or headings of its own.

import type { RunInput } from '../domain/run/input.ts';
import type { ApprovalView } from '../contracts/approval.ts';
import type { QueueState } from '../domain/queue/step.ts';
import type { RunGraph } from '../domain/plan/graph.ts';
import type { RunState } from '../domain/run/state.ts';
import type { RunStatus } from '../contracts/documents/report.ts';
import type { UnitLife } from '../domain/unit/life.ts';

import { describeEnd } from '../domain/approval/decide.ts';
import { explainAsk } from '../domain/run/hold.ts';
import { explainProgress, namesOf, requirementsOf } from '../domain/approval/consent.ts';
import { runApprovalWorkflowId } from '../contracts/ids.ts';
import { longestInWebUi, markdownCode, webUiText } from '../domain/text/inert.ts';
import { summarizeRun } from '../domain/run/view.ts';

interface RunParts {
  readonly input: RunInput;
  readonly graph: RunGraph;
  readonly state: RunState;
}

/** The page is read at a glance: long runs show what is going on, not every unit. */
const rows = 50;

export function runDetails({ input, graph, state }: RunParts, status: RunStatus): string {
  const { counts, shown } = summarizeRun(graph, state, input.settings, rows);
  const { goal, context } = input;
  const { ledgers, hold } = state;
  const { usd, tokens, turns } = ledgers;
  const more = graph.nodes.length - (counts.landed ?? 0) - (counts.waiting ?? 0) - shown.length;
  return [
    `**${status}**: ${counts.landed ?? 0} of ${graph.nodes.length} units landed on ${code(context.branch)}`,
    ...(goal === '' ? [] : ['', `> ${webUiText(goal)}`]),
    '',
    // The Web UI takes what stands between two dollar signs for a formula.
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

export function unitDetails(title: string, life: UnitLife): string {
  const { state, totals } = life;
  return [
    `**${state.status}**: ${webUiText(title)}`,
    explainState(life),
    `slices ${life.slices}, turns ${totals.turns}, ${totals.costUsd.toFixed(2)} USD`,
    ...(totals.hosts.length === 0 ? [] : [`hosts: ${totals.hosts.map(webUiText).join(', ')}`]),
  ].join('\n\n');
}

export function queueDetails(where: { repository: string; branch: string }, state: QueueState): string {
  return [
    `Merge queue of ${code(where.branch)} in ${code(where.repository)}: ${state.landed} landed`,
    '',
    ...(state.entries.length === 0 ? ['empty'] : ['| run | unit | state | since |', '| --- | --- | --- | --- |']),
    ...state.entries
      .slice(0, rows)
      .map(({ subject, stage, since }) => `| ${subject.context.run} | ${subject.unit} | ${stage.name} | ${since} |`),
    ...(state.entries.length > rows ? [`… and ${state.entries.length - rows} more`] : []),
  ].join('\n');
}

export function approvalDetails(view: ApprovalView): string {
  const { subject, policy } = view;
  return [
    `**${view.status === 'open' ? webUiText(explainProgress(view) ?? 'Waits for a decision') : webUiText(describeEnd(view))}**`,
    '',
    webUiText(view.summary),
    '',
    `- target: ${code(subject.branch)} of ${code(subject.repository)}`,
    ...requirementsOf(policy).map((each) => `- rule: ${webUiText(each.rule)}; may decide: ${webUiText(namesOf(each))}`),
    `- expires ${view.expiresAt}`,
    view.kind === 'question'
      ? `- \`coppice answer ${view.id} TEXT\``
      : `- \`coppice approve ${view.id}\` or \`coppice deny ${view.id} --reason …\``,
  ].join('\n');
}

function explainState({ state }: UnitLife): string {
  switch (state.status) {
    case 'ready':
      return state.feedback === null
        ? 'waits for an allowance'
        : `sent back by the merge queue (${state.feedback.kind}); waits for an allowance`;
    case 'working':
      return 'an agent works on it, or it waits for a free slot on a host (see the pending activity)';
    case 'parked':
      return `continues at ${new Date(state.until).toISOString()}: ${webUiText(state.why)}`;
    case 'asking':
      return `waits for a person (${state.ask.kind}): ${webUiText(state.policy.rule)}`;
    case 'queued':
      return `result \`${state.work.result.slice(0, 12)}\` is in the merge queue`;
    case 'landed':
      return `landed as \`${state.commit.slice(0, 12)}\``;
    case 'failed':
    case 'cancelled':
      return webUiText(state.reason);
  }
}

function code(text: string): string {
  return markdownCode(text.slice(0, longestInWebUi));
}
