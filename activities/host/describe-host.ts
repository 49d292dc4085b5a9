// What a host reports about itself to operators (`coppice list --hosts`). Each host polls its own task queue for this.

import type { HostReport } from '../../contracts/activities/host.ts';
import type { HostRoom } from './room.ts';
import { lackOf } from './room.ts';

export interface DescribedHost extends Pick<HostReport, 'host' | 'version' | 'sandbox' | 'startedAt'> {
  readonly room: HostRoom;
  readonly slots: { readonly agents: Slots; readonly verify: Slots };
  draining(): boolean;
}

/** The number of slots, and how many are in use. */
export class Slots {
  readonly total: number;
  private taken = 0;

  constructor(total: number) {
    this.total = total;
  }

  get used(): number {
    return this.taken;
  }

  /** The same activity, counted while it runs. */
  counting<Input, Output>(activity: (input: Input) => Promise<Output>): (input: Input) => Promise<Output> {
    return async (input) => {
      this.taken += 1;
      try {
        return await activity(input);
      } finally {
        this.taken -= 1;
      }
    };
  }
}

export function makeDescribeHost(host: DescribedHost): () => Promise<HostReport> {
  return async () => {
    const { room, slots, draining, host: id, version, sandbox, startedAt } = host;
    const free = await room.measure();
    const { agents, verify } = slots;
    return {
      host: id,
      version,
      sandbox,
      startedAt,
      draining: draining(),
      slots: { total: agents.total, used: agents.used },
      verifySlots: { total: verify.total, used: verify.used },
      free,
      floor: room.floor,
      lack: lackOf(free, room.floor),
    };
  };
}
