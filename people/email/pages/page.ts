// How pages are sent: never kept by anybody, never in a frame, without scripts, and without telling others where they
// were linked from. So a link stays with whoever has it.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Html, drawDocument, markup, stack } from '../draw/html.ts';
import { style } from '../draw/style.ts';
import { answerWith, discardRest } from '../../http.ts';

export interface Page {
  readonly status: number;
  readonly title: string;
  readonly body: Html;
}

const styleHash = createHash('sha256').update(style).digest('base64');

const headers: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex, nofollow',
  // `coppice doctor` looks for it.
  server: 'coppice',
};

export function sendPage(request: IncomingMessage, response: ServerResponse, { status, title, body }: Page): void {
  answerWith(response, { status, text: drawDocument(title, body), headers });
  discardRest(request);
}

/** A page that says one thing. */
function messagePage(status: number, title: string, ...lines: readonly string[]): Page {
  const body = stack(markup`<h1>${title}</h1>`, ...lines.map((line) => markup`<p>${line}</p>`));
  return { status, title, body };
}

/** The same for every token that is not good, so that nobody learns what is wrong with it. */
export const badLinkPage = messagePage(
  403,
  'This link is not valid',
  'It may be cut off, or its time is over. Open the link in the newest mail about the approval, or decide on the command line: coppice approvals',
);

export const awayPage = messagePage(
  503,
  'This cannot be shown now',
  'The workflow server or its workers do not answer. Nothing is lost, and nothing has been decided here: try again in a minute.',
  'On the command line: coppice approvals',
);

export const gonePage = messagePage(
  404,
  'This approval is gone',
  'It has ended, and its record was removed after the time that your server keeps records.',
);

export const foreignPage = messagePage(
  403,
  'Nothing was decided',
  'This was sent by another website. Open the link in the mail again, and decide there.',
);

export const tooLargePage = messagePage(413, 'Nothing was decided', 'What was sent is too large.');

export const unreadablePage = messagePage(
  400,
  'Nothing was decided',
  'What was sent is no form of this page. Open the link in the mail again.',
);

export const lostPage = messagePage(
  503,
  'Your decision could not be recorded',
  'The workflow server does not answer, so it is not certain that anything arrived. Go back, and send it again in a minute: it counts once.',
);

export const recordedPage = messagePage(
  202,
  'Your decision is recorded',
  'It is stored, and counts as soon as a worker has judged it; none has answered yet. Load this page again to see what became of it.',
);
