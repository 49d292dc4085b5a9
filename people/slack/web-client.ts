// Slack's Web API as Coppice calls it: one try with a time limit, because Temporal or the caller owns retries.

import { webApi } from '@slack/bolt';

export interface SlackSettings {
  readonly botToken: string;
  /** In place of Slack's own. */
  readonly apiUrl: string | null;
}

/** Without a logger, the library says only what went wrong. */
export function slackClient(
  { botToken, apiUrl }: SlackSettings,
  { timeoutMs, logger }: { readonly timeoutMs: number; readonly logger?: webApi.Logger },
): webApi.WebClient {
  return new webApi.WebClient(botToken, {
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: timeoutMs,
    ...(logger === undefined ? { logLevel: webApi.LogLevel.ERROR } : { logger }),
    ...(apiUrl === null ? {} : { slackApiUrl: apiUrl }),
  });
}
