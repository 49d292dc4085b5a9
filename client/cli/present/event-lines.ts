// One line for each event, for logs and pipes: the time first, then who, then what.

import type { RunEvent } from '../../watch/events.ts';
import { count, dollars, shortSha, timeOf } from './amounts.ts';
import { decideCommand } from './approvals.ts';
import { linesOfReason } from './report-facts.ts';
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
      return `${event.unit} landed${event.commit === null ? '' : ` as ${shortSha(event.commit)}`} (${dollars(event.costUsd)})`;
    case 'unit-failed':
      return `${event.unit} ${event.status}${event.reason === null ? '' : `: ${linesOfReason(event.reason)[0]}`}`;
    case 'approval-opened':
      return `${event.unit ?? 'the run'} asks: ${event.summary}; answer with: ${decideCommand(event, Infinity)}`;
    case 'approval-decided':
      return `${event.unit ?? 'the run'}: approval ${event.decision ?? 'closed'}`;
    case 'run-ended':
      return `run ${event.run} ${event.status}: ${event.landed} of ${count(event.total, 'unit')} landed, ${dollars(event.costUsd)}`;
  }
}
