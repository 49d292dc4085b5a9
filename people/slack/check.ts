// Slack, for `coppice doctor`: it takes the bot token, and opens Socket Mode for the app token.

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
    await Promise.all([checkBotToken(slack), ...(appToken === null ? [] : [checkAppToken(slack, appToken)])]),
  );
  if (found.status !== 'ok' || appToken !== null || signingSecret !== null) return found;
  return warn(
    `${found.detail}, but clicks cannot come in`,
    'Set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) for the gateway.',
  );
}

async function checkBotToken({ botToken, apiUrl }: SlackEnvironment): Promise<Finding> {
  try {
    const { team = 'a team' } = await slackClient({ botToken, apiUrl }, { timeoutMs }).auth.test();
    return ok(`SLACK_BOT_TOKEN is good for ${team}`);
  } catch (error) {
    return explainRefusal(error, botToken, 'SLACK_BOT_TOKEN');
  }
}

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
