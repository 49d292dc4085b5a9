// Wording of errors about files: quotes text that may be hostile, names a place, suggests what was meant.

import { distance } from 'fastest-levenshtein';
import { unsafeInName } from '../../domain/text/unsafe.ts';

export type Path = readonly PropertyKey[];

const unsafeSigns = new RegExp(`[${unsafeInName}]`, 'gu');

/** Quotes text from a file as one short line that is inert on a terminal. */
export function quote(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return JSON.stringify(short).replaceAll(
    unsafeSigns,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** `units[2].prompt`; empty for the whole file. */
export function describePath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w-]{1,80}$/.test(String(step))) text += text === '' ? String(step) : `.${String(step)}`;
    else text += `[${quote(String(step))}]`;
  }
  return text;
}

/** `; did you mean "prompt"?`, or nothing when no name is close. */
export function suggest(wrong: string, names: readonly string[]): string {
  if (wrong.length > 100) return '';
  const near = names
    .map((name) => ({ name, far: distance(wrong.toLowerCase(), name.toLowerCase()) }))
    .toSorted((a, b) => a.far - b.far)[0];
  if (near === undefined) return '';
  // Two letters swapped count as two changes; short names are close to everything.
  const allowed = Math.min(3, Math.floor(near.name.length * 0.4));
  return near.far <= allowed ? `; did you mean ${quote(near.name)}?` : '';
}

/** What a value is, in YAML's words. */
export function describeValue(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return '.nan';
    return Number.isFinite(value) ? `the number ${value}` : '.inf';
  }
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? 'a text' : 'a map';
}
