// What `coppice board --json` prints. Shapes only; scripts rely on the names (docs/scripting.md).

import type { BoardView } from '../../contracts/board-view.ts';

export interface RunBoard extends BoardView {
  /** Whether the run has ended, so that nothing can follow. */
  readonly ended: boolean;
}
