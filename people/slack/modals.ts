// The windows of a card in which people enter text, as data: one for the reason of a denial, and one for an answer. What they
// enter comes back with `private_metadata`.

import { type ButtonValue, parseButtonValue } from './card.ts';
import { inert, plain, section } from './blocks.ts';

/** Windows whose text comes back: their callback ids. */
export const callbacks = { deny: 'coppice_deny_reason', answer: 'coppice_answer_text' } as const;
export const input = { block: 'words', action: 'text' } as const;

/** A window in Slack. */
export interface Modal {
  readonly type: 'modal';
  readonly [field: string]: unknown;
}

/** What an entered text is about. */
export interface ModalContext extends ButtonValue {
  /** For a private answer; null = unknown. */
  readonly channel: string | null;
}

/** Slack allows 3,000; an approval takes 4,000 characters. */
const longestWords = 3_000;

export function denyModal(context: ModalContext): Modal {
  return wordsModal(context, {
    callback: callbacks.deny,
    title: 'Say no',
    label: 'Why? The report and the agent’s unit quote it.',
    submit: 'Deny',
    optional: true,
  });
}

export function answerModal(context: ModalContext): Modal {
  return wordsModal(context, {
    callback: callbacks.answer,
    title: 'Answer',
    label: 'What should the agent know, or do differently?',
    submit: 'Send',
    optional: false,
  });
}

interface Words {
  readonly callback: string;
  readonly title: string;
  readonly label: string;
  readonly submit: string;
  readonly optional: boolean;
}

function wordsModal(context: ModalContext, { callback, title, label, submit, optional }: Words): Modal {
  return {
    type: 'modal',
    callback_id: callback,
    private_metadata: JSON.stringify(context),
    title: plain(title),
    submit: plain(submit),
    close: plain('Back'),
    blocks: [
      section([...(context.about === undefined ? [] : [inert(context.about)]), inert(context.id)].join('\n')),
      {
        type: 'input',
        block_id: input.block,
        optional,
        label: plain(label),
        element: {
          type: 'plain_text_input',
          action_id: input.action,
          multiline: true,
          min_length: optional ? 0 : 1,
          max_length: longestWords,
        },
      },
    ],
  };
}

/** Null if it is not ours. */
export function parseContext(text: string): ModalContext | null {
  const value = parseButtonValue(text);
  if (value === null) return null;
  const { channel } = JSON.parse(text) as { readonly channel?: unknown };
  return { ...value, channel: typeof channel === 'string' ? channel : null };
}
