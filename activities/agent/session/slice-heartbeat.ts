// The heartbeats of a slice: a cursor that `status` reads from the pending activity, and the sign of life without which
// a host counts as dead. They never contain content.

import type { SliceHeartbeat } from '../../../contracts/activities/agent.ts';
import type { SliceHost } from './slice-host.ts';
import { z } from 'zod';
import { inertText } from '../../../git/inert-text.ts';

/** The heartbeat timeout is 30 s, and a cancel arrives with a heartbeat. */
const beatMs = 3_000;
const thinking = 'thinking';

export class SliceHeartbeats {
  private cursor: SliceHeartbeat;
  private readonly timer: NodeJS.Timeout;
  private readonly host: Pick<SliceHost, 'hostId' | 'draining'>;
  private readonly heartbeat: (details: SliceHeartbeat) => void;

  /** `before` is the last heartbeat of the previous attempt, if there was one. */
  constructor(
    host: Pick<SliceHost, 'hostId' | 'draining'>,
    heartbeat: (details: SliceHeartbeat) => void,
    before?: unknown,
  ) {
    this.host = host;
    this.heartbeat = heartbeat;
    this.cursor = {
      host: host.hostId,
      turn: 0,
      checkpoint: null,
      costUsd: 0,
      modelCall: false,
      doing: 'preparing',
      ...handedOn(before),
    };
    this.timer = setInterval(() => this.beat(), beatMs);
    this.beat();
  }

  update(change: Partial<Omit<SliceHeartbeat, 'host'>>): void {
    this.cursor = { ...this.cursor, ...change };
    this.beat();
  }

  private beat(): void {
    this.heartbeat(this.host.draining() ? { ...this.cursor, draining: true } : this.cursor);
  }

  /** The turn after which a call was cut off; null = none, or it has been charged already. */
  get uncharged(): number | null {
    return this.cursor.uncharged ?? null;
  }

  get failures(): number {
    return this.cursor.failures ?? 0;
  }

  /** Hosts in a row that died with the slice, all in the same turn. */
  get deaths(): number {
    return this.cursor.deaths?.inARow ?? 0;
  }

  showActivity(text: string): void {
    this.update({ doing: inertText(text).slice(0, 100) });
  }

  modelCall(now: 'begun' | 'failed'): void {
    this.update(
      now === 'begun'
        ? { modelCall: true, doing: thinking }
        : { modelCall: false, doing: 'the model could not be asked' },
    );
  }

  /** In the same heartbeat as the turn, so that an answer is never both stored and counted as lost. */
  saved(state: Pick<SliceHeartbeat, 'checkpoint' | 'turn' | 'costUsd'>): void {
    const answered = this.cursor.modelCall && state.turn > this.cursor.turn;
    const doing = this.cursor.doing === thinking ? 'at work' : this.cursor.doing;
    this.update({ ...state, uncharged: null, ...(answered ? { modelCall: false, doing } : {}) });
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

const lastWord = z.object({
  turn: z.number(),
  modelCall: z.boolean(),
  uncharged: z.number().nullish(),
  failures: z.number().optional(),
  deaths: z.object({ turn: z.number(), inARow: z.number() }).optional(),
  settled: z.literal(true).optional(),
});

/**
 * What an attempt inherits from those before it. An attempt that ends in an error records that; one that did not has
 * died.
 */
function handedOn(before: unknown): Partial<Pick<SliceHeartbeat, 'turn' | 'uncharged' | 'failures' | 'deaths'>> {
  const parsed = lastWord.safeParse(before);
  if (!parsed.success) return {};
  const { turn, modelCall, uncharged = null, failures = 0 } = parsed.data;
  const { deaths = { turn, inARow: 0 }, settled = false } = parsed.data;
  const died = { turn, inARow: deaths.turn === turn ? deaths.inARow + 1 : 1 };
  // The turn is inherited too, until this attempt knows its own.
  return { turn, uncharged: modelCall ? turn : uncharged, failures, deaths: settled ? deaths : died };
}
