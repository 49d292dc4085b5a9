// Takes slash commands and openings of the Home tab. Each is acknowledged at once, because Slack waits three seconds; the answer comes
// after that, so without an answer nothing is certain. A person gets what they may see, whoever else is in the workspace.

import type { Logger } from 'pino';
import type { webApi } from '@slack/bolt';
import type { ClickHandler, ClickTaker } from '../clicks/click-handler.ts';
import { type HomeOpened, type SlashCommand, readCommand } from './read-command.ts';
import { type CommandParts, lookAround, performCommand } from './perform-command.ts';
import type { SlackIdentity } from '../clicks/identity.ts';
import { drawHome } from './home.ts';
import { errorText } from '../../../domain/errors.ts';
import { failureHint, failureType } from '../../../contracts/failures.ts';
import { slackLine } from '../../../domain/text/inert.ts';
import { isOwnClick } from '../clicks/click-origin.ts';

export interface HandlerParts extends CommandParts {
  readonly slack: webApi.WebClient;
  readonly identity: SlackIdentity;
  /** The base of Slack's URLs, if it is a stand-in. */
  readonly apiUrl: string | null;
  readonly log: Logger;
}

/** Commands that are remembered, in case Slack delivers one again. */
const mostRemembered = 1_000;
const answerWithinMs = 5_000;

/** Takes what it knows, and leaves the rest to `others`. */
export function withCommands(parts: HandlerParts, others: ClickTaker): ClickHandler {
  const taken = new Set<string>();
  return async (body, acknowledge) => {
    const command = readCommand(body);
    if (command === null) {
      const click = await others(body, acknowledge);
      // What was decided on the Home tab, which is in no channel, waits there no longer.
      return click?.channel === null ? await publishHome(click.user, parts, click.approval) : undefined;
    }
    await acknowledge();
    if (!(await isOurs(command, parts))) return;
    if (command.type === 'home') return await publishHome(command.user, parts);
    if (command.trigger !== '' && taken.has(command.trigger)) return;
    taken.add(command.trigger);
    for (const oldest of taken) {
      if (taken.size <= mostRemembered) break;
      taken.delete(oldest);
    }
    await answer(command, parts);
  };
}

async function isOurs({ origin, user }: SlashCommand | HomeOpened, { identity, log }: HandlerParts): Promise<boolean> {
  const own = await identity.own();
  if (own !== null && isOwnClick(own, origin)) return true;
  log.warn({ by: user, origin }, 'ignored a command from another workspace, or while ours is unknown');
  return false;
}

async function answer(command: SlashCommand, parts: HandlerParts): Promise<void> {
  const { log } = parts;
  const { user: by, words } = command;
  const text = await performCommand(command, parts).catch((error: unknown) => {
    log.warn({ by, command: words.do, reason: errorText(error) }, 'a command failed');
    return explainShortly(error);
  });
  log.info({ by, command: words.do }, 'command');
  if (!isSlackUrl(command.responseUrl, parts.apiUrl)) return log.warn('a command came without an address of Slack');
  await fetch(command.responseUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ response_type: 'ephemeral', mrkdwn: false, text }),
    signal: AbortSignal.timeout(answerWithinMs),
    redirect: 'error',
  }).catch((error: unknown) => log.warn({ reason: errorText(error) }, 'could not answer a command'));
}

/** Answers go to Slack alone, whatever a request says. */
function isSlackUrl(text: string, apiUrl: string | null): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, host, origin } = new URL(text);
  if (apiUrl !== null && URL.canParse(apiUrl) && origin === new URL(apiUrl).origin) return true;
  return protocol === 'https:' && /(?:^|\.)slack(?:-gov)?\.com$/.test(host);
}

/** `decided`: an approval that lists may still have. */
async function publishHome(user: string, parts: HandlerParts, decided: string | null = null): Promise<void> {
  try {
    const around = await lookAround({ user, name: user, channel: null }, parts);
    const view = drawHome({ ...around, waiting: around.waiting.filter(({ id }) => id !== decided) });
    await parts.slack.views.publish({ user_id: user, view: view as unknown as webApi.View });
  } catch (error) {
    parts.log.warn({ by: user, reason: errorText(error) }, 'could not show the Home tab');
  }
}

/** Anything outside the catalogue is ours to find in the log. */
function explainShortly(error: unknown): string {
  if (failureType(error) === undefined) return 'That did not work; the gateway’s log says why.';
  return slackLine(`${errorText(error)}. ${failureHint(error) ?? ''}`, 1_000);
}
