// The pace at which a process posts to Slack: about one message in a second for each channel, in the order in which they came. When
// Slack asks to wait, or is away, everybody waits for it together, and one of them tries whether it is over. Who has to wait
// long is sent away with the time at which to come back, and keeps their place in the line.

import { setTimeout as pause } from 'node:timers/promises';
import { isOutage, pauseOf, slackFailure } from './failure.ts';
import { failure } from '../../contracts/failures.ts';

/** Slack allows about one message in a second for each channel. */
const betweenMs = 1_000;
/** Who waits no longer than this waits here. */
const patienceMs = 4_000;
/** While Slack is away, it is tried again after a second, and then ever less often, down to once a minute. */
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** Who does not come back so long after their turn has given up. */
const graceMs = 10 * 60_000;

export interface Clock {
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

const realClock: Clock = { now: Date.now, sleep: (ms) => pause(ms) };

interface Place {
  readonly key: string;
  turn: number;
  /** How often it was sent away without a try. */
  sentAway: number;
  /** How many wait here for this turn: none while it is sent away, and two if an attempt was given up and made again. */
  here: number;
}

/** A channel's posts, in order. */
interface Line {
  readonly places: Place[];
  /** The newest turn that was given. */
  last: number;
  /** Until the post that is under way has ended; null = none is. */
  busy: Promise<void> | null;
}

export class Pace {
  private readonly clock: Clock;
  private readonly between: number;
  private readonly lines = new Map<string, Line>();
  private pausedUntil = 0;
  /** Failures in a row. */
  private failures = 0;

  constructor(clock = realClock, between = betweenMs) {
    this.clock = clock;
    this.between = between;
  }

  /**
   * Posts when it is its turn. `key` is the same at every attempt. `work` is told how many attempts have come before that did not
   * reach Slack. Throws failures of the catalogue, as `failureOf` names them.
   */
  async post<Result>(
    channel: string,
    key: string,
    work: (sentAway: number) => Promise<Result>,
    failureOf = slackFailure,
  ): Promise<Result> {
    const line = this.lineOf(channel);
    const place = this.placeOf(line, key);
    const release = await this.untilTurn(line, place);
    try {
      const result = await work(place.sentAway);
      this.failures = 0;
      leave(line, place);
      return result;
    } catch (error) {
      const named = this.note(error, failureOf);
      if (!isOutage(error)) leave(line, place);
      throw isOutage(error) ? comeBack(named.message, place.turn - this.clock.now()) : named;
    } finally {
      release();
    }
  }

  /** Everything but posts: it only waits while everybody waits. */
  async call<Result>(work: () => Promise<Result>): Promise<Result> {
    const wait = this.pausedUntil - this.clock.now();
    if (wait > patienceMs) throw comeBack('Slack is asked again later', wait);
    if (wait > 0) await this.clock.sleep(wait);
    try {
      const result = await work();
      this.failures = 0;
      return result;
    } catch (error) {
      throw this.note(error);
    }
  }

  /** Takes the line when it is this one's turn, and returns what gives it back. */
  private async untilTurn(line: Line, place: Place): Promise<() => void> {
    place.here += 1;
    try {
      for (;;) {
        const wait = place.turn - this.clock.now();
        if (wait > patienceMs) {
          place.sentAway += 1;
          throw comeBack('Slack takes messages one after the other', wait);
        }
        if (wait > 0) await this.clock.sleep(wait);
        else if (line.busy !== null) await line.busy;
        // Whoever is before it wakes up at once.
        else if (isBehind(line, place)) await this.clock.sleep(0);
        // In the same turn in which it was found free: all that wait for `busy` go on together.
        else return take(line);
      }
    } finally {
      place.here -= 1;
    }
  }

  private placeOf(line: Line, key: string): Place {
    const now = this.clock.now();
    const found = line.places.find((place) => place.key === key);
    if (found !== undefined) return found;
    const gone = line.places.filter(({ turn }) => turn < now - graceMs);
    for (const place of gone) leave(line, place);
    const turn = Math.max(now, this.pausedUntil, line.last + this.between);
    const place = { key, turn, sentAway: 0, here: 0 };
    line.last = turn;
    line.places.push(place);
    return place;
  }

  private lineOf(channel: string): Line {
    const line = this.lines.get(channel) ?? { places: [], last: -Infinity, busy: null };
    this.lines.set(channel, line);
    return line;
  }

  /** After an outage, everybody has a new turn, in the same order. */
  private note(error: unknown, failureOf = slackFailure): Error {
    const named = failureOf(error);
    if (!isOutage(error)) return named;
    const asked = pauseOf(error);
    this.failures += 1;
    const ms = asked ?? Math.min(firstPauseMs * 2 ** Math.min(this.failures - 1, 10), longestPauseMs);
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.now() + ms);
    for (const line of this.lines.values()) {
      line.places.sort((a, b) => a.turn - b.turn);
      let next = this.pausedUntil;
      for (const place of line.places) {
        place.turn = Math.max(place.turn, next);
        next = place.turn + this.between;
        line.last = Math.max(line.last, place.turn);
      }
    }
    return named;
  }
}

function take(line: Line): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  line.busy = promise;
  return () => {
    line.busy = null;
    resolve();
  };
}

/** Whether somebody waits here whose turn is earlier. Those that were sent away hold up nobody. */
function isBehind(line: Line, place: Place): boolean {
  return line.places.some(({ turn, here }) => here > 0 && turn < place.turn);
}

function leave(line: Line, place: Place): void {
  const at = line.places.indexOf(place);
  if (at !== -1) line.places.splice(at, 1);
}

function comeBack(message: string, ms: number): Error {
  return failure('SlackUnavailable', message, { nextRetryDelayMs: Math.max(1, Math.ceil(ms)) });
}

const shared = new Map<string, Pace>();

/** The one of a token: whatever posts with it in this process waits in the same lines. */
export function paceOf({ botToken, apiUrl }: { readonly botToken: string; readonly apiUrl: string | null }): Pace {
  const key = `${apiUrl ?? ''} ${botToken}`;
  const pace = shared.get(key) ?? new Pace();
  shared.set(key, pace);
  return pace;
}
