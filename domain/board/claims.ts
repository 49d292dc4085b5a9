// Claims of files and folders. They are advice: who else is there, before two units change the same file. They end with
// their unit.

import type { BoardClaim, ClaimAnswer, ClaimRequest } from '../../contracts/messages/board.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { type BoardState, room } from './state.ts';
import { noteWriter, refuseWriter } from './writers.ts';
import { cleanPath, pathsOverlap } from './text.ts';

/** Claims of others that a unit is told about. */
const shown = 20;

export function claim(
  before: BoardState,
  { from: { unit }, paths, release }: ClaimRequest,
  now: number,
): { readonly state: BoardState; readonly answer: ClaimAnswer } {
  const tooMuch = refuseWriter(before, unit, now);
  if (tooMuch !== null) return { state: before, answer: { accepted: false, message: tooMuch } };
  const state = noteWriter(before, unit, now);
  const clean = paths.map(cleanPath);
  const wanted = new Set(clean.filter((path) => path !== null));
  if (clean.includes(null) || wanted.size === 0) {
    const message = 'paths are files or folders of the repository, such as src/api or src/api/user.ts';
    return { state, answer: { accepted: false, message } };
  }
  const isWanted = (each: BoardClaim): boolean => each.unit === unit && wanted.has(each.path);
  const rest = state.claims.filter((each) => !isWanted(each));
  if (release === true) return { state: { ...state, claims: rest }, answer: { accepted: true, others: [] } };
  const claims = [...rest, ...[...wanted].map((path) => ({ unit, path }))];
  const own = claims.filter((each) => each.unit === unit).length;
  if (own > room.claimsOfOne || claims.length > room.claims) {
    const message =
      own > room.claimsOfOne
        ? `a unit may claim ${room.claimsOfOne} paths: claim folders`
        : 'there are too many claims';
    return { state, answer: { accepted: false, message } };
  }
  const isNear = (each: BoardClaim): boolean =>
    each.unit !== unit && [...wanted].some((path) => pathsOverlap(path, each.path));
  return { state: { ...state, claims }, answer: { accepted: true, others: claims.filter(isNear).slice(0, shown) } };
}

/** The units that have claimed any of these paths, or a folder above or below one. */
export function claimants({ claims }: BoardState, paths: readonly string[]): UnitId[] {
  const units = claims.filter((each) => paths.some((path) => pathsOverlap(path, each.path))).map(({ unit }) => unit);
  return [...new Set(units)];
}
