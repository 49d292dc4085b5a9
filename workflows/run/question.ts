// The open question about a whole run: more money, a refused key, a red target. It is asked beside the run's main loop:
// units continue to end meanwhile, and cancelling the run withdraws the question.

import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { RunAsk, RunStateEvent } from '../../domain/run/state.ts';
import type { RunInput } from '../../domain/run/input.ts';
import type { Trial } from './trial.ts';
import { aboutRun } from '../../domain/run/hold.ts';
import { askPeople } from '../approval/ask-people.ts';
import { channelsOf } from '../../contracts/people.ts';
import { runApprovalWorkflowId } from '../../contracts/ids.ts';

export class Question {
  private readonly input: RunInput;
  private readonly trial: Trial;
  private readonly take: (event: RunStateEvent) => void;
  private asking: CancellationScope | null = null;
  /** The number of the question that was asked last. */
  asked = 0;

  /** `take` receives the question's outcome. */
  constructor(input: RunInput, trial: Trial, take: (event: RunStateEvent) => void) {
    this.input = input;
    this.trial = trial;
    this.take = take;
  }

  get isOpen(): boolean {
    return this.asking !== null;
  }

  /** `asked` counts the run's questions, and is part of the approval's id. `closed` is called at the very end. */
  ask(ask: RunAsk, asked: number, closed: () => void): void {
    const asking = new CancellationScope();
    const watching = new CancellationScope();
    this.asking = asking;
    this.asked = asked;
    if (ask.kind === 'red-base') void watching.run(() => this.watchRedTarget(ask)).catch(() => undefined);
    void asking
      .run(() => askPeople(this.approvalOf(ask, asked)))
      .then(
        async (view) => {
          watching.cancel();
          if (ask.kind === 'red-base' && view.status === 'approved') await this.trial.allow(ask);
          this.take({ type: 'ask-ended', view, asked });
        },
        (error: unknown) => {
          // If the approval was terminated by hand, nobody will decide it. If it was cancelled with the run, nobody
          // needs to.
          if (!isCancellation(error)) this.take({ type: 'ask-lost', asked });
        },
      )
      .finally(() => {
        watching.cancel();
        this.asking = null;
        closed();
      });
  }

  takeBack(): void {
    this.asking?.cancel();
  }

  /** While people are asked about a red target, it may change: then the question is withdrawn, or becomes another. */
  private async watchRedTarget(ask: Extract<RunAsk, { kind: 'red-base' }>): Promise<void> {
    const verdict = await this.trial.untilOtherThan(ask);
    this.take({ type: 'target-tried', verdict });
    this.takeBack();
  }

  private approvalOf(ask: RunAsk, asked: number): Parameters<typeof askPeople>[0] {
    const { context, slug, goal, settings } = this.input;
    const { run, repository, branch, requestedBy } = context;
    const place = { repository, branch, requestedBy, title: goal || run };
    return {
      id: runApprovalWorkflowId(run, asked),
      run,
      unit: null,
      slug,
      ...aboutRun(ask, place),
      policy: this.policyOf(ask),
      openForSeconds: settings.approvalSeconds,
      channels: channelsOf(settings),
    };
  }

  private policyOf(ask: RunAsk) {
    const { budgetVerdict, planAsk } = this.input.settings;
    if (ask.kind === 'plan' && ask.edit !== undefined) return ask.edit.policy;
    if (ask.kind === 'plan' && planAsk !== undefined) return planAsk.policy;
    if (ask.kind === 'budget' && budgetVerdict.decide === 'ask') return budgetVerdict.policy;
    const rule = ask.kind === 'red-base' ? 'the target must be green' : 'the model must be reachable';
    return { rule, by: [], allowed: null };
  }
}
