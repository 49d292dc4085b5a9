// A unit has landed: those that build on the same files are told, and what the unit held on the board ends.

import { type LandedNotice, boardLimits } from '../../contracts/messages/board.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { type BoardState, room } from './state.ts';
import { addMessage, close, leave, openBytes, waitingFor } from './inbox.ts';
import { andMore } from '../text/shown-paths.ts';
import { bytesOf, cleanText } from './text.ts';
import { claimants } from './claims.ts';

/** Changed files that a notice names at most. */
export const filesShown = 50;

export function landed(before: BoardState, notice: LandedNotice, now: number): BoardState {
  const { unit, commit, to, files } = notice;
  if (before.landings.includes(commit)) return before;
  const state = leave({ ...before, landings: [...before.landings, commit].slice(-room.landingsKnown) }, unit);
  const concerned = [...new Set([...to, ...claimants(state, files)])].filter((each) => each !== unit);
  const recipients = concerned.slice(0, room.recipients);
  if (recipients.length === 0 || openBytes(state) >= room.openBytes) return state;
  const ready = recipients.reduce(withoutOldest, state);
  return addMessage(ready, { at: now, from: null, to: recipients, text: textOf(notice) });
}

/** A unit that waits for long need not hear of each landing. */
function withoutOldest(state: BoardState, unit: UnitId): BoardState {
  const oldest = waitingFor(state, unit, null).at(-room.landings)?.number ?? 0;
  return close(state, unit, ({ from, number }) => from === null && number <= oldest);
}

function textOf({ unit, commit, title, files, fileCount }: LandedNotice): string {
  const names = andMore(fitting(files), filesShown, fileCount);
  return cleanText(`${unit} has landed as ${commit.slice(0, 12)}: ${title}\nChanged files: ${names}`);
}

/** The first files that are not too much to read. */
function fitting(files: readonly string[]): string[] {
  const shown: string[] = [];
  for (let bytes = 0; shown.length < Math.min(files.length, filesShown);) {
    const file = files[shown.length] ?? '';
    bytes += bytesOf(file);
    if (bytes > boardLimits.textBytes) break;
    shown.push(file);
  }
  return shown;
}
