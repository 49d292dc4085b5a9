// The live page of a unit in the Temporal Web UI ("current details"), as Markdown, for operators. Text from plans, agents and
// repositories goes through `webUiText`, so that it cannot draw links or headings of its own.

import type { UnitLife } from '../../domain/unit/state.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import { type UnitId, approvalWorkflowId, runWorkflowId } from '../../contracts/ids.ts';
import { code } from './code.ts';
import { timeText, workflowLink } from './links.ts';
import { unitSigns } from '../../domain/text/signs.ts';

import { webUiText } from '../../domain/text/inert.ts';

export interface ShownUnit {
  readonly context: Pick<RunContext, 'run' | 'queue'>;
  readonly unit: UnitId;
  readonly title: string;
}

export function unitDetails({ context, unit, title }: ShownUnit, life: UnitLife): string {
  const { state, totals } = life;
  return [
    `**${unitSigns[state.status === 'planned' ? 'landed' : state.status]} ${state.status}**: ${webUiText(title)}`,
    explainState(life),
    `unit ${code(unit)} of ${workflowLink(`run ${context.run}`, runWorkflowId(context.run))}${placeOf(state, { context, unit, life })}`,
    `slices ${life.slices}, turns ${totals.turns}, ${totals.costUsd.toFixed(2)} USD`,
    ...(totals.hosts.length === 0 ? [] : [`hosts: ${totals.hosts.map(webUiText).join(', ')}`]),
  ].join('\n\n');
}

function explainState({ state }: UnitLife): string {
  switch (state.status) {
    case 'ready':
      if (state.resolution !== undefined) return 'a person’s own result is judged';
      if (state.handedBack === true) return 'its slice was interrupted; continues on the next free host';
      return state.feedback === null
        ? 'waits for an allowance'
        : `sent back by the merge queue (${state.feedback.kind}); waits for an allowance`;
    case 'working':
      return 'an agent works on it, or it waits for a free slot on a host (see the pending activity)';
    case 'parked':
      return `continues at ${timeText(state.until)}: ${webUiText(state.why)}`;
    case 'asking':
      return `waits for a person (${state.ask.kind}): ${webUiText(state.policy.rule)}`;
    case 'queued':
      return `result \`${state.work.result.slice(0, 12)}\` is in the merge queue`;
    case 'planned':
      return `people or policy have agreed to the plan \`${state.plan.slice(0, 12)}\``;
    case 'landed':
      return `landed as \`${state.commit.slice(0, 12)}\``;
    case 'failed':
    case 'cancelled':
      return webUiText(state.reason);
  }
}

/** Where to look for what it waits for. */
function placeOf(
  { status }: UnitLife['state'],
  { context, unit, life }: Pick<ShownUnit, 'context' | 'unit'> & { readonly life: UnitLife },
): string {
  if (status === 'queued') return `, in the ${workflowLink('merge queue', context.queue)}`;
  return status === 'asking'
    ? `, asks: ${workflowLink('approval', approvalWorkflowId(context.run, unit, life.approvals))}`
    : '';
}
