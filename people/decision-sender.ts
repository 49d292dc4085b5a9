// Where a channel sends what people decide.

import type { Decision } from '../contracts/approval.ts';

export type SendOutcome = 'sent' | 'closed';

export interface DecisionSender {
  /** Answers when Temporal has the decision for good, or says that the approval is closed. Rejects when neither is known. */
  send(approval: string, decision: Decision): Promise<SendOutcome>;
}
