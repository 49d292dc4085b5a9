// Slack, for `coppice doctor`: it takes the bot token, lets the app into the channel, and opens Socket Mode for the app token.

import type { webApi } from '@slack/bolt';
import { certificateHint, errorText } from '../../domain/errors.ts';
import type { Env } from '../../domain/environment.ts';
import { type Finding, fail, ok, together, warn } from '../../domain/doctor/finding.ts';
import { answerOf } from './failure.ts';
import { slackClient } from './web-client.ts';
import { type SlackEnvironment, clicksEnvironment, slackEnvironment } from './environment.ts';

const timeoutMs = 5_000;

/** `channel` is the one in coppice.yaml. Throws `BadInput`. */
export async function checkSlack(env: Env, channel: Promise<string | null>): Promise<Finding> {
  const slack = slackEnvironment(env) ?? clicksEnvironment(env);
  if (slack === null) {
    const named = await channel;
    return named === null
      ? ok('not configured')
      : warn(
          `coppice.yaml names the channel ${named}, and no token is set here`,
          'Set SLACK_BOT_TOKEN on workers that run workflows; until then, answer with `coppice approvals`.',
        );
  }
  const { appToken, signingSecret } = slack;
  const found = together(
    await Promise.all([checkBotToken(slack, channel), ...(appToken === null ? [] : [checkAppToken(slack, appToken)])]),
  );
  if (found.status !== 'ok' || appToken !== null || signingSecret !== null) return found;
  return warn(
    `${found.detail}, but clicks cannot come in`,
    'Set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) for the gateway.',
  );
}

async function checkBotToken(
  { botToken, apiUrl }: SlackEnvironment,
  channel: Promise<string | null>,
): Promise<Finding> {
  const slack = slackClient({ botToken, apiUrl }, { timeoutMs });
  try {
    const { team = 'a team' } = await slack.auth.test();
    const named = await channel;
    const why = named === null ? null : await explainClosed(slack, named);
    return why ?? ok(`SLACK_BOT_TOKEN is good for ${team}`);
  } catch (error) {
    return explainRefusal(error, botToken, 'SLACK_BOT_TOKEN');
  }
}

/** Why nothing can be posted in a channel: whoever may not read it, is not in it. Null = it can, or Slack does not say. */
async function explainClosed(slack: webApi.WebClient, channel: string): Promise<Finding | null> {
  const said = await slack.conversations.history({ channel, limit: 1 }).then(() => null, answerOf);
  if (said === null || !closed.has(said)) return null;
  return fail(
    `Slack does not let the app into ${channel}, the channel in coppice.yaml: ${said}`,
    'Type `/invite @Coppice` in the channel; its id is at the end of View channel details (docs/slack.md).',
  );
}

const closed: ReadonlySet<string> = new Set(['channel_not_found', 'not_in_channel']);

/** Asks for the address of a connection, as the gateway does, and opens none. */
async function checkAppToken({ apiUrl }: SlackEnvironment, appToken: string): Promise<Finding> {
  try {
    await slackClient({ botToken: appToken, apiUrl }, { timeoutMs }).apps.connections.open({});
    return ok('SLACK_APP_TOKEN opens Socket Mode');
  } catch (error) {
    return explainRefusal(error, appToken, 'SLACK_APP_TOKEN');
  }
}

function explainRefusal(error: unknown, token: string, name: string): Finding {
  const said = answerOf(error);
  if (said !== null)
    return fail(`Slack refuses ${name}: ${said}`, `Check ${name}: docs/slack.md says where it comes from.`);
  const why = errorText(error).replaceAll(token, '***');
  return warn(`cannot ask Slack: ${why}`, certificateHint(error) ?? 'Until Slack answers, use `coppice approvals`.');
}
