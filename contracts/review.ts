// What an independent reviewer says of a unit's finished work, as data: evidence for people and for policy.

/** `none`: the reviewer gave no verdict (its money or its turns were used up, or it refused). */
export const reviewVerdicts = ['approve', 'changes', 'none'] as const;

/** Why a result has no review: none is asked for, or a person has made the result in place of the agent. */
export const noReviewReasons = ['not-asked-for', 'by-person'] as const;

export type NoReview = (typeof noReviewReasons)[number];

export interface ReviewComment {
  /** A file of the change or of the tree, as git has it. */
  readonly path: string;
  /** From 1; absent = the whole file. */
  readonly line?: number;
  readonly text: string;
}

/** Safe text, without the host's secrets. */
export interface Review {
  readonly verdict: (typeof reviewVerdicts)[number];
  /** How many reviews the work has had since the merge queue last returned it; the last one is about this result. */
  readonly rounds: number;
  /** The reviewer's words, or why there is no verdict; at most 1,000 characters. */
  readonly summary: string;
  /** At most 10, of at most 300 characters each. */
  readonly comments: readonly ReviewComment[];
  readonly model: string;
  /** USD for all reviews of the unit so far. */
  readonly costUsd: number;
}

/** What a unit's record keeps of a review; the whole of it is in the unit's journal. */
export interface ReviewRecord extends Pick<Review, 'verdict' | 'rounds' | 'model'> {
  /** At most 200 characters. */
  readonly summary: string;
  readonly commentCount: number;
}
