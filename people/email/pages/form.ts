// What a decision page sends: a form with one decision. Parsed here, judged by the approval.

import type { Decision } from '../../../contracts/approval.ts';

export type Entered = Pick<Decision, 'decision' | 'reason' | 'text' | 'usd'>;

/** `words`: what was written, so that nobody has to write it again. */
export type ReadForm = { readonly entered: Entered } | { readonly problem: string; readonly words: string } | null;

/** As an approval takes them. */
export const longestWords = 4000;

/** Null if it is no form of ours. */
export function readForm(body: string, contentType: string | undefined): ReadForm {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(contentType ?? '')) return null;
  const fields = new URLSearchParams(body);
  const decision = fields.get('decision');
  // Browsers send line breaks as two characters.
  const words = (name: string) => (fields.get(name) ?? '').replaceAll('\r\n', '\n').trim();
  switch (decision) {
    case 'approve':
      return readSum(words('usd'));
    case 'deny': {
      const reason = words('reason');
      return reason.length > longestWords
        ? tooLong(reason)
        : { entered: { decision, ...(reason === '' ? {} : { reason }) } };
    }
    case 'answer': {
      const text = words('text');
      if (text === '') return { problem: 'Write an answer first.', words: '' };
      return text.length > longestWords ? tooLong(text) : { entered: { decision, text } };
    }
    default:
      return null;
  }
}

function tooLong(words: string): ReadForm {
  return { problem: `At most ${longestWords} characters, please.`, words };
}

function readSum(text: string): ReadForm {
  if (text === '') return { entered: { decision: 'approve' } };
  const usd = /^\d{1,7}(?:\.\d{1,2})?$/.test(text) ? Number(text) : 0;
  return usd > 0
    ? { entered: { decision: 'approve', usd } }
    : { problem: 'The sum must be a number above 0, such as 12.50.', words: '' };
}
