// Handles a click: first sends it as a signal, then acknowledges it. So an acknowledged click is never lost, and a lost
// one shows in Slack. The approval workflow decides if the click counts; this file checks its origin.

import { errorText } from '../../../domain/errors.ts';
import type { webApi } from '@slack/bolt';
import type { Logger } from 'pino';
import type { DecisionSender } from '../../medium.ts';
import type { Click } from './read-click.ts';
import type { OwnTeam } from './click-origin.ts';
import type { SlackIdentity } from './identity.ts';
import { RecentClicks } from './recent-clicks.ts';
import { isOwnClick } from './click-origin.ts';
import { readClick } from './read-click.ts';

const closedText = 'This is closed: it was decided, has expired, or is no longer needed.';
const knownText = 'This click was already recorded.';

const foreignText = 'This click does not count: it comes from another Slack workspace.';

export interface ClickHandlerParts {
  readonly identity: SlackIdentity;
  readonly slack: webApi.WebClient;
  readonly sender: DecisionSender;
  readonly log: Logger;
}

/** Rejects without acknowledging if the click could not be recorded. `body` may be anything. */
export type ClickHandler = (body: unknown, acknowledge: () => Promise<void>) => Promise<void>;

export function makeClickHandler({ slack, identity, sender, log }: ClickHandlerParts): ClickHandler {
  const handled = new RecentClicks();
  return async (body, acknowledge) => {
    const click = readClick(body, new Date().toISOString());
    if (click === null) {
      log.warn('ignored a message from Slack that is not a click on one of our buttons');
      return await acknowledge();
    }
    if (!isOwnClick(await ownTeam(identity), click.origin)) {
      await acknowledge();
      const { approval, user: by, origin } = click;
      log.warn({ approval, by, decision: click.decision.decision, origin }, 'refused a click from another workspace');
      return await tell(slack, click, foreignText, log);
    }
    const { decisionId } = click.decision;
    const earlier = handled.get(decisionId);
    if (earlier !== undefined) {
      // Acknowledged only after the first delivery succeeds: it may still fail.
      await earlier;
      await acknowledge();
      return await tell(slack, click, knownText, log);
    }
    // Remembered before it is sent, so that a click delivered twice at the same time is sent once.
    const sending = sender.send(click.approval, click.decision);
    handled.add(decisionId, sending);
    const outcome = await sending;
    await acknowledge();
    log.info({ approval: click.approval, by: click.user, decision: click.decision.decision, outcome }, 'click');
    if (outcome === 'closed') await tell(slack, click, closedText, log);
  };
}

/** Rejects while our workspace is unknown: the click is then not acknowledged, and Slack shows that. */
async function ownTeam(identity: SlackIdentity): Promise<OwnTeam> {
  const own = await identity.own();
  if (own !== null) return own;
  throw new Error('cannot accept a click until Slack says which workspace is ours; or set SLACK_TEAM_ID');
}

/** Sends a private line. If Slack does not accept it, the click is unaffected. */
async function tell(slack: webApi.WebClient, { channel, user }: Click, text: string, log: Logger): Promise<void> {
  if (channel === null) return;
  await slack.chat.postEphemeral({ channel, user, text }).catch((error: unknown) => {
    log.warn({ reason: errorText(error) }, 'could not answer privately');
  });
}
