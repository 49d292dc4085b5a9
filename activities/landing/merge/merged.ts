// A merge in memory, and its conflicts.

import type { MetConflict } from './read-merge.ts';
import type { Sha } from '../../../contracts/ids.ts';

export interface Merged {
  /** With conflicts: the tree as a person would see it, with markers in the files. */
  readonly tree: Sha;
  readonly conflicts: readonly MetConflict[];
}
