// One line for each event, for logs and pipes: the time first, then who, then what.

import type { RunEndedEvent, RunEvent, UnitLandedEvent } from '../../watch/events.ts';
import { count, dollars, shortSha, timeOf } from './amounts.ts';
import { decideCommand } from './approvals.ts';
import { linesOfReason } from './report-facts.ts';
import { plannerId } from '../../../contracts/ids.ts';
import { inertLine } from './columns.ts';

export function eventLine(event: RunEvent): string {
  return inertLine(`${timeOf(event.at)} ${wordsFor(event)}`);
}

function wordsFor(event: RunEvent): string {
  switch (event.type) {
    case 'unit-started':
      return `${event.unit} started: ${event.title}`;
    case 'unit-phase':
      return `${event.unit} is ${event.phase}${event.host === null ? '' : ` on ${event.host}`}`;
    case 'unit-landed':
      return `${event.unit} ${landedText(event)} (${dollars(event.costUsd)})`;
    case 'unit-failed':
      return `${event.unit} ${event.status}${event.reason === null ? '' : `: ${linesOfReason(event.reason)[0]}`}`;
    case 'approval-opened':
      return `${event.unit ?? 'the run'} asks: ${event.summary}; answer with: ${decideCommand(event, Infinity)}`;
    case 'approval-decided':
      return `${event.unit ?? 'the run'}: approval ${event.decision ?? 'closed'}`;
    case 'run-ended':
      return `run ${event.run} ${event.status}: ${endText(event)}, ${dollars(event.costUsd)}`;
  }
}

/** The planner of a run lands nothing. */
function landedText({ unit, commit }: UnitLandedEvent): string {
  if (commit === null) return unit === plannerId ? 'is done' : 'landed';
  return `landed as ${shortSha(commit)}`;
}

function endText({ landed, total }: RunEndedEvent): string {
  return total === 0 ? 'the plan was made' : `${landed} of ${count(total, 'unit')} landed`;
}
