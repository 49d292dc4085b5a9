// The blocks that messages and windows are made of. All text is plain, in which Slack reads no mentions, links or formatting;
// text from models and repositories is made inert besides: no imitation of our own words.

import { slackLine } from '../../domain/text/inert.ts';

/** A Block Kit block; Slack defines the rest. */
export interface CardBlock {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A message. */
export interface Card {
  /** For notifications and old clients. */
  readonly text: string;
  readonly blocks: readonly CardBlock[];
}

/** Slack allows 3,000 characters per text; a single value is cut much earlier. */
const longestSection = 3000;
const longestText = 600;
/**
 * All text is `plain_text`, in which Slack reads no mentions, links or formatting; disguising characters are removed.
 */
export function plain(text: string): CardBlock {
  return { type: 'plain_text', text: text === '' ? '–' : text, emoji: false };
}

export function section(text: string): CardBlock {
  return { type: 'section', text: plain(text) };
}

export function context(text: string): CardBlock {
  return { type: 'context', elements: [plain(text)] };
}

export function fields(rows: readonly (readonly [name: string, value: string])[]): CardBlock {
  return { type: 'section', fields: rows.map(([name, value]) => plain(`${name}: ${inert(value)}`)) };
}

/** Puts foreign text behind bars, line by line, so that it cannot pass for a line of the card. */
export function quote(name: string, text: string): CardBlock {
  const lines = [`${name}:`, ...text.split('\n').map((line) => `│ ${line}`)];
  // Keeps whole lines: a cut inside a line could split a character.
  let length = 0;
  const fitting = lines.filter((line) => (length += line.length + 1) <= longestSection - 2);
  return section([...fitting, ...(fitting.length < lines.length ? ['…'] : [])].join('\n'));
}

interface Button {
  readonly action: string;
  readonly label: string;
  /** Null = Slack's plain one. */
  readonly style: string | null;
  readonly value: string;
}

export function button({ action, label, style, value }: Button): CardBlock {
  return { type: 'button', action_id: action, text: plain(label), ...(style === null ? {} : { style }), value };
}

/** One short line of safe text. */
export function inert(text: string): string {
  return slackLine(text, longestText);
}

/** As Slack wants it where it reads markup. */
export function escapeMarkup(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[*_~`]/g, '');
}
