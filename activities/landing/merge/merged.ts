// A merge in memory, and what it could not settle.

import type { MetConflict } from './read-merge.ts';
import type { Sha } from '../../../contracts/ids.ts';

export interface Merged {
  /** With conflicts: the tree that a person would see, markers in the files. */
  readonly tree: Sha;
  readonly conflicts: readonly MetConflict[];
}
