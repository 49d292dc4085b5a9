// What a review in a unit's checkpoint is about. Beside it, under `.coppice/review/<number>/`, is its conversation.

import { z } from 'zod';
import { type Sha, isSha } from '../../contracts/ids.ts';
import { codecOf } from './codec.ts';

/** The work as it was reviewed: its base, and its tree without `.coppice/`. */
export interface ReviewSubject {
  readonly base: Sha;
  readonly tree: Sha;
  /** From 1; begins anew when the merge queue has returned the unit. */
  readonly round: number;
}

export const subjectFile = 'subject.json';

const sha = z.string().refine(isSha);

export const subjectCodec = codecOf<ReviewSubject>()({
  name: subjectFile,
  version: 1,
  since: '0.2.0',
  schema: z.object({ base: sha, tree: sha, round: z.int().positive() }),
});
