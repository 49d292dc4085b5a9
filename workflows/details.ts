// The live status pages in the Temporal Web UI ("current details"), as Markdown. For operators, who see nothing else.
// Text from plans and repositories goes through `plain`, so that it cannot draw links or headings of its own.

import type { QueueState } from '../domain/merge-queue.ts';
import type { RunView } from '../domain/views.ts';
import type { UnitLife } from '../domain/unit.ts';

/** The page is read at a glance: long runs show what is going on, not every unit. */
const rows = 50;

export function runDetails(view: RunView): string {
  const landed = view.units.filter(({ phase }) => phase === 'landed').length;
  const open = view.units.filter(({ phase }) => phase !== 'landed' && phase !== 'waiting');
  return [
    `**${view.status}**: ${landed} of ${view.units.length} units landed on \`${plain(view.branch)}\``,
    view.goal === '' ? '' : `> ${plain(view.goal)}`,
    `spent $${view.budget.spentUsd.toFixed(2)}${view.budget.limitUsd === null ? '' : ` of $${view.budget.limitUsd}`}`,
    '',
    ...(open.length === 0 ? [] : ['| unit | phase | since | |', '| --- | --- | --- | --- |']),
    ...open
      .slice(0, rows)
      .map(({ id, phase, since, reason }) => `| ${id} | ${phase} | ${since} | ${plain(reason ?? '')} |`),
    ...(open.length > rows ? [`… and ${open.length - rows} more`] : []),
  ].join('\n');
}

export function unitDetails(title: string, life: UnitLife): string {
  const { state, totals } = life;
  return [
    `**${state.status}**: ${plain(title)}`,
    explainState(life),
    `slices ${life.slices}, turns ${totals.turns}, $${totals.costUsd.toFixed(2)}`,
    ...(totals.hosts.length === 0 ? [] : [`hosts: ${totals.hosts.map(plain).join(', ')}`]),
  ].join('\n\n');
}

export function queueDetails(where: { repository: string; branch: string }, state: QueueState): string {
  return [
    `Merge queue of \`${plain(where.branch)}\` in \`${plain(where.repository)}\`: ${state.landed} landed`,
    '',
    ...(state.entries.length === 0 ? ['empty'] : ['| run | unit | state | since |', '| --- | --- | --- | --- |']),
    ...state.entries
      .slice(0, rows)
      .map(({ subject, stage, since }) => `| ${subject.context.run} | ${subject.unit} | ${stage.name} | ${since} |`),
    ...(state.entries.length > rows ? [`… and ${state.entries.length - rows} more`] : []),
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
    case 'asking':
      return `waits for a person: ${plain(state.policy.rule)}`;
    case 'queued':
      return `result \`${state.work.result.slice(0, 12)}\` is in the merge queue`;
    case 'landed':
      return `landed as \`${state.commit.slice(0, 12)}\``;
    case 'failed':
    case 'cancelled':
      return plain(state.reason);
  }
}

/** One line of text that Markdown leaves alone. */
function plain(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').slice(0, 300);
  return line.replaceAll(/[\\`*_{}[\]<>#|!]/g, (character) => `\\${character}`);
}
