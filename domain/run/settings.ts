// A run's settings, from its plan's configuration and the command line; fixed when it starts.

import type { ApprovalPolicy, AskVerdict, PlanRequest } from '../../contracts/approval.ts';
import type { CardChannels, NoticeChannel } from '../../contracts/people.ts';

export interface RunSettings extends CardChannels {
  readonly parallel: number;
  readonly budgetUsd: number | null;
  /** These three are absent in runs that began before such limits existed. */
  readonly maxTokens?: number | null;
  readonly maxTurns?: number | null;
  /** From the run's start, including waiting. */
  readonly maxSeconds?: number | null;
  /** For units without a budget of their own. */
  readonly unitBudgetUsd: number | null;
  /** Whether people are asked for more money. */
  readonly budgetVerdict: AskVerdict;
  /**
   * The target is tried before the first unit. Absent in runs that began before this existed, and if there is nothing
   * to try.
   */
  readonly tryTarget?: { readonly allowRed: boolean };
  /** People must agree to the plan before anything begins; absent = nobody is asked, or they have agreed. */
  readonly planAsk?: { readonly policy: ApprovalPolicy; readonly request: PlanRequest };
  /**
   * The run makes its plan first; absent = it has one. `only`: it ends with the plan. `unitsOnly`: there is no session, a host
   * makes the units of a written plan.
   */
  readonly planning?: { readonly only: boolean; readonly unitsOnly?: true };
  /** Where the run is told of; absent in runs that began before this existed, and if nobody is to be told. */
  readonly notices?: readonly NoticeChannel[];
  /** How long an approval stays open before silence counts as "no". */
  readonly approvalSeconds: number;
}

export type RunLimits = Pick<RunSettings, 'budgetUsd' | 'maxTokens' | 'maxTurns'>;
