// The heartbeats of a slice: a cursor that `status` reads from the pending activity, and the sign of life that lets a
// dead host be noticed. Never content.

import type { SliceHeartbeat } from '../../domain/activity-contracts.ts';
import { inertText } from '../../git/inert-text.ts';

/** The heartbeat timeout is 30 s, and a cancel travels by heartbeat. */
const beatMs = 3_000;

/** What a session does while the model is asked. */
export const thinking = 'thinking';

export class SlicePulse {
  private cursor: SliceHeartbeat;
  private readonly timer: NodeJS.Timeout;
  private readonly heartbeat: (details: SliceHeartbeat) => void;

  constructor(host: string, heartbeat: (details: SliceHeartbeat) => void) {
    this.heartbeat = heartbeat;
    this.cursor = { host, turn: 0, checkpoint: null, costUsd: 0, doing: 'preparing' };
    this.timer = setInterval(() => this.heartbeat(this.cursor), beatMs);
    this.heartbeat(this.cursor);
  }

  update(change: Partial<Omit<SliceHeartbeat, 'host'>>): void {
    this.cursor = { ...this.cursor, ...change };
    this.heartbeat(this.cursor);
  }

  doing(text: string): void {
    this.update({ doing: inertText(text).slice(0, 100) });
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
