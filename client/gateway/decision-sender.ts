// The Temporal side of the gateway: sends one decision to one approval, with a deadline, because a person waits in
// Slack.

import type { DecisionSender } from '../../people/medium.ts';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import pTimeout from 'p-timeout';
import { signed } from '../../people/proof.ts';
import { withWorker } from '../with-worker.ts';
import { approvalViewQuery, decideSignal } from '../../contracts/messages/approval.ts';

/** Slack warns the clicker after 3 s without an acknowledgement. */
const deadlineMs = 2_000;

/** `secret` signs the decisions; null = they carry no proof. */
export function makeDecisionSender(client: Client, secret: string | null): DecisionSender {
  return {
    async send(approval, decision) {
      try {
        const sending = client.withDeadline(Date.now() + deadlineMs, () =>
          client.workflow.getHandle(approval).signal(decideSignal, signed(secret, approval, decision)),
        );
        // A call's deadline does not include making the connection.
        await pTimeout(sending, {
          milliseconds: deadlineMs,
          message: `Temporal has not answered within ${deadlineMs} ms`,
        });
        return 'sent';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'closed';
        throw error;
      }
    },
    read: (approval) => {
      const handle = client.workflow.getHandle(approval);
      return withWorker(client, () => handle.query(approvalViewQuery));
    },
  };
}
