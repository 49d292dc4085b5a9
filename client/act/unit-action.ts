// What people do to one unit.

import type { Resolution } from '../../contracts/activities/conflict.ts';

export type UnitAction =
  | { readonly type: 'cancel' }
  /**
   * `reverted`: its commit was taken back, so that it may begin anew although it has landed. With a resolution, the unit begins
   * with that instead of with its agent.
   */
  | { readonly type: 'retry'; readonly reverted?: true; readonly resolution?: Resolution }
  /** `by` names who leaves it out. */
  | { readonly type: 'skip'; readonly by: string };
