// The words that a word of a script becomes: quotes are removed, braces and known variables expanded, and what only the
// running shell knows is a gap. Where a variable has several possible values, there are several results.

import type { Word, WordPart } from 'unbash';
import type { Expanding } from './expanding.ts';
import { type Field, type Shape, anyWords, joinFields, shapeLength, textOf, unknownText } from './fields.ts';
import { type Draft, addFields, addGap, addQuoted, addUnquoted, finish, newDraft } from './draft.ts';
import { type ExpandedValue, valuesOfParameter } from './parameters.ts';
import { type Unit, expandBraces, hasBraces } from './braces.ts';
import type { Scope } from './scope.ts';

/** More possible results count as unknown. */
const mostResults = 12;

/** The possible results of a word, each a list of words. */
export function expandWord(word: Word, expanding: Expanding): Field[][] {
  expanding.charge(word.end - word.pos);
  const { parts } = word;
  if (parts === undefined) return [wordWithoutParts(word)];
  if (!hasBraces(parts)) return expandParts(parts, expanding);
  const words = expandBraces(parts);
  // What stands in braces may run something, however many words it becomes.
  if (words === null) {
    parts.forEach(expanding.visit);
    return [[anyWords]];
  }
  return words.reduce<Field[][]>((results, units) => combine(results, expandParts(unbraced(units), expanding)), [[]]);
}

/** The possible texts of a word that is not split: the value of an assignment, a here-string, a word of `case`. */
export function expandText(word: Word, expanding: Expanding): Shape[] {
  expanding.charge(word.end - word.pos);
  if (word.parts === undefined) return [withTilde(word.text, word.value)];
  return textsOf(word.parts, expanding);
}

/** The possible texts of parts that are not split, such as those of a here-document. */
export function textsOf(parts: readonly WordPart[], expanding: Expanding): Shape[] {
  return addQuotedParts([newDraft()], parts, expanding).map((draft) => joinFields(finish(draft)));
}

/** All pairs of results, one after the other. */
export function combine(before: readonly Field[][], after: readonly Field[][]): Field[][] {
  if (before.length * after.length > mostResults) return [[anyWords]];
  if (before.length === 1 && after.length === 1) {
    before[0]?.push(...(after[0] ?? []));
    return [before[0] ?? []];
  }
  return before.flatMap((first) => after.map((second) => [...first, ...second]));
}

function wordWithoutParts({ text, value }: Word): Field[] {
  return [{ shape: withTilde(text, value), count: 'one' }];
}

/** `~` and `~name` are folders that only the shell knows. */
function withTilde(text: string, value: string): Shape {
  if (!text.startsWith('~')) return value === '' ? [] : [value];
  const slash = value.indexOf('/');
  return slash === -1 ? unknownText : [null, value.slice(slash)];
}

function unbraced(units: readonly Unit[]): WordPart[] {
  const parts: WordPart[] = [];
  let text = '';
  const flush = () => {
    if (text !== '') parts.push({ type: 'Literal', pos: 0, end: 0, value: text, text });
    text = '';
  };
  for (const unit of units) {
    if ('char' in unit) text += unit.char;
    else {
      flush();
      parts.push(unit.part);
    }
  }
  flush();
  return parts;
}

function expandParts(parts: readonly WordPart[], expanding: Expanding): Field[][] {
  let drafts = [newDraft()];
  parts.forEach((part, i) => {
    drafts = addPart(drafts, part, { expanding, quoted: false, first: i === 0 });
  });
  return drafts.map(finish);
}

interface Place {
  readonly expanding: Expanding;
  readonly quoted: boolean;
  readonly first: boolean;
}

