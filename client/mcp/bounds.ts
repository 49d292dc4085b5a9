// Bounds what an answer holds: whoever asks pays for each character, and texts of agents and programs have any length.
// What was cut is named, with the way to the rest.

import { describePath, type Path } from '../../formats/yaml/wording.ts';
import { excerpt } from '../../domain/text/excerpt.ts';

export interface Limits {
  /** The longest text, in characters. */
  readonly text: number;
  /** The longest list. */
  readonly list: number;
}

export const usualLimits: Limits = { text: 500, list: 50 };

/** The longest text for people. */
const longestText = 8_000;
/** The most fields of one object; only calls of tools have other fields than ours. */
const mostFields = 100;
/** Of what was cut, so many things are named. */
const cutsNamed = 10;

/** A copy with long texts cut in the middle and long lists at their end, and the places where that was done. */
export function bounded<Value>(value: Value, limits: Limits): { readonly value: Value; readonly cuts: string[] } {
  const cuts: string[] = [];
  const copy = (part: unknown, path: Path): unknown => {
    if (typeof part === 'string') {
      if (part.length <= limits.text) return part;
      cuts.push(`${describePath(path)}: ${limits.text} of ${part.length} characters`);
      return excerpt(part, limits.text);
    }
    if (typeof part !== 'object' || part === null) return part;
    if (!Array.isArray(part)) {
      const fields = Object.entries(part);
      if (fields.length > mostFields) cuts.push(`${describePath(path)}: ${mostFields} of ${fields.length} fields`);
      return Object.fromEntries(fields.slice(0, mostFields).map(([key, inner]) => [key, copy(inner, [...path, key])]));
    }
    if (part.length > limits.list) cuts.push(`${describePath(path)}: ${limits.list} of ${part.length}`);
    return part.slice(0, limits.list).map((inner, index) => copy(inner, [...path, index]));
  };
  return { value: copy(value, []) as Value, cuts };
}

interface Rest {
  /** How to get what was left out. */
  readonly more: string;
  readonly limits?: Limits;
  /** What the caller has left out already. */
  readonly cuts?: readonly string[];
}

/** The document within its limits; `cut` names what was left out, if anything was. */
export function shortened<Document extends object>(
  document: Document,
  { more, limits = usualLimits, cuts: before = [] }: Rest,
): Document & { readonly cut?: string[] } {
  const { value, cuts } = bounded(document, limits);
  return { ...value, ...cutOf([...before, ...cuts], more) };
}

/** Nothing if nothing was cut. */
export function cutOf(cuts: readonly string[], more: string): { readonly cut?: string[] } {
  if (cuts.length === 0) return {};
  const rest = cuts.length > cutsNamed ? [`and ${cuts.length - cutsNamed} more`] : [];
  return { cut: [...cuts.slice(0, cutsNamed), ...rest, more] };
}

export function shortText(text: string): string {
  return excerpt(text, longestText);
}
