// What parsing a script gives: the simple commands that bash would, or could, run.

import { type Field, wordOf } from './fields.ts';

/** More text than one argument of a program can have on Linux. */
export const longestScript = 128 * 1024;

export interface SimpleCommand {
  /** Null = not known before it runs; may then be several words, or none. */
  readonly words: readonly (string | null)[];
  /** The same words with all that is known of them. */
  readonly fields: readonly Field[];
  /** As written, for people. */
  readonly text: string;
  /** Whether it is not certain that this is run. */
  readonly perhaps: boolean;
  /** Of several commands, of which this is one, one is run. */
  readonly alternative: Alternative | null;
  /** Whether variables are set for it alone, which may change what it does. */
  readonly withVariables: boolean;
}

/** One of the results that a command may have, as the values of its variables say. */
export interface Alternative {
  readonly group: number;
  readonly index: number;
  /** How many there are. */
  readonly of: number;
}

export interface ParsedCommand {
  readonly commands: readonly SimpleCommand[];
  /** Why there may be commands that are not in the list; null = there are none. */
  readonly unknown: string | null;
}

const longestText = 400;

export function simpleCommand(fields: readonly Field[], about: Omit<SimpleCommand, 'words' | 'fields'>): SimpleCommand {
  const { text } = about;
  const shown = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  return { ...about, words: fields.map(wordOf), fields, text: shown };
}
