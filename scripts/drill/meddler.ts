// What people do to a run at random moments that a seed decides: say something to an agent, pause a unit or the whole run
// and resume it. Remembers what was said, so that the drill can see whether it was heard once.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../../client/api.ts';
import { explainFailure } from '../../client/api.ts';

export interface MeddlerOptions {
  /** Between 0 and 1, evenly. */
  readonly random: () => number;
  readonly units: readonly string[];
}

const pauseMs = { least: 500, most: 3_000 };

export class Meddler {
  /** Texts that a unit has taken. */
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
    // A pause that nobody answered may come into effect all the same.
    while ((await outcomeOf(this.run.resume(unit))) === 'unanswered') await sleep(pauseMs.least);
  }

  private someUnit(): string {
    return this.options.units[Math.floor(this.options.random() * this.options.units.length)] ?? '';
  }

  private rest(): Promise<void> {
    return sleep(pauseMs.least + this.options.random() * (pauseMs.most - pauseMs.least));
  }
}

/** What became of it: `unanswered` = no worker said anything. */
async function outcomeOf(action: Promise<void>): Promise<'done' | 'refused' | 'unanswered'> {
  try {
    await action;
    return 'done';
  } catch (error) {
    const failed = explainFailure(error);
    if (failed === null) throw error;
    return failed.type === 'Refused' ? 'refused' : 'unanswered';
  }
}
