// The Temporal side of the gateway: one decision to one approval, with a deadline, because somebody waits in Slack.

import type { DecisionSender } from '../../people/decision-sender.ts';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { decideSignal } from '../../contracts/messages/approval.ts';

/** Slack warns the clicker after 3 s without an acknowledgement. */
const deadlineMs = 2_000;

export function makeDecisionSender(client: Client): DecisionSender {
  return {
    async send(approval, decision) {
      try {
        const sending = client.withDeadline(Date.now() + deadlineMs, () =>
          client.workflow.getHandle(approval).signal(decideSignal, decision),
        );
        await withinDeadline(sending);
        return 'sent';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'closed';
        throw error;
      }
    },
  };
}

/** The deadline of a call does not cover the connection that it may have to make first. */
async function withinDeadline(sending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Temporal has not answered within ${deadlineMs} ms`)), deadlineMs);
  });
  await Promise.race([sending, late]).finally(() => clearTimeout(timer));
}
