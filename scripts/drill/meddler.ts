// Acts like people on a run, at random moments from a seed: sends a message to an agent, or pauses a unit or the whole
// run and resumes it. Remembers the messages, so that the drill can check that each was heard once.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../../client/api.ts';
import { outcomeOf } from './outcome.ts';

export interface MeddlerOptions {
  /** Uniform between 0 and 1. */
  readonly random: () => number;
  readonly units: readonly string[];
}

const pauseMs = { least: 500, most: 3_000 };

export class Meddler {
  /** Messages that a unit has accepted. */
  readonly said: { readonly unit: string; readonly text: string }[] = [];
  pauses = 0;
  private readonly run: Run;
  private readonly options: MeddlerOptions;

  constructor(run: Run, options: MeddlerOptions) {
    this.run = run;
    this.options = options;
  }

  async work(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.rest();
      const kind = this.options.random();
      if (kind < 0.6) await this.speak();
      else await this.pause(kind < 0.9 ? this.someUnit() : undefined);
    }
  }

  private async speak(): Promise<void> {
    const unit = this.someUnit();
    const text = `word ${this.said.length + 1} for ${unit}.`;
    if ((await outcomeOf(this.run.message(unit, text))) === 'done') this.said.push({ unit, text });
  }

  private async pause(unit: string | undefined): Promise<void> {
    if ((await outcomeOf(this.run.pause(unit))) === 'refused') return;
    this.pauses += 1;
    await this.rest();
    // A pause without an answer may still take effect.
    while ((await outcomeOf(this.run.resume(unit))) === 'unanswered') await sleep(pauseMs.least);
  }

  private someUnit(): string {
    return this.options.units[Math.floor(this.options.random() * this.options.units.length)] ?? '';
  }

  private rest(): Promise<void> {
    return sleep(pauseMs.least + this.options.random() * (pauseMs.most - pauseMs.least));
  }
}
