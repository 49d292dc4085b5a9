// The reviews in a unit's checkpoint, in order: each has a conversation of its own under `.coppice/review/<number>/`, so
// that any host continues it. The unit's own conversation never sees them. What the unit has used is the sum of all.

import type { ReviewSubject } from '../../../formats/state-documents/review.ts';
import type { SessionJournal as Journal } from '../conversation/journal.ts';
import type { UnitStore } from '../../repository/contract.ts';
import type { UnitTotals } from '../../../contracts/usage.ts';
import { SessionJournal } from '../conversation/journal.ts';
import { addUsage, noTotals } from '../../../domain/money/usage.ts';
import { lastReview } from '../tools/submit-review.ts';
import { reviewFolder } from '../../../contracts/documents/journal.ts';
import { subjectCodec, subjectFile } from '../../../formats/state-documents/review.ts';

/** One review. */
export class HeldReview {
  /** From 1 over the unit's life. */
  readonly number: number;
  readonly subject: ReviewSubject;
  readonly journal: SessionJournal;
  private isNew: boolean;

  constructor(number: number, subject: ReviewSubject, { journal, isNew }: { journal: Journal; isNew: boolean }) {
    this.number = number;
    this.subject = subject;
    this.journal = journal;
    this.isNew = isNew;
  }

  /** What the reviewer has handed in; null = nothing yet. */
  get verdict() {
    return lastReview(this.journal.lastCalls());
  }

  takeChanged(): Record<string, string> {
    const files = {
      ...(this.isNew ? { [subjectFile]: subjectCodec.write(this.subject) } : {}),
      ...this.journal.takeChanged(),
    };
    this.isNew = false;
    return renamed(files, (name) => `${reviewFolder(this.number)}${name}`);
  }

  /** Takes those of `files` that are its own. */
  putBack(files: Readonly<Record<string, string>>): void {
    const { [subjectFile]: subject, ...rest } = within(Object.entries(files), this.number);
    this.isNew ||= subject !== undefined;
    this.journal.putBack(rest);
  }
}

export class Reviews {
  private readonly held: HeldReview[] = [];

  /** `files` as `UnitStore.files` returns them. */
  static load(files: ReadonlyMap<string, string>): Reviews {
    const reviews = new Reviews();
    for (let number = 1; ; number++) {
      const { [subjectFile]: subject, ...rest } = within(files, number);
      if (subject === undefined) return reviews;
      const journal = SessionJournal.load(new Map(Object.entries(rest)));
      reviews.held.push(new HeldReview(number, subjectCodec.read(subject), { journal, isNew: false }));
    }
  }

  get all(): readonly HeldReview[] {
    return this.held;
  }

  /** The last review, if it is about the work as it is now. */
  about({ base, tree }: Pick<UnitStore, 'base' | 'tree'>): HeldReview | null {
    const last = this.held.at(-1);
    return last !== undefined && last.subject.base === base && last.subject.tree === tree ? last : null;
  }

  begin(subject: ReviewSubject): HeldReview {
    const review = new HeldReview(this.held.length + 1, subject, { journal: new SessionJournal(), isNew: true });
    this.held.push(review);
    return review;
  }

  /** What reviews have used: all of them, or all but one. */
  totals(except?: HeldReview): UnitTotals {
    const counted = this.held.filter((review) => review !== except);
    return counted.reduce((sum, { journal }) => addTotals(sum, journal.totals()), noTotals);
  }

  /** What the unit has used in all, or all but one review. */
  totalsWith(journal: Journal, except?: HeldReview): UnitTotals {
    const own = journal.totals();
    if (this.held.length === 0) return own;
    const ofReviews = this.totals(except);
    return { ...addTotals(own, ofReviews), reviewUsd: ofReviews.costUsd };
  }
}

/** A unit's conversation and its reviews as one, for the checkpoints and the heartbeats. */
export class Conversations {
  private readonly journal: SessionJournal;
  private readonly reviews: Reviews;

  constructor(journal: SessionJournal, reviews: Reviews) {
    this.journal = journal;
    this.reviews = reviews;
  }

  /** Answers of the models. */
  get turns(): { readonly length: number } {
    return { length: this.journal.turns.length + this.reviews.totals().turns };
  }

  get costUsd(): number {
    return this.journal.costUsd + this.reviews.totals().costUsd;
  }

  takeChanged(): Record<string, string> {
    const entries = this.reviews.all.flatMap((review) => Object.entries(review.takeChanged()));
    return { ...this.journal.takeChanged(), ...Object.fromEntries(entries) };
  }

  putBack(files: Readonly<Record<string, string>>): void {
    const isOfReview = (name: string): boolean => name.startsWith(reviewFolder());
    this.journal.putBack(Object.fromEntries(Object.entries(files).filter(([name]) => !isOfReview(name))));
    for (const review of this.reviews.all) review.putBack(files);
  }
}

/** The files of one review, by their names in its folder. */
function within(files: Iterable<readonly [string, string]>, number: number): Record<string, string> {
  const folder = reviewFolder(number);
  const own = [...files].filter(([name]) => name.startsWith(folder));
  return Object.fromEntries(own.map(([name, text]) => [name.slice(folder.length), text]));
}

function renamed(files: Readonly<Record<string, string>>, rename: (name: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [rename(name), text]));
}

function addTotals(a: UnitTotals, b: UnitTotals): UnitTotals {
  return {
    turns: a.turns + b.turns,
    usage: addUsage(a.usage, b.usage),
    costUsd: a.costUsd + b.costUsd,
    estimated: a.estimated || b.estimated,
    hosts: [...new Set([...a.hosts, ...b.hosts])],
  };
}
