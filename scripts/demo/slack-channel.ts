// Where the demo asks: in Slack, if its variables are set.

import type { Env } from '../../domain/environment.ts';
import { clicksEnvironment } from '../../people/slack/environment.ts';
import { failure } from '../../contracts/failures.ts';

/** The channel's id; null = not in Slack. Throws `BadInput`, also if only a part of Slack's variables is set. */
export function slackChannel(env: Env): string | null {
  if (clicksEnvironment(env) === null) return null;
  const channel = env['DEMO_SLACK_CHANNEL'] ?? '';
  if (/^[A-Z0-9]+$/.test(channel)) return channel;
  throw failure(
    'BadInput',
    'SLACK_BOT_TOKEN is set: set DEMO_SLACK_CHANNEL to the id of the channel where the demo may ask (C…), too, or unset both',
  );
}
