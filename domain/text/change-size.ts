// The size of a change as people read it.

import type { ChangeSize } from '../../contracts/change-size.ts';
import { count } from './count.ts';

/** `3 files +120 −14`; without lines (only binary files, say) `3 files`. */
export function changeSizeText({ files, additions, deletions }: ChangeSize): string {
  return additions + deletions === 0 ? count(files, 'file') : `${count(files, 'file')} +${additions} −${deletions}`;
}
