// What a channel has been told of a run.

import type { Notice } from '../../contracts/notices.ts';
import type { PostedCard } from '../../contracts/people.ts';

/** What a channel knows of a run; goes through continue-as-new. */
export interface Told {
  /** Notices written, for their ids. */
  readonly count: number;
  /** Changes of units that it knows of: those that are told at once, and landings. */
  readonly urgent: number;
  readonly landed: number;
  /** Questions about the whole run that it knows of. */
  readonly asked: number;
  readonly begun: boolean;
  /** When it was told of full hosts, as a change of units; told again only if something has happened since. */
  readonly full: number;
  /** The message in whose thread the run is told of; null = none is known. */
  readonly posted: PostedCard | null;
  /** Written, and perhaps sent. */
  readonly pending: readonly Notice[];
}

export const nothingTold: Told = {
  count: 0,
  urgent: 0,
  landed: 0,
  asked: 0,
  begun: false,
  full: -1,
  posted: null,
  pending: [],
};
