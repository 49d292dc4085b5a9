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

export type ClicksEnvironment = SlackEnvironment &
  ({ readonly appToken: string } | { readonly appToken: null; readonly signingSecret: string });

/** For whoever takes clicks. Null if Slack is not configured. Throws `BadInput` if only a part of it is. */
export function clicksEnvironment(env: Env): ClicksEnvironment | null {
  const slack = slackEnvironment(env);
  if (slack === null) {
    const given = ['SLACK_APP_TOKEN', 'SLACK_SIGNING_SECRET'].filter((name) => secretOf(env, name, readText) !== null);
    if (given.length > 0) throw lacking('SLACK_BOT_TOKEN', given.join(' and '));
    return null;
  }
  const { appToken, signingSecret } = slack;
  if (appToken !== null) return { ...slack, appToken };
  if (signingSecret !== null) return { ...slack, appToken, signingSecret };
  throw lacking('SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)', 'SLACK_BOT_TOKEN');
}

function lacking(missing: string, given: string): Error {
  return failure('BadInput', `Slack needs ${missing} as well as ${given}`, {
    hint: 'docs/slack.md says where they come from.',
  });
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
