// HTML in which every value is escaped unless it was made here, so text from plans, agents and people cannot become
// markup. All tags of a page come from the literals in this folder.

import { inertLine } from '../columns.ts';

/** A piece of HTML that was made by `html`. A class, because data from a file cannot be an instance of it. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Part = string | number | Markup | null | readonly Part[];

/** Shows strings literally, in elements and in quoted attributes, without control characters; null becomes nothing. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(
    literals.map((literal, i) => outdent(literal) + (i < parts.length ? textOf(parts[i] ?? null) : '')).join(''),
  );
}

/** Literals are indented for readers of the source; a browser shows such white space as one space. */
function outdent(literal: string): string {
  return literal.replace(/\n\s*/g, '\n');
}

function textOf(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string') return escapeHtml(inertWithEnds(part));
  return typeof part === 'number' ? String(part) : part.map(textOf).join('');
}

/** Makes text inert but keeps a space at either end, because it separates words from their neighbours. */
function inertWithEnds(text: string): string {
  const inert = inertLine(text);
  return inert === '' ? inert : `${text.startsWith(' ') ? ' ' : ''}${inert}${text.endsWith(' ') ? ' ' : ''}`;
}

const references: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => references[sign] ?? '');
}
