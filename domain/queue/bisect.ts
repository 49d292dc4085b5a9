// What the verdicts of candidates in a row mean: how many may land, which one is at fault, and what to verify next.
// Positions count from 1; 0 is the tip of the branch below the first. Pure.
//
// With `tip`, a green candidate carries all below it. With `each`, every one has to be green by itself. A candidate is
// at fault if it is not green and all below it has landed: what is green is landed first.

export type Standing = 'green' | 'bad' | 'open';

export interface Seen {
  readonly standing: Standing;
  /** A verdict that is not green may come from a flaky command, until it has been repeated. */
  readonly isSure: boolean;
}

export interface Row {
  readonly mode: 'tip' | 'each';
  /** Of the branch's tip. */
  readonly base: Seen;
  readonly candidates: readonly (Seen & {
    /** It is the last of its train. */
    readonly isTip: boolean;
  })[];
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

export interface Room {
  /** Verifications at once. */
  readonly slots: number;
  /** A position that is being verified keeps its slot before others that serve as well. */
  isUnderWay(position: number): boolean;
  /** Whether free slots may begin verifications inside trains. */
  readonly beginsInside: boolean;
}

export function judge(row: Row, room: Room): Judgement {
  return row.mode === 'each' ? judgeEach(row, room) : judgeTips(row, room);
}

function judgeEach({ base, candidates }: Row, { slots }: Room): Judgement {
  const firstOther = candidates.findIndex(({ standing }) => standing !== 'green');
  const land = firstOther === -1 ? candidates.length : firstOther;
  const blamed = candidates[0]?.standing === 'bad' ? blameFirst(base, candidates) : { fault: null, verify: [] };
  const surelyBad = candidates.findIndex(({ standing, isSure }) => standing === 'bad' && isSure);
  const below = positions(surelyBad === -1 ? candidates.length : surelyBad);
  const again = below.filter((at) => doubted(candidates, at).length > 0);
  const open = below.filter((at) => candidates[at - 1]?.standing === 'open');
  // A doubtful one is probably good, so what is above it goes on.
  const verify = [...new Set([...blamed.verify, ...again, ...open])].slice(0, slots);
  return { land, fault: blamed.fault, isBroken: surelyBad !== -1, verify };
}

function judgeTips({ base, candidates }: Row, room: Room): Judgement {
  const { slots } = room;
  const green = candidates.findLastIndex(({ standing }) => standing === 'green') + 1;
  const bad = candidates.findIndex(({ standing }, index) => index >= green && standing === 'bad') + 1;
  const isBroken = bad !== 0;
  // A green prefix lands by itself only if the tip of its train is not green.
  const tipAbove = candidates.findIndex(({ isTip }, index) => index + 1 >= green && isTip);
  const tipIsOpen = tipAbove !== -1 && candidates[tipAbove]?.standing === 'open';
  const land = green > 0 && tipIsOpen && !isBroken ? 0 : green;
  if (!isBroken) return { land, fault: null, isBroken, verify: tipsThenPrefixes(candidates, green, room) };
  if (bad === 1) return { land, ...blameFirst(base, candidates), isBroken };
  const search = [...spread(green, bad, slots, room), ...doubted(candidates, bad)];
  if (green === 0 && base.standing === 'open') search.push(0);
  return { land, fault: null, isBroken, verify: search.slice(0, slots) };
}

/** The first candidate is not green, and nothing is below it but the branch. */
function blameFirst(base: Seen, candidates: Row['candidates']): Pick<Judgement, 'fault' | 'verify'> {
  const verify = doubted(candidates, 1);
  if (base.standing === 'open' || !base.isSure) verify.push(0);
  if (verify.length > 0) return { fault: null, verify };
  return { fault: base.standing === 'green' ? 'first' : 'base', verify };
}

/** The position, if its verdict is to be repeated before it counts. */
function doubted(candidates: Row['candidates'], position: number): number[] {
  return candidates[position - 1]?.isSure === false ? [position] : [];
}

/** The tips above `green` in order; with free slots, positions within the trains, so that a red one is known at once. */
function tipsThenPrefixes(candidates: Row['candidates'], green: number, room: Room): number[] {
  const { slots } = room;
  const tips = positions(candidates.length).filter((at) => at > green && candidates[at - 1]?.isTip === true);
  const verify = tips.slice(0, slots);
  let below = green;
  for (const tip of verify.slice()) {
    const free = slots - verify.length;
    if (free <= 0) break;
    const inside = room.beginsInside
      ? spread(below, tip, free, room)
      : between(below, tip).filter((at) => room.isUnderWay(at));
    verify.push(...inside.slice(0, free));
    below = tip;
  }
  return verify;
}

/** At most `count` positions between two others, which cut the gap into equal parts; those under way come first. */
function spread(from: number, to: number, count: number, { isUnderWay }: Room): number[] {
  const inside = between(from, to);
  if (inside.length <= count) return inside;
  const cuts = positions(count).map((n) => from + Math.round((n * (to - from)) / (count + 1)));
  return [...new Set([...inside.filter(isUnderWay), ...cuts])].slice(0, count);
}

function between(from: number, to: number): number[] {
  return positions(Math.max(0, to - from - 1)).map((n) => from + n);
}

function positions(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
