// The candidates in flight: trains, each built on the one before. Pure.
//
// One build at a time adds a train; landings take candidates away from the front; an ejection or a withdrawal cuts the
// line, and what was above waits again.

import type { QueueRules } from '../../contracts/activities/landing.ts';
import type { ChangeSize } from '../../contracts/change-size.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { VerificationSource } from '../../contracts/activities/verification.ts';
import type { Entry } from './entry.ts';
import type { Row, Standing } from './bisect.ts';
import { type BadVerdict, type Verdicts, isExcused, isSure } from './verdicts.ts';

export interface Candidate {
  readonly entry: Entry;
  readonly train: number;
  readonly commit: Sha;
  /** Null = nothing is to be verified. */
  readonly key: string | null;
  readonly size: ChangeSize;
  readonly solo?: true;
  readonly locks?: readonly string[];
  /** When it was built, ISO 8601. */
  readonly since: string;
}

export interface Line {
  /** The tip of the branch on which the first candidate is built. */
  readonly target: Sha;
  /** The key of the tip's own verification; null = nothing is to be verified. */
  readonly targetKey: string | null;
  readonly base: Base;
  /** How its trains are verified, whatever the rules say meanwhile. */
  readonly verify: QueueRules['verify'];
  readonly candidates: readonly Candidate[];
  /** Where the candidates of each train are. */
  readonly sources: Readonly<Record<number, VerificationSource>>;
}

/** What is known about the tip of the branch; a red one names the commands that fail, or null if not all have run. */
export type Base = 'unknown' | 'green' | { readonly failed: readonly string[] | null };

export function baseOf({ base, targetKey }: Line, { green, bad }: Verdicts): Standing {
  if (base === 'green' || targetKey === null || green.includes(targetKey)) return 'green';
  return base !== 'unknown' || bad[targetKey] !== undefined ? 'bad' : 'open';
}

/** The commands that fail on the red tip of the branch; null = not known, because not all have run. */
export function failingBelow({ base, targetKey }: Line, { bad }: Verdicts): readonly string[] | null {
  if (typeof base === 'object') return base.failed;
  return (targetKey === null ? undefined : bad[targetKey]?.failed) ?? null;
}

/** The line as `judge` reads it. */
export function rowOf(line: Line, verdicts: Verdicts, { onRedBase, retries }: QueueRules): Row {
  const base = baseOf(line, verdicts);
  const isKnown = isBaseSure(line, verdicts, { retries });
  const excusing = base === 'bad' && isKnown && onRedBase === 'delta' ? (failingBelow(line, verdicts) ?? []) : [];
  const standingOf = ({ key }: Candidate): Standing => {
    if (key === null || verdicts.green.includes(key)) return 'green';
    const bad = verdicts.bad[key];
    if (bad === undefined) return 'open';
    return excusing.length > 0 && isExcused(bad, excusing) ? 'green' : 'bad';
  };
  const { candidates } = line;
  return {
    mode: line.verify,
    base: { standing: base, isSure: isKnown },
    candidates: candidates.map((candidate, index) => ({
      standing: standingOf(candidate),
      isSure: isSettled(candidate.key, verdicts, retries),
      isTip: candidates[index + 1]?.train !== candidate.train,
    })),
  };
}

/** What a landing has shown of the tip is sure; a verdict on it may have to be repeated first. */
export function isBaseSure(
  { base, targetKey }: Line,
  verdicts: Verdicts,
  { retries }: Pick<QueueRules, 'retries'>,
): boolean {
  return base !== 'unknown' || isSettled(targetKey, verdicts, retries);
}

function isSettled(key: string | null, { bad }: Verdicts, retries: number): boolean {
  const verdict = key === null ? undefined : bad[key];
  return verdict === undefined || isSure(verdict, retries);
}

/** The key at a position of `judge`; null = nothing is to be verified there. */
export function keyAt({ targetKey, candidates }: Line, position: number): string | null {
  return position === 0 ? targetKey : (candidates[position - 1]?.key ?? null);
}

/** Where the verification of a position is described. */
export function sourceAt({ candidates, sources }: Line, position: number): VerificationSource | undefined {
  const candidate = candidates[Math.max(0, position - 1)];
  return candidate === undefined ? undefined : sources[candidate.train];
}

export function verdictAt(line: Line, position: number, { bad }: Verdicts): BadVerdict | undefined {
  const key = keyAt(line, position);
  return key === null ? undefined : bad[key];
}

/** The line once its first `count` candidates have landed; null if it is empty then. */
export function withoutLanded(line: Line, count: number, verdicts: Verdicts): Line | null {
  const last = line.candidates[count - 1];
  const candidates = line.candidates.slice(count);
  if (last === undefined || candidates.length === 0) return null;
  return cleaned({
    ...line,
    target: last.commit,
    targetKey: last.key,
    base: baseAfter(line, count, verdicts),
    candidates,
  });
}

/** What is known of the tip after a landing: it was verified, or it fails no more than what it was built on. */
export function baseAfter(line: Line, count: number, verdicts: Verdicts): Base {
  const failed = verdictAt(line, count, verdicts)?.failed;
  return failed === undefined ? 'green' : { failed };
}

/** The line below a position, and the entries above. */
export function cut(line: Line, position: number): { readonly line: Line | null; readonly above: readonly Entry[] } {
  const candidates = line.candidates.slice(0, position - 1);
  const above = line.candidates.slice(position - 1).map(({ entry }) => entry);
  return { line: candidates.length === 0 ? null : cleaned({ ...line, candidates }), above };
}

function cleaned(line: Line): Line {
  const trains = new Set(line.candidates.map(({ train }) => train));
  const sources = Object.entries(line.sources).filter(([train]) => trains.has(Number(train)));
  return { ...line, sources: Object.fromEntries(sources) };
}

/** Trains in flight. */
export function trainsIn({ candidates }: Line): number {
  return new Set(candidates.map(({ train }) => train)).size;
}
