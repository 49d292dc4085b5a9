// The free space of this host, and if it is enough for new work. Running work continues: the floor keeps new work away
// before running work suffers.

import { freeDisk } from './disk.ts';
import type { Logger } from 'pino';
import { failure } from '../../contracts/failures.ts';

/** MiB. */
export interface FreeSpace {
  readonly memoryMb: number;
  readonly diskMb: number;
}

export interface RoomSettings {
  readonly home: string;
  /** What must be free for new work. */
  readonly floor: FreeSpace;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  /** Replaces the system's figures. */
  readonly measure?: () => Promise<FreeSpace>;
}

/** Delay before a rejected task is tried again, here or on another host. */
const backAfterMs = 15_000;

export class HostRoom {
  readonly floor: FreeSpace;
  private readonly settings: RoomSettings;
  private full = false;

  constructor(settings: RoomSettings) {
    this.settings = settings;
    this.floor = settings.floor;
  }

  measure(): Promise<FreeSpace> {
    return this.settings.measure?.() ?? measure(this.settings.home);
  }

  /** Throws `HostFull`, which gives the task back for a while. */
  async assertRoom(): Promise<void> {
    const room = await this.measure();
    const lack = lackOf(room, this.floor);
    if ((lack !== null) !== this.full) this.say(lack, room);
    this.full = lack !== null;
    if (lack !== null)
      throw failure('HostFull', `this host takes nothing new: ${lack}`, { nextRetryDelayMs: backAfterMs });
  }

  private say(lack: string | null, room: FreeSpace): void {
    if (lack === null) this.settings.log.info(room, 'takes work again');
    else this.settings.log.warn({ ...room, floor: this.floor }, `takes nothing new: ${lack}`);
  }
}

/** One line for people; null = there is enough. */
export function lackOf(room: FreeSpace, floor: FreeSpace): string | null {
  if (room.diskMb < floor.diskMb) return `${room.diskMb} MiB of disk are free, ${floor.diskMb} must be`;
  if (room.memoryMb < floor.memoryMb) return `${room.memoryMb} MiB of memory are free, ${floor.memoryMb} must be`;
  return null;
}

async function measure(home: string): Promise<FreeSpace> {
  // Also limited by the worker's control group.
  return { memoryMb: mebibytes(process.availableMemory()), diskMb: mebibytes(await freeDisk(home)) };
}

function mebibytes(bytes: number): number {
  return Math.floor(bytes / 2 ** 20);
}
