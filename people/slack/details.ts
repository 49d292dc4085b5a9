// The window with what a card has no room for: a patch, or what a command printed. It has as many pages as Slack’s limits
// make of it: 100 blocks of 3,000 characters, and 250,000 characters in all.

import type { ApprovalView } from '../../contracts/approval.ts';
import { type CardBlock, button, inert, plain, quote, section } from './blocks.ts';
import { commandLines, wrapped } from '../../domain/text/command-lines.ts';
import { inertLine, slackSigns } from '../../domain/text/inert.ts';
import type { Modal } from './modals.ts';
import { describe } from './subject.ts';
import { parseButtonValue } from './card.ts';

export const pageAction = 'coppice_page';

/** A button that turns the page. */
export interface PageValue {
  readonly id: string;
  readonly hash: string;
  /** From 0. */
  readonly page: number;
}

const chunkCharacters = 2_500;
/** With what comes before them, less than 100 blocks and 250,000 characters. */
const chunksPerPage = 40;

/** While it is looked up, and if it cannot be. */
export function waitingModal(text: string): Modal {
  return { type: 'modal', title: plain('Details'), close: plain('Close'), blocks: [section(text)] };
}

/** `page` counts from 0; one that does not exist is the nearest one. */
export function detailsModal(view: ApprovalView, page = 0): Modal {
  const { name, lines } = longTextOf(view);
  const chunks = chunksOf(lines.map(slackSigns));
  const pages = Math.max(1, Math.ceil(chunks.length / chunksPerPage));
  const at = Math.min(Math.max(0, page), pages - 1);
  const shown = chunks.slice(at * chunksPerPage, (at + 1) * chunksPerPage);
  const first = at === 0 ? [section(inert(view.summary)), ...describe(view)] : [];
  const blocks = [
    ...first,
    ...shown.map((chunk, index) => quote(at === 0 && index === 0 ? name : 'It goes on', chunk)),
    ...turning(view, at, pages),
  ];
  return { type: 'modal', title: plain('Details'), close: plain('Close'), blocks };
}

/** What a card shows the beginning of. */
function longTextOf(view: ApprovalView): { readonly name: string; readonly lines: readonly string[] } {
  switch (view.kind) {
    case 'merge':
      return { name: 'The change', lines: wholeLines(view.subject.preview?.diff ?? '') };
    case 'egress':
      return { name: 'All of its output', lines: wholeLines(view.subject.output) };
    case 'red-base':
      return { name: 'All of what it printed', lines: wholeLines(view.subject.output) };
    case 'tool':
      return { name: 'The whole call', lines: commandLines(view.subject.text) };
    default:
      return { name: '', lines: [] };
  }
}

/** Long lines go on in further lines. */
function wholeLines(text: string): string[] {
  return text === '' ? [] : text.split('\n').flatMap((line) => wrapped(inertLine(line, Infinity)));
}

function turning({ id, hash }: ApprovalView, at: number, pages: number): CardBlock[] {
  if (pages === 1) return [];
  const to = (page: number, label: string): CardBlock =>
    // Two buttons of one block need different actions.
    button({
      action: `${pageAction}:${page}`,
      label,
      style: null,
      value: JSON.stringify({ id, hash, page } satisfies PageValue),
    });
  const elements = [
    ...(at > 0 ? [to(at - 1, 'Back')] : []),
    ...(at < pages - 1 ? [to(at + 1, `Page ${at + 2} of ${pages}`)] : []),
  ];
  return [{ type: 'actions', elements }];
}

/** Null if the text is not a value of a button that turns pages. */
export function parsePageValue(text: string): PageValue | null {
  const value = parseButtonValue(text);
  if (value === null) return null;
  const { page } = JSON.parse(text) as { readonly page?: unknown };
  return typeof page === 'number' && Number.isInteger(page) && page >= 0 ? { ...value, page } : null;
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
