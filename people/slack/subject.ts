// What an approval is about, as blocks: on its card, and in the window with details.

import type { ApprovalView } from '../../contracts/approval.ts';
import { type CardBlock, fields, inert, quote, section } from './blocks.ts';
import { type Part, cardExtent, describeApproval } from '../describe-approval.ts';
import { slackLine, slackSigns } from '../../domain/text/inert.ts';

/** What is asked, without who and when. */
export function describe(view: ApprovalView): CardBlock[] {
  return describeApproval(view, cardExtent).map(drawPart);
}

export function drawPart(part: Part): CardBlock {
  switch (part.kind) {
    case 'facts':
      return fields(part.rows);
    case 'quoted':
      return quote(part.name, part.lines.map(part.form === 'command' ? slackSigns : inert).join('\n'));
    case 'said':
      return section(slackLines(part.text));
  }
}

/** Our own words, whose lines may be longer. */
function slackLines(text: string): string {
  return text
    .split('\n')
    .map((line) => slackLine(line))
    .join('\n');
}
