// The Slack app: a click becomes a signal first and an acknowledgement then, so that an acknowledged click is never lost
// and a lost one shows in Slack. Whether it counts is the approval workflow's to judge.

import { App } from '@slack/bolt';
import type { Receiver } from '@slack/bolt';
import type { Logger } from 'pino';
import type { Click } from './clicks.ts';
import type { DecisionSender } from './decision-sender.ts';
import type { SlackEnvironment } from '../../domain/environment.ts';
import { RecentClicks } from './recent-clicks.ts';
import { boltLogger } from './bolt-logger.ts';
import { readClick } from './clicks.ts';

const closedText = 'This is closed: it has been decided, has expired, or is not asked any longer.';
const knownText = 'This click was recorded already.';

export interface SlackAppParts {
  readonly slack: SlackEnvironment;
  readonly receiver: Receiver;
  readonly sender: DecisionSender;
  readonly log: Logger;
}

type Client = App['client'];

export function makeSlackApp({ slack, receiver, sender, log }: SlackAppParts): App {
  const app = new App({
    // One workspace, one token. Bolt would ask Slack who that is at start, and fail with it when Slack is down.
    authorize: () => Promise.resolve({ botToken: slack.botToken }),
    ignoreSelf: false,
    receiver,
    logger: boltLogger(log),
    clientOptions: {
      retryConfig: { retries: 0 },
      ...(slack.apiUrl === null ? {} : { slackApiUrl: slack.apiUrl }),
    },
  });
  const handled = new RecentClicks();
  app.action(/.*/, async ({ ack, body, client }) => {
    const click = readClick(body, new Date().toISOString());
    if (click === null) {
      log.warn('a click that is not on a button of ours was ignored');
      return ack();
    }
    const { decisionId } = click.decision;
    const earlier = handled.get(decisionId);
    if (earlier !== undefined) {
      // Acknowledged only when the first delivery is: it may still fail.
      await earlier;
      await ack();
      return tell(client, click, knownText, log);
    }
    // Remembered before it is sent, so that the same click delivered twice at once is sent once.
    const sending = sender.send(click.approval, click.decision);
    handled.add(decisionId, sending);
    const outcome = await sending;
    await ack();
    log.info({ approval: click.approval, by: click.user, decision: click.decision.decision, outcome }, 'click');
    if (outcome === 'closed') await tell(client, click, closedText, log);
  });
  return app;
}

/** A private line; when Slack does not take it, the click still counts as it does. */
async function tell(client: Client, { channel, user }: Click, text: string, log: Logger): Promise<void> {
  if (channel === null) return;
  await client.chat.postEphemeral({ channel, user, text }).catch((error: unknown) => {
    log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'could not answer privately');
  });
}
