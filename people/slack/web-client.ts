// Slack's Web API as Coppice uses it: one try with a time limit, because Temporal or the caller does the retries.

import { webApi } from '@slack/bolt';

export interface SlackSettings {
  readonly botToken: string;
  /** Replaces Slack's own URL. */
  readonly apiUrl: string | null;
}

/** Without a logger, the library logs only errors. */
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
