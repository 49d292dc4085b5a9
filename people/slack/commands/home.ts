// The Home tab: what waits for one person, and their runs. Drawn when they open it, and after they have decided there.

import { actions, buttonValueOf } from '../card.ts';
import { type CardBlock, button, context, section } from '../blocks.ts';
import { explainRisk, riskOf } from '../../../domain/approval/risk.ts';
import { isRequesterOf, maySteer } from './access.ts';
import { type Surroundings, helpText, runLine } from './perform-command.ts';
import { headlineOf } from '../headline.ts';

/** Slack allows 100 blocks. */
const mostApprovals = 15;
const mostRuns = 15;

export interface HomeView {
  readonly type: 'home';
  readonly blocks: readonly CardBlock[];
}

export function drawHome({ asker, runs, waiting }: Surroundings): HomeView {
  const own = runs.filter((run) => isRequesterOf(run, asker));
  const others = runs.filter((run) => run.open && !own.includes(run) && maySteer(run, asker));
  return {
    type: 'home',
    blocks: [
      header('Waits for you'),
      ...listOf(waiting, mostApprovals, drawWaiting, 'Nothing waits for you.'),
      { type: 'divider' },
      header('Your runs'),
      ...listOf(
        own,
        mostRuns,
        (run) => [section(runLine(run))],
        'None is known to be yours: `people` in coppice.yaml says who you are (person: true, with your Slack id and your name on the command line).',
      ),
      ...(others.length === 0
        ? []
        : [header('Open runs that you may steer'), ...listOf(others, mostRuns, (run) => [section(runLine(run))], '')]),
      { type: 'divider' },
      context(helpText),
    ],
  };
}

function drawWaiting(view: Surroundings['waiting'][number]): CardBlock[] {
  const value = buttonValueOf(view);
  const risk = riskOf(view);
  const hasYes = view.kind !== 'question';
  const elements = [
    ...(hasYes ? [button({ action: actions.approve, label: 'Approve', style: 'primary', value })] : []),
    ...(hasYes ? [] : [button({ action: actions.answer, label: 'Answer', style: null, value })]),
    button({ action: actions.deny, label: hasYes ? 'Deny' : 'No answer', style: 'danger', value }),
    button({ action: actions.details, label: 'Details', style: null, value }),
  ];
  const about = risk === null ? view.id : `Risk: ${explainRisk(risk)}\n${view.id}`;
  return [section(`${headlineOf(view)}\n${about}`), { type: 'actions', elements }];
}

function listOf<Each>(
  items: readonly Each[],
  most: number,
  draw: (item: Each) => CardBlock[],
  none: string,
): CardBlock[] {
  if (items.length === 0) return [section(none)];
  const more = items.length - most;
  return [...items.slice(0, most).flatMap(draw), ...(more > 0 ? [section(`and ${more} more`)] : [])];
}

function header(text: string): CardBlock {
  return { type: 'header', text: { type: 'plain_text', text, emoji: false } };
}
