// What is said of a program that runs another command, which is given as its operands or as a text for a shell. How the
// words are read is in inner.ts.

import type { OptionTable } from './options.ts';

export interface Wrapper extends OptionTable {
  /** Options that are known to be flags. After any other option, the next word may be its value. */
  readonly flags?: string;
  readonly longFlags?: readonly string[];
  /** Whether `NAME=value` may stand before the command. */
  readonly assignments?: true;
  /** Operands before the command. */
  readonly skip?: number;
  /** Options whose value is a text for a shell. */
  readonly texts?: readonly string[];
  /** Options with which no command is run. */
  readonly never?: readonly string[];
  /** Whether more words, from the input, follow. */
  readonly more?: true;
  /** Whether the words are put together and given to a shell. */
  readonly joined?: true;
  /** Whether the command begins after `--`, if there is one. */
  readonly dashes?: true;
  /** Whether it may be something else: `yarn x` is a script of that name, or the program. */
  readonly perhaps?: true;
  /** Options that all of the command follows. */
  readonly after?: readonly string[];
  /** Whether its options are so many that each of its operands may begin the command. */
  readonly anywhere?: true;
  /** Whether each operand is a text for a shell. */
  readonly each?: true;
  /** The program of which the command is a sub-command. */
  readonly as?: string;
  /** Whether a shell is run if no command is given: `always`, or if an option such as `-s` or `-i` asks for it. */
  readonly shell?: 'always' | 'asked';
  /** Whether the command is a file of a package that may carry a version: `tsc@5`. */
  readonly versions?: true;
}

export const plain: Wrapper = {};
