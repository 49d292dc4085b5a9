// The live page of a unit in the Temporal Web UI ("current details"), as Markdown, for operators. Text from plans, agents and
// repositories goes through `webUiText`, so that it cannot draw links or headings of its own.

import type { UnitLife } from '../../domain/unit/state.ts';

import { webUiText } from '../../domain/text/inert.ts';

export function unitDetails(title: string, life: UnitLife): string {
  const { state, totals } = life;
  return [
    `**${state.status}**: ${webUiText(title)}`,
    explainState(life),
    `slices ${life.slices}, turns ${totals.turns}, ${totals.costUsd.toFixed(2)} USD`,
    ...(totals.hosts.length === 0 ? [] : [`hosts: ${totals.hosts.map(webUiText).join(', ')}`]),
  ].join('\n\n');
}

function explainState({ state }: UnitLife): string {
  switch (state.status) {
    case 'ready':
      if (state.handedBack === true) return 'its slice was interrupted; continues on the next free host';
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
