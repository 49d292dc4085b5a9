// How people can be reached from here, for `coppice doctor`: Slack, if it is configured, and e-mail.

import { errorText } from '../../domain/errors.ts';
import type { Env } from '../../domain/environment.ts';
import { type Finding, fail, ok, warn } from '../../domain/doctor/finding.ts';
import { answerOf } from './failure.ts';
import { slackClient } from './web-client.ts';
import { slackEnvironment } from './environment.ts';

const timeoutMs = 5_000;

/** `channel` is the one in coppice.yaml. */
export async function checkSlack(env: Env, channel: Promise<string | null>): Promise<Finding> {
  const slack = slackEnvironment(env);
  if (slack === null) {
    const named = await channel;
    return named === null
      ? ok('not configured')
      : warn(
          `coppice.yaml names the channel ${named}, and no token is set here`,
          'Set SLACK_BOT_TOKEN on workers that run workflows; until then, answer with `coppice approvals`.',
        );
  }
  const { botToken, appToken, signingSecret, apiUrl } = slack;
  const client = slackClient({ botToken, apiUrl }, { timeoutMs });
  try {
    const { team = 'a team' } = await client.auth.test();
    if (appToken !== null || signingSecret !== null) return ok(`the token is good for ${team}`);
    return warn(
      `the token is good for ${team}, but clicks cannot come in`,
      'Set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) for the gateway.',
    );
  } catch (error) {
    const said = answerOf(error);
    if (said !== null) return fail(`Slack refuses the token: ${said}`, 'Check SLACK_BOT_TOKEN, and docs/slack.md.');
    const why = errorText(error);
    return warn(
      `cannot ask Slack: ${why.replaceAll(botToken, '***')}`,
      'Until Slack answers, use `coppice approvals`.',
    );
  }
}
