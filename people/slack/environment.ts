// Slack's configuration: environment variables; secrets may also be files.

import { readFileSync } from 'node:fs';
import { type Env, secretOf } from '../../domain/environment.ts';
import { failure } from '../../contracts/failures.ts';

export interface SlackEnvironment {
  readonly botToken: string;
  readonly appToken: string | null;
  readonly signingSecret: string | null;
  readonly apiUrl: string | null;
  /** The workspace whose clicks count; null = the bot token's own. */
  readonly teamId: string | null;
}

/** Null if Slack is not configured. */
export function slackEnvironment(env: Env): SlackEnvironment | null {
  const botToken = secretOf(env, 'SLACK_BOT_TOKEN', readText);
  if (botToken === null) return null;
  return {
    botToken,
    appToken: secretOf(env, 'SLACK_APP_TOKEN', readText),
    signingSecret: secretOf(env, 'SLACK_SIGNING_SECRET', readText),
    apiUrl: env['SLACK_API_URL'] || null,
    teamId: slackTeam(env),
  };
}

function slackTeam(env: Env): string | null {
  const id = env['SLACK_TEAM_ID'];
  if (!id) return null;
  if (/^[TE][A-Z0-9]+$/.test(id)) return id;
  throw failure('BadInput', `SLACK_TEAM_ID must be the id of a workspace (T…) or an organisation (E…), not ${id}`);
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
