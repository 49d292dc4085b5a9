// Kills host processes as a power cut would, at random moments from a seed, and restarts them: most on their old disk,
// some on an empty one under another name.

import { setTimeout as sleep } from 'node:timers/promises';
import type { SpawnedWorker } from '../demo/processes.ts';
import { keyOf } from './note-taker.ts';
import type { Stage } from '../../bench/parts/stage.ts';

export interface Kill {
  readonly at: number;
  readonly host: string;
}

export interface KillerOptions {
  readonly hosts: number;
  readonly slots: number;
  readonly kills: number;
  readonly env: Readonly<Record<string, string>>;
  /** Uniform between 0 and 1. */
  readonly random: () => number;
}

/** Share of hosts that come back without their disk. */
const diskLost = 0.25;
const pauseMs = { least: 2_000, most: 8_000 };

export class HostKiller {
  readonly kills: Kill[] = [];
  private readonly stage: Stage;
  private readonly options: KillerOptions;
  private readonly alive: SpawnedWorker[] = [];
  private made = 0;

  private constructor(stage: Stage, options: KillerOptions) {
    this.stage = stage;
    this.options = options;
  }

  static async start(stage: Stage, options: KillerOptions): Promise<HostKiller> {
    const killer = new HostKiller(stage, options);
    for (let host = 0; host < options.hosts; host++) await killer.startHost(killer.newName());
    return killer;
  }

  /** Kills hosts until `options.kills` is reached or `isOver`. */
  async work(isOver: () => boolean, say: (line: string) => void): Promise<void> {
    while (this.kills.length < this.options.kills) {
      await sleep(pauseMs.least + this.options.random() * (pauseMs.most - pauseMs.least));
      if (isOver()) return;
      const host = this.alive[Math.floor(this.options.random() * this.alive.length)];
      if (host === undefined) return;
      host.kill();
      this.kills.push({ at: performance.now(), host: host.name });
      this.alive.splice(this.alive.indexOf(host), 1);
      say(`kill ${this.kills.length}: ${host.name}`);
      await this.startHost(this.options.random() < diskLost ? this.newName() : host.name);
    }
  }

  private async startHost(name: string): Promise<void> {
    const { slots, env } = this.options;
    const args = ['--role', 'host', '--slots', `${slots}`];
    this.alive.push(await this.stage.worker(name, args, { ...env, ANTHROPIC_API_KEY: keyOf(name) }));
  }

  private newName(): string {
    return `host-${(this.made += 1)}`;
  }
}