function addPart(drafts: Draft[], part: WordPart, place: Place): Draft[] {
  const { expanding, quoted, first } = place;
  switch (part.type) {
    case 'Literal': {
      const shape = first && !quoted ? withTilde(part.text, part.value) : [part.value];
      drafts.forEach((draft) => addQuoted(draft, shape));
      return drafts;
    }
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      drafts.forEach((draft) => addQuoted(draft, [part.value]));
      return drafts;
    case 'DoubleQuoted':
    case 'LocaleString':
      return addQuotedParts(drafts, part.parts, expanding);
    case 'Glob':
    case 'ExtendedGlob':
    case 'BraceExpansion':
      part.parts?.forEach(expanding.visit);
      // Values of variables and here-documents keep these characters; a word becomes the files that match.
      drafts.forEach((draft) => (quoted ? addQuoted(draft, [part.text]) : addGap(draft, 'many')));
      return drafts;
    case 'ProcessSubstitution': {
      const output = expanding.run(part.script, part.operator);
      drafts.forEach((draft) => {
        addQuoted(draft, ['/dev/fd/', null]);
        draft.output = output;
      });
      return drafts;
    }
    case 'SimpleExpansion':
    case 'ParameterExpansion':
      return addValues(drafts, valuesOfParameter(part, expanding, expandText), place);
    case 'CommandExpansion':
      return addValues(drafts, [{ text: withoutLastNewlines(expanding.run(part.script)) }], place);
    case 'ArithmeticExpansion':
      if (part.expression !== undefined) expanding.visit(part.expression);
      return addValues(drafts, [{ text: unknownText, solid: true }], place);
  }
}

function addQuotedParts(drafts: Draft[], parts: readonly WordPart[], expanding: Expanding): Draft[] {
  // `""` is a word, but `"$@"` need not be one.
  if (parts.length === 0) drafts.forEach((draft) => addQuoted(draft, []));
  return parts.reduce((all, part) => addPart(all, part, { expanding, quoted: true, first: false }), drafts);
}

function addValues(drafts: Draft[], values: readonly ExpandedValue[], { quoted, expanding }: Place): Draft[] {
  if (drafts.length === 1 && drafts[0]?.lost === true) return drafts;
  values.forEach((value) => expanding.charge(lengthOf(value) * drafts.length));
  if (drafts.length * values.length > mostResults) {
    const [draft = newDraft()] = drafts;
    addGap(draft, quoted ? 'solid' : 'loose');
    draft.lost = true;
    return [draft];
  }
  return values.flatMap((value, i) => {
    const own = i === values.length - 1 ? drafts : drafts.map((draft) => structuredClone(draft));
    own.forEach((draft) => addValue(draft, value, quoted, expanding.scope));
    return own;
  });
}

function lengthOf(value: ExpandedValue): number {
  return 'text' in value
    ? shapeLength(value.text)
    : value.elements.reduce((sum, { shape }) => sum + shapeLength(shape) + 8, 0);
}

function addValue(draft: Draft, value: ExpandedValue, quoted: boolean, scope: Scope): void {
  if ('elements' in value) {
    const between = separators(scope);
    if (quoted && value.joined === true) addQuoted(draft, joinFields(value.elements, firstOf(between)));
    else addFields(draft, value.elements, quoted ? 'quoted' : { separators: between });
  } else if (quoted) addQuoted(draft, value.text);
  else if (value.solid === true) addGap(draft, 'solid');
  else addUnquoted(draft, value.text, separators(scope));
}

/** What `"$*"` puts between words. */
function firstOf(between: string | null): string | null {
  return between === null ? null : between.slice(0, 1);
}

/** Characters that split words; null = not known. */
function separators({ variables }: Scope): string | null {
  const values = variables.get('IFS');
  if (values === undefined) return ' \t\n';
  const [only] = values;
  if (values.length > 1 || only === undefined) return null;
  if (only === 'unset') return ' \t\n';
  return 'text' in only ? textOf(only.text) : null;
}

function withoutLastNewlines(shape: Shape): Shape {
  const last = shape.at(-1);
  if (typeof last !== 'string') return shape;
  const trimmed = last.replace(/\n+$/, '');
  return [...shape.slice(0, -1), ...(trimmed === '' ? [] : [trimmed])];
}
