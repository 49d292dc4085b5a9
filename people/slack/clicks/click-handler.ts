// What a click does: it becomes a signal first and an acknowledgement then, so that an acknowledged click is never lost and
// a lost one shows in Slack. Whether it counts is the approval workflow's to judge; where it comes from is judged here.

import { errorText } from '../../../domain/errors.ts';
import type { webApi } from '@slack/bolt';
import type { Logger } from 'pino';
import type { DecisionSender } from '../../decision-sender.ts';
import type { Click } from './read-click.ts';
import type { OwnTeam } from './click-origin.ts';
import type { SlackIdentity } from './identity.ts';
import { RecentClicks } from './recent-clicks.ts';
import { isOwnClick } from './click-origin.ts';
import { readClick } from './read-click.ts';

const closedText = 'This is closed: it has been decided, has expired, or is not asked any longer.';
const knownText = 'This click was recorded already.';

const foreignText = 'This does not count: it comes from another Slack workspace.';

export interface ClickHandlerParts {
  readonly identity: SlackIdentity;
  readonly slack: webApi.WebClient;
  readonly sender: DecisionSender;
  readonly log: Logger;
}

/** Rejects when the click is not recorded, and has not acknowledged it then. `body` may be anything. */
export type ClickHandler = (body: unknown, acknowledge: () => Promise<void>) => Promise<void>;

export function makeClickHandler({ slack, identity, sender, log }: ClickHandlerParts): ClickHandler {
  const handled = new RecentClicks();
  return async (body, acknowledge) => {
    const click = readClick(body, new Date().toISOString());
    if (click === null) {
      log.warn('a message from Slack that is no click on a button of ours was ignored');
      return await acknowledge();
    }
    if (!isOwnClick(await ownTeam(identity), click.origin)) {
      await acknowledge();
      const { approval, user: by, origin } = click;
      log.warn(
        { approval, by, decision: click.decision.decision, origin },
        'a click from another workspace was refused',
      );
      return await tell(slack, click, foreignText, log);
    }
    const { decisionId } = click.decision;
    const earlier = handled.get(decisionId);
    if (earlier !== undefined) {
      // Acknowledged only when the first delivery is: it may still fail.
      await earlier;
      await acknowledge();
      return await tell(slack, click, knownText, log);
    }
    // Remembered before it is sent, so that the same click delivered twice at once is sent once.
    const sending = sender.send(click.approval, click.decision);
    handled.add(decisionId, sending);
    const outcome = await sending;
    await acknowledge();
    log.info({ approval: click.approval, by: click.user, decision: click.decision.decision, outcome }, 'click');
    if (outcome === 'closed') await tell(slack, click, closedText, log);
  };
}

/** Rejects while nobody knows the workspace: the click is not acknowledged then, and Slack shows that. */
async function ownTeam(identity: SlackIdentity): Promise<OwnTeam> {
  const own = await identity.own();
  if (own !== null) return own;
  throw new Error('a click is not taken while Slack does not say which workspace is ours; SLACK_TEAM_ID can say it');
}

/** A private line; when Slack does not take it, the click still counts as it does. */
async function tell(slack: webApi.WebClient, { channel, user }: Click, text: string, log: Logger): Promise<void> {
  if (channel === null) return;
  await slack.chat.postEphemeral({ channel, user, text }).catch((error: unknown) => {
    log.warn({ reason: errorText(error) }, 'could not answer privately');
  });
}
