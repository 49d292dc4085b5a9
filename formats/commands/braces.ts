// Brace expansion, `{git,npm}` and `{1..3}`: bash performs it before everything else, on the text of a word. Parts of
// the word that are quoted or expanded later pass through as they are.

import type { WordPart } from 'unbash';

/** A character outside quotes, or a part that brace expansion does not look into. */
export type Unit = { readonly char: string } | { readonly part: WordPart };

/** With more, the word counts as unknown. */
const mostWords = 100;
const mostLists = 30;
const longestWord = 4000;

/** The words that a word becomes; null = too many. */
export function expandBraces(parts: readonly WordPart[]): Unit[][] | null {
  const units = parts.flatMap(unitsOf);
  if (units.length > longestWord || units.filter((unit) => isChar(unit, '{')).length > mostLists) return null;
  const words = expand(units);
  return words.length > mostWords ? null : words;
}

export function hasBraces(parts: readonly WordPart[]): boolean {
  return parts.some(({ type }) => type === 'BraceExpansion');
}

function unitsOf(part: WordPart): Unit[] {
  if (part.type === 'BraceExpansion') return part.parts?.flatMap(unitsOf) ?? charsOf(part.text);
  if (part.type === 'Literal') return charsOf(part.text);
  return [{ part }];
}

function charsOf(text: string): Unit[] {
  const units: Unit[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      units.push({ char: text[at] ?? '' });
      continue;
    }
    at += 1;
    const value = text[at] ?? '';
    if (value !== '\n') units.push({ part: { type: 'SingleQuoted', pos: 0, end: 0, value, text: value } });
  }
  return units;
}

function isChar(unit: Unit | undefined, char: string): boolean {
  return unit !== undefined && 'char' in unit && unit.char === char;
}

function expand(units: readonly Unit[]): Unit[][] {
  for (let at = 0; at < units.length; at++) {
    if (!isChar(units[at], '{')) continue;
    const list = listAt(units, at);
    if (list === null) continue;
    const [before, after] = [units.slice(0, at), expand(units.slice(list.end))];
    const words: Unit[][] = [];
    for (const item of list.items.flatMap(expand)) {
      for (const rest of after) {
        if (words.length > mostWords) return words;
        words.push([...before, ...item, ...rest]);
      }
    }
    return words;
  }
  return [[...units]];
}

function listAt(units: readonly Unit[], start: number): { items: Unit[][]; end: number } | null {
  const items: Unit[][] = [[]];
  let depth = 0;
  for (let at = start; at < units.length; at++) {
    const unit = units[at];
    if (unit === undefined) break;
    if (isChar(unit, '{')) depth += 1;
    if (isChar(unit, '}')) depth -= 1;
    if (depth === 0) return endOfList(items, at + 1);
    if (depth === 1 && isChar(unit, ',')) items.push([]);
    else if (at > start) items.at(-1)?.push(unit);
  }
  return null;
}

function endOfList(items: Unit[][], end: number): { items: Unit[][]; end: number } | null {
  const [first = []] = items;
  if (items.length > 1) return { items, end };
  const sequence = sequenceOf(first.map((unit) => ('char' in unit ? unit.char : '\0')).join(''));
  return sequence === null ? null : { items: sequence, end };
}

/** `1..3`, `a..c`, `1..9..2`; null = not a sequence. */
function sequenceOf(text: string): Unit[][] | null {
  const [, from = '', to = '', by = '1'] =
    /^(-?\d{1,9}|[A-Za-z])\.\.(-?\d{1,9}|[A-Za-z])(?:\.\.(-?\d{1,9}))?$/.exec(text) ?? [];
  if (from === '') return null;
  const numbers = /\d/.test(from) && /\d/.test(to);
  if (!numbers && /\d/.test(from + to)) return null;
  const [low, high] = [from, to].map((end) => (numbers ? Number(end) : end.charCodeAt(0)));
  if (low === undefined || high === undefined) return null;
  const step = (Math.abs(Number(by)) || 1) * (low <= high ? 1 : -1);
  const items: Unit[][] = [];
  for (let at = low; step > 0 ? at <= high : at >= high; at += step) {
    if (items.length > mostWords) break;
    const width = numbers && /^-?0\d/.test(from) ? from.length : 0;
    const item = numbers ? String(at).padStart(width, '0') : String.fromCharCode(at);
    items.push(Array.from(item, (char) => ({ char })));
  }
  return items;
}
