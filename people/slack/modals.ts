// The windows that buttons of a card open, as data: one for the reason of a denial, one for an answer, and one with what a
// card has no room for. What a person enters comes back with `private_metadata`.

import type { ApprovalView } from '../../contracts/approval.ts';
import { type ButtonValue, type CardBlock, describe, inert, parseButtonValue, plain, quote, section } from './card.ts';

/** Windows whose text comes back: their callback ids. */
export const callbacks = { deny: 'coppice_deny_reason', answer: 'coppice_answer_text' } as const;
export const input = { block: 'words', action: 'text' } as const;

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
/** Slack allows 100 blocks. */
const mostChunks = 60;
const chunkCharacters = 2_500;

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
    label: 'What should the agent know?',
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
      section(inert(context.id)),
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

/** While it is looked up, and if it cannot be. */
export function waitingModal(text: string): Modal {
  return { type: 'modal', title: plain('Details'), close: plain('Close'), blocks: [section(text)] };
}

export function detailsModal(view: ApprovalView): Modal {
  const whole =
    view.kind === 'merge' ? (view.subject.preview?.diff ?? '') : view.kind === 'tool' ? view.subject.text : '';
  const chunks = whole === '' ? [] : chunksOf(whole.split('\n').map(inert)).slice(0, mostChunks);
  const blocks: CardBlock[] = [
    section(inert(view.summary)),
    ...describe(view),
    ...chunks.map((chunk, at) =>
      quote(at > 0 ? 'It goes on' : view.kind === 'tool' ? 'The whole call' : 'The change', chunk),
    ),
  ];
  return { type: 'modal', title: plain('Details'), close: plain('Close'), blocks };
}

/** Whole lines, as many as fit into one text. */
function chunksOf(lines: readonly string[]): string[] {
  const chunks: string[][] = [];
  let room = 0;
  for (const line of lines) {
    if (line.length + 3 > room || chunks.length === 0) {
      chunks.push([]);
      room = chunkCharacters;
    }
    chunks.at(-1)?.push(line);
    room -= line.length + 3;
  }
  return chunks.map((chunk) => chunk.join('\n'));
}

/** Null if it is not ours. */
export function parseContext(text: string): ModalContext | null {
  const value = parseButtonValue(text);
  if (value === null) return null;
  const { channel } = JSON.parse(text) as { readonly channel?: unknown };
  return { ...value, channel: typeof channel === 'string' ? channel : null };
}
