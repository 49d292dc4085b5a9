// Does to a run in the merge queue what machines and people do, at random moments from a seed: kills hosts, orchestrators
// and the Temporal server, pushes to the branch as a stranger, pauses and steers the queue, and gives units up.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Branch } from './branch-moves.ts';
import type { Coppice, Run } from '../../client/api.ts';
import type { DrillServer } from './drill-server.ts';
import type { SpawnedWorker } from '../demo/processes.ts';
import { outcomeOf } from './outcome.ts';

export interface Place {
  readonly coppice: Coppice;
  readonly run: Run;
  readonly branch: Branch;
  readonly server: DrillServer;
  /** By name; those that are killed are started again by `startWorker`. */
  readonly workers: Map<string, SpawnedWorker>;
  startWorker(name: string): Promise<SpawnedWorker>;
  readonly units: readonly string[];
}

export interface SaboteurOptions {
  /** How many times to act. */
  readonly acts: number;
  /** Uniform between 0 and 1. */
  readonly random: () => number;
  readonly say: (line: string) => void;
}

const pauseMs = { least: 500, most: 4_000 };

export class Saboteur {
  /** Commits that strangers have pushed. */
  readonly pushed: string[] = [];
  /** Units that people took out of the queue or cancelled. */
  readonly givenUp = new Set<string>();
  acts = 0;
  private readonly place: Place;
  private readonly options: SaboteurOptions;

  constructor(place: Place, options: SaboteurOptions) {
    this.place = place;
    this.options = options;
  }

  async work(isOver: () => boolean): Promise<void> {
    while (this.acts < this.options.acts) {
      await this.rest();
      if (isOver()) return;
      this.acts += 1;
      const what = await this.act();
      this.options.say(`${this.acts}: ${what}`);
    }
  }

  /** Returns what was done. */
  private act(): Promise<string> {
    const { server, workers } = this.place;
    const acts: readonly (readonly [share: number, act: () => Promise<string>])[] = [
      [25, () => this.killWorker([...workers.keys()].filter((name) => name.startsWith('host')))],
      [20, () => this.killWorker([...workers.keys()].filter((name) => name.startsWith('orchestrator')))],
      [10, async () => server.killAndRestart(this.some([0, 1_000, 5_000])).then(() => 'killed the Temporal server')],
      [20, () => this.pushAsStranger()],
      [10, () => this.pauseQueue()],
      [8, () => this.steer({ type: 'bump' })],
      [7, () => this.giveUp()],
    ];
    let left = this.options.random() * acts.reduce((sum, [share]) => sum + share, 0);
    for (const [share, act] of acts) {
      left -= share;
      if (left < 0) return act();
    }
    return this.pushAsStranger();
  }

  private async killWorker(names: readonly string[]): Promise<string> {
    const { workers, startWorker } = this.place;
    const name = this.some(names);
    workers.get(name)?.kill();
    workers.set(name, await startWorker(name));
    return `killed ${name}`;
  }

  private pushAsStranger(): Promise<string> {
    const file = `stranger-${this.pushed.length + 1}`;
    this.pushed.push(this.place.branch.pushAsStranger(file));
    return Promise.resolve(`${file} pushed`);
  }

  private async pauseQueue(): Promise<string> {
    const { coppice, run } = this.place;
    const { repository, branch } = run.target;
    const paused = await outcomeOf(coppice.steerQueue(repository, branch, { type: 'pause' }));
    await this.rest();
    // A pause without an answer may still take effect.
    let resumed = await outcomeOf(coppice.steerQueue(repository, branch, { type: 'resume' }));
    while (paused !== 'refused' && resumed === 'unanswered') {
      await sleep(1_000);
      resumed = await outcomeOf(coppice.steerQueue(repository, branch, { type: 'resume' }));
    }
    return `paused the queue (${paused}, ${resumed})`;
  }

  private async steer({ type }: { readonly type: 'bump' | 'eject' }, unit = this.some(this.place.units)) {
    const { coppice, run } = this.place;
    const { repository, branch } = run.target;
    return `${type} ${unit}: ${await outcomeOf(coppice.steerQueue(repository, branch, { type, run: run.id, unit }))}`;
  }

  private async giveUp(): Promise<string> {
    const unit = this.some(this.place.units);
    if (this.givenUp.size > this.place.units.length / 6) return this.steer({ type: 'bump' });
    this.givenUp.add(unit);
    if (this.options.random() < 0.5) return this.steer({ type: 'eject' }, unit);
    return `cancel ${unit}: ${await outcomeOf(this.place.run.cancelUnit(unit))}`;
  }

  private some<T>(of: readonly T[]): T {
    const found = of[Math.floor(this.options.random() * of.length)];
    if (found === undefined) throw new Error('nothing to choose from');
    return found;
  }

  private rest(): Promise<void> {
    return sleep(pauseMs.least + this.options.random() * (pauseMs.most - pauseMs.least));
  }
}
