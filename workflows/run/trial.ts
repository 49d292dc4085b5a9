// Tries the run's target: before the first unit, and again while people are asked about a red one.

import { isCancellation, sleep } from '@temporalio/workflow';
import type { RunInput } from '../../domain/run/input.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { RunAsk, TryVerdict } from '../../domain/run/state.ts';
import { describeFailure } from '../failure-text.ts';
import { judgeTry, redNote } from '../../domain/run/trial.ts';
import { reason } from '../../contracts/failures.ts';
import { webUiText } from '../../domain/text/inert.ts';
import { tryTarget } from '../activities.ts';

/** Pauses between tries of a red target; each is twice as long as the one before. */
const firstPauseMs = 5_000;
const longestPauseMs = 15 * 60_000;

type RedAsk = Extract<RunAsk, { kind: 'red-base' }>;

export class Trial {
  /** What agents are told about a target that is red and allowed to be. */
  redTarget: string | undefined;
  private readonly input: RunInput;
  private state: 'to come' | 'under way' | 'over';
  private tried: Sha | undefined;

  constructor(input: RunInput) {
    this.input = input;
    this.redTarget = input.context.redTarget;
    this.state = input.settings.tryTarget === undefined ? 'over' : 'to come';
  }

  get isOver(): boolean {
    return this.state === 'over';
  }

  get isUnderWay(): boolean {
    return this.state === 'under way';
  }

  /** Once, before anything is spent; not again after a continue-as-new or a decision. */
  async first(began: () => void): Promise<TryVerdict> {
    this.state = 'under way';
    began();
    const verdict = (await this.again()) ?? { type: 'start' };
    this.state = 'over';
    if (verdict.type === 'start-red') this.redTarget = verdict.note;
    return verdict;
  }

  /** Tries the target from time to time; returns once it is no longer red in the same way. */
  async untilOtherThan(ask: RedAsk): Promise<TryVerdict> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      await sleep(pauseMs, { summary: 'look whether the target has changed' });
      const verdict = await this.again();
      if (verdict !== null && !isSame(verdict, ask)) return verdict;
    }
  }

  /** People have allowed a red target, but by now it may be another commit, or green. */
  async allow(ask: RedAsk): Promise<void> {
    const verdict = await this.again();
    const { problem, output } = verdict?.type === 'ask' ? verdict.ask : ask;
    this.redTarget = verdict?.type === 'start' ? undefined : redNote(problem, output);
  }

  /** Null if the target is still at the commit that was tried last. */
  private async again(): Promise<TryVerdict | null> {
    const { context, settings } = this.input;
    try {
      const unless = this.tried;
      const summary = `try the target ${webUiText(context.branch)}`;
      const result = await tryTarget.executeWithOptions({ summary }, [
        { context, ...(unless === undefined ? {} : { unless }) },
      ]);
      if (result.status === 'unchanged') return null;
      this.tried = result.commit;
      return judgeTry(context.run, result, settings.tryTarget?.allowRed === true);
    } catch (error) {
      if (isCancellation(error)) throw error;
      return { type: 'fail', reason: reason('error', describeFailure(error)) };
    }
  }
}

function isSame(verdict: TryVerdict, { problem, output }: RedAsk): boolean {
  return verdict.type === 'ask' && verdict.ask.problem === problem && verdict.ask.output === output;
}
