// What the verdicts of candidates in a row mean: how many may land, which one is at fault, and what to verify next.
// Positions count from 1; 0 is the tip of the branch below the first. Pure.
//
// With `tip`, a green candidate carries all below it. With `each`, every one has to be green by itself. A candidate is
// at fault if it is not green and all below it has landed: what is green is landed first.

export type Standing = 'green' | 'bad' | 'open';

export interface Row {
  readonly mode: 'tip' | 'each';
  /** Of the branch's tip; `open` = not verified. */
  readonly base: Standing;
  readonly candidates: readonly {
    readonly standing: Standing;
    /** It is the last of its train. */
    readonly isTip: boolean;
  }[];
}

export interface Judgement {
  /** How many may land. */
  readonly land: number;
  /** The first candidate is at fault, or the branch was red before it; null = nobody knows yet. */
  readonly fault: 'first' | 'base' | null;
  /** A candidate is not green: what is above it will have to be built again. */
  readonly isBroken: boolean;
  /** Positions to verify, the most useful first, at most one for each slot. */
  readonly verify: readonly number[];
}

export function judge(row: Row, slots: number): Judgement {
  return row.mode === 'each' ? judgeEach(row, slots) : judgeTips(row, slots);
}

function judgeEach({ base, candidates }: Row, slots: number): Judgement {
  const firstOther = candidates.findIndex(({ standing }) => standing !== 'green');
  const land = firstOther === -1 ? candidates.length : firstOther;
  const firstBad = candidates.findIndex(({ standing }) => standing === 'bad');
  const isBroken = firstBad !== -1;
  const open = positions(isBroken ? firstBad : candidates.length).filter((at) => standingAt(candidates, at) === 'open');
  if (firstBad !== 0) return { land, fault: null, isBroken, verify: open.slice(0, slots) };
  return { land, ...blameFirst(base), isBroken };
}

function judgeTips({ base, candidates }: Row, slots: number): Judgement {
  const green = candidates.findLastIndex(({ standing }) => standing === 'green') + 1;
  const bad = candidates.findIndex(({ standing }, index) => index >= green && standing === 'bad') + 1;
  const isBroken = bad !== 0;
  // A green prefix lands by itself only if the tip of its train is not green.
  const tipAbove = candidates.findIndex(({ isTip }, index) => index + 1 >= green && isTip);
  const tipIsOpen = tipAbove !== -1 && candidates[tipAbove]?.standing === 'open';
  const land = green > 0 && tipIsOpen && !isBroken ? 0 : green;
  if (isBroken && bad === 1) return { land, ...blameFirst(base), isBroken };
  if (isBroken) {
    const between = spread(green, bad, slots);
    const withBase = green === 0 && base === 'open' && between.length < slots ? [...between, 0] : between;
    return { land, fault: null, isBroken, verify: withBase };
  }
  return { land, fault: null, isBroken, verify: tipsThenPrefixes(candidates, green, slots) };
}

function blameFirst(base: Standing): Pick<Judgement, 'fault' | 'verify'> {
  if (base === 'open') return { fault: null, verify: [0] };
  return { fault: base === 'green' ? 'first' : 'base', verify: [] };
}

/** The tips above `green` in order; with free slots, positions within the trains, so that a red one is known at once. */
function tipsThenPrefixes(candidates: Row['candidates'], green: number, slots: number): number[] {
  const tips = positions(candidates.length).filter((at) => at > green && candidates[at - 1]?.isTip === true);
  const verify = tips.slice(0, slots);
  let below = green;
  for (const tip of verify.slice()) {
    const free = slots - verify.length;
    if (free <= 0) break;
    verify.push(...spread(below, tip, free));
    below = tip;
  }
  return verify;
}

/** At most `count` positions between two others, which cut the gap into equal parts. */
export function spread(from: number, to: number, count: number): number[] {
  const inside = to - from - 1;
  if (inside <= count) return positions(Math.max(0, inside)).map((n) => from + n);
  return positions(count).map((n) => from + Math.round((n * (to - from)) / (count + 1)));
}

function positions(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function standingAt(candidates: Row['candidates'], position: number): Standing | undefined {
  return candidates[position - 1]?.standing;
}
