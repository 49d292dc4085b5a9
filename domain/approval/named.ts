// What people type to name an approval. Pure.

import type { ApprovalView } from '../../contracts/approval.ts';

/** `text`: an id, or a part of one. What names the first approval of a unit does not name its tenth. */
export function isNamed({ id }: Pick<ApprovalView, 'id'>, text: string): boolean {
  return /(?:^|:)approval:\d+$/.test(text) ? id.endsWith(text) : id.includes(text);
}
