// How long a consent to a tool call holds beyond the call itself.

import type { ApprovalView } from '../../contracts/approval.ts';
import type { Remembering } from '../../contracts/tool-request.ts';
import { missingFrom } from './consent.ts';

export interface Remembered {
  readonly remember: Remembering;
  /** Names of those who allowed it. */
  readonly by: string;
}

/** What those who approved a call have allowed beyond it, if they are enough for that by themselves; null = nothing. */
export function rememberedOf(view: ApprovalView): Remembered | null {
  const votes = view.votes.filter(({ decision, remember }) => decision === 'approve' && remember !== undefined);
  if (view.status !== 'approved' || votes.length === 0 || missingFrom({ ...view, votes }).length > 0) return null;
  const remember = votes.every((vote) => vote.remember === 'run') ? 'run' : 'unit';
  return { remember, by: [...new Set(votes.map((vote) => vote.by.name))].join(', ') };
}

/** `allowed for the rest of the run` */
export function explainRemembering(remember: Remembering): string {
  return `allowed for the rest of the ${remember}`;
}
