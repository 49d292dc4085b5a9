// Handles a click: opens its window, or first sends it as a signal, then acknowledges it. So an acknowledged click is
// never lost, and a lost one shows in Slack. The approval workflow decides if the click counts; this file checks its origin.

import { errorText } from '../../../domain/errors.ts';
import type { webApi } from '@slack/bolt';
import type { Logger } from 'pino';
import type { DecisionSender } from '../../medium.ts';
import { type Click, type Opening, type Turning, readIntent } from './read-click.ts';
import { type Modal, answerModal, denyModal } from '../modals.ts';
import { detailsModal, waitingModal } from '../details.ts';
import pTimeout from 'p-timeout';
import { isRefusal } from '../failure.ts';
import type { OwnTeam } from './click-origin.ts';
import type { SlackIdentity } from './identity.ts';
import type { UserGroups } from '../groups.ts';
import { RecentClicks } from './recent-clicks.ts';
import { isOwnClick } from './click-origin.ts';
import { userGroupsIn } from '../../../domain/approval/user-groups.ts';

const closedText = 'This is closed: it was decided, has expired, or is no longer needed.';
const knownText = 'This click was already recorded.';

const foreignText = 'This click does not count: it comes from another Slack workspace.';

export interface ClickHandlerParts {
  readonly identity: SlackIdentity;
  readonly slack: webApi.WebClient;
  readonly groups: UserGroups;
  readonly sender: DecisionSender;
  readonly log: Logger;
}

/** Rejects without acknowledging if the click could not be recorded. `body` may be anything. */
export type ClickHandler = (body: unknown, acknowledge: () => Promise<void>) => Promise<void>;

/** The same, and answers the decision that was sent; null = none was. */
export type ClickTaker = (...click: Parameters<ClickHandler>) => Promise<Click | null>;

export function makeClickHandler(parts: ClickHandlerParts): ClickTaker {
  const { slack, identity, log } = parts;
  const handled = new RecentClicks();
  return async (body, acknowledge) => {
    const intent = readIntent(body, new Date().toISOString());
    if (intent === null) {
      log.warn('ignored a message from Slack that is not a click on one of our buttons');
      await acknowledge();
      return null;
    }
    if (!isOwnClick(await ownTeam(identity), intent.origin)) {
      await acknowledge();
      const { user: by, origin, ...about } = intent;
      const approval = about.type === 'decision' ? about.approval : about.value.id;
      log.warn({ approval, by, origin }, 'refused a click from another workspace');
      await tell(slack, intent, foreignText, log);
      return null;
    }
    if (intent.type === 'decision') return await take(intent, acknowledge, handled, parts);
    if (intent.type === 'open' && intent.window !== 'details') {
      return await askForWords(intent, acknowledge, handled, parts);
    }
    await (intent.type === 'turn' ? turnPage(intent, acknowledge, parts) : showDetails(intent, acknowledge, parts));
    return null;
  };
}

/** Decides nothing while the window may be open: what is entered there decides. */
async function askForWords(
  opening: Opening,
  acknowledge: () => Promise<void>,
  handled: RecentClicks,
  parts: ClickHandlerParts,
): Promise<Click | null> {
  const { window, value, channel, trigger, denial } = opening;
  const modal = window === 'deny' ? denyModal({ ...value, channel }) : answerModal({ ...value, channel });
  const { soon, last } = openView(parts.slack, trigger, modal);
  // Surely without a window: the person has clicked it.
  if ((await soon) === null && window === 'deny') return await take(denial, acknowledge, handled, parts);
  await acknowledge();
  if (typeof (await last) !== 'string') await tell(parts.slack, opening, explainUnopened(opening), parts.log);
  return null;
}

function explainUnopened({ window, value: { id } }: Opening): string {
  const other = window === 'deny' ? `type /coppice deny ${id}` : `on the command line: coppice answer ${id} "…"`;
  return `Nothing is recorded: the window may not have opened. If you do not see it, press the button again, or ${other}`;
}

