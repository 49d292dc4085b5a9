// What a run keeps to, from its plan's configuration and the command line; fixed when it starts.

import type { AskVerdict } from '../../contracts/approval.ts';
import type { CardChannels } from '../../contracts/people.ts';

export interface RunSettings extends CardChannels {
  readonly parallel: number;
  readonly budgetUsd: number | null;
  /** These three are absent in runs from before there were such limits. */
  readonly maxTokens?: number | null;
  readonly maxTurns?: number | null;
  /** From its start on, waiting included. */
  readonly maxSeconds?: number | null;
  /** For units that set no budget of their own. */
  readonly unitBudgetUsd: number | null;
  /** Whether people are asked for more money. */
  readonly budgetVerdict: AskVerdict;
  /** The target is tried before the first unit; absent in runs from before that, and where there is nothing to try. */
  readonly tryTarget?: { readonly allowRed: boolean };
  /** How long an approval stays open before silence counts as "no". */
  readonly approvalSeconds: number;
}

export type RunLimits = Pick<RunSettings, 'budgetUsd' | 'maxTokens' | 'maxTurns'>;
