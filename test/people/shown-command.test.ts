// What people read of a command, wherever they are asked about it, is what would run: all of it, and nothing that does not show.

import { describe, expect, it } from 'vitest';
import type { ApprovalView } from '../../contracts/approval.ts';
import type { CardBlock } from '../../people/slack/blocks.ts';
import { commandLines } from '../../domain/text/command-lines.ts';
import { decisionPage } from '../../people/email/pages/decision-page.ts';
import { describeSubject, cardExtent } from '../../people/describe-approval.ts';
import { detailsModal } from '../../people/slack/details.ts';
import { drawCard } from '../../people/slack/card.ts';
import { drawParts } from '../../people/email/draw/html.ts';
import { drawText } from '../../people/email/draw/text.ts';
import { openView } from '../domain/fixtures.ts';
import { wholeApprovalText } from '../../client/cli/present/approvals.ts';

function asking(text: string): ApprovalView {
  const { subject, kind: _, ...common } = openView();
  const { repository, branch, title, requestedBy } = subject;
  const request = {
    tool: 'bash',
    text,
    directory: '/work',
    matched: [text.slice(0, 60)],
    words: '',
    key: '',
    hash: '',
  };
  return { ...common, kind: 'tool', subject: { repository, branch, title, requestedBy, ...request } };
}

const textsOf = (blocks: readonly CardBlock[]): string =>
  blocks.map(({ text }) => (text as { text: string } | undefined)?.text ?? '').join('\n');
const windowOf = (view: ApprovalView): string => textsOf(detailsModal(view)['blocks'] as readonly CardBlock[]);
const pageOf = (view: ApprovalView): string =>
  decisionPage({ view, address: 'kim@example.com', vote: undefined }).body.source;
const terminal = (view: ApprovalView): string => wholeApprovalText(view, {}, { user: 'dana' });

/** About as long as a command may be. */
const ends = Array.from({ length: 8 }, (_, i) => `rm -rf end-${i}`);
const long = ends.map((end) => `echo ${'a'.repeat(1_200)}; ${end}`).join('\n');
const short: readonly (readonly [string, (view: ApprovalView) => string])[] = [
  ['the card', (view) => textsOf(drawCard(view).blocks)],
  ['the mail as HTML', (view) => drawParts(describeSubject(view, cardExtent)).source],
  ['the mail as text', (view) => drawText(describeSubject(view, cardExtent))],
];
const whole: typeof short = [
  ['the window', windowOf],
  ['the page', pageOf],
  ['the command line', terminal],
];

describe.each([...short, ...whole])('%s', (_, draw) => {
  it('writes out what does not show', () => {
    const text = 'ls \u001b[2K\u202e\u200b-l\u00a0\r # \u{e0041}\u2028rm\nnext\tline';
    const drawn = draw(asking(text));
    expect(drawn).toContain('ls \\u001b[2K\\u202e\\u200b-l\\u00a0\\u000d # \\u{e0041}\\u2028rm\n');
    expect(drawn).toContain('next\tline');
  });
});

describe.each(whole)('%s', (_, draw) => {
  it('shows the end of each long line', () => {
    const drawn = draw(asking(long));
    expect(ends.filter((end) => !drawn.includes(end))).toEqual([]);
  });

  it('shows every line', () => {
    const lines = Array.from({ length: 1_200 }, (__, i) => `run-${i}`);
    const drawn = draw(asking(lines.join('\n')));
    expect(lines.filter((line) => !new RegExp(`${line}(?!\\d)`).test(drawn))).toEqual([]);
  });
});

it('no line of a command passes for the rest of the one before, and the pieces of a line are that line', () => {
  expect(commandLines('# a\n↪ rm')).toEqual(['# a', '\\u21aa rm']);
  const line = `  ${'😀'.repeat(400)}\u001b`;
  const pieces = commandLines(line);
  expect(pieces.every((piece) => piece.isWellFormed() && piece.length <= 500)).toBe(true);
  expect(pieces.map((piece, at) => (at === 0 ? piece : piece.replace(/^↪ /, ''))).join('')).toBe(
    line.replace('\u001b', '\\u001b'),
  );
});