async function take(
  click: Click,
  acknowledge: () => Promise<void>,
  handled: RecentClicks,
  { slack, groups, sender, log }: ClickHandlerParts,
): Promise<Click | null> {
  const { decisionId } = click.decision;
  const earlier = handled.get(decisionId);
  if (earlier !== undefined) {
    // Acknowledged only after the first delivery succeeds: it may still fail.
    await earlier;
    await acknowledge();
    await tell(slack, click, knownText, log);
    return null;
  }
  // Remembered before it is sent, so that a click delivered twice at the same time is sent once.
  const sending = groupsOf(click, sender)
    .then((asked) => groups.of(click.user, asked))
    .then((membership) => {
      const { by } = click.decision;
      return sender.send(click.approval, { ...click.decision, by: { ...by, ...membership } });
    });
  handled.add(decisionId, sending);
  const outcome = await sending;
  await acknowledge();
  log.info({ approval: click.approval, by: click.user, decision: click.decision.decision, outcome }, 'click');
  if (outcome === 'closed') await tell(slack, click, closedText, log);
  return click;
}

/** Rejects if the approval has to say and does not: without its groups, a member would be refused. */
async function groupsOf({ approval, groups }: Click, sender: DecisionSender): Promise<readonly string[]> {
  return groups ?? userGroupsIn((await sender.read(approval)).policy);
}

/** So that the click can be acknowledged in time, whatever becomes of the window. */
const openWithinMs = 1_500;

/** A window's id; null = Slack surely has not opened it; undefined = nobody knows. */
type Opened = string | null | undefined;

interface ViewOpening {
  /** What is known when the click has to be acknowledged. */
  readonly soon: Promise<Opened>;
  /** What is known once Slack has answered, or will not. */
  readonly last: Promise<Opened>;
}

function openView(slack: webApi.WebClient, trigger: string, modal: Modal): ViewOpening {
  const last = slack.views.open({ trigger_id: trigger, view: modal as unknown as webApi.View }).then(
    ({ view }): Opened => view?.id,
    (error: unknown): Opened => (isRefusal(error) ? null : undefined),
  );
  return { last, soon: pTimeout(last, { milliseconds: openWithinMs, fallback: () => undefined }) };
}

/** The window opens at once, and is filled when the approval has answered. */
async function showDetails(
  opening: Opening,
  acknowledge: () => Promise<void>,
  { slack, sender, log }: ClickHandlerParts,
): Promise<void> {
  const { trigger, value } = opening;
  const { soon, last } = openView(slack, trigger, waitingModal('Looking it up …'));
  await soon;
  await acknowledge();
  const [view, window] = await Promise.all([sender.read(value.id).catch(() => null), last]);
  const modal = view === null ? waitingModal(unknownDetails(value.id)) : detailsModal(view);
  if (typeof window !== 'string') return await tell(slack, opening, unknownDetails(value.id), log);
  await show(slack, window, modal, log);
}

async function turnPage(
  { window, value }: Turning,
  acknowledge: () => Promise<void>,
  { slack, sender, log }: ClickHandlerParts,
): Promise<void> {
  await acknowledge();
  const view = await sender.read(value.id).catch(() => null);
  await show(
    slack,
    window,
    view === null ? waitingModal(unknownDetails(value.id)) : detailsModal(view, value.page),
    log,
  );
}

async function show(slack: webApi.WebClient, window: string, modal: Modal, log: Logger): Promise<void> {
  await slack.views.update({ view_id: window, view: modal as unknown as webApi.View }).catch((error: unknown) => {
    log.warn({ reason: errorText(error) }, 'could not show the details');
  });
}

function unknownDetails(id: string): string {
  const [, run = '', , unit] = id.split(':');
  return `They cannot be shown now. On the command line: ${unit === undefined ? 'coppice approvals' : `coppice diff ${run} ${unit}`}`;
}

/** Rejects while our workspace is unknown: the click is then not acknowledged, and Slack shows that. */
async function ownTeam(identity: SlackIdentity): Promise<OwnTeam> {
  const own = await identity.own();
  if (own !== null) return own;
  throw new Error('cannot accept a click until Slack says which workspace is ours; or set SLACK_TEAM_ID');
}

/** Sends a private line. If Slack does not accept it, the click is unaffected. */
async function tell(
  slack: webApi.WebClient,
  { channel, user }: Pick<Click, 'channel' | 'user'>,
  text: string,
  log: Logger,
): Promise<void> {
  if (channel === null) return;
  await slack.chat.postEphemeral({ channel, user, text }).catch((error: unknown) => {
    log.warn({ reason: errorText(error) }, 'could not answer privately');
  });
}
