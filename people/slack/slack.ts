// Slack as a medium. Clicks arrive by Socket Mode if there is an app token, otherwise as signed requests on
// `/slack/events`.

import type { AnswerParts, AnswerSource, MediumAdapter, Reach } from '../medium.ts';
import { UserGroups } from './groups.ts';
import { SlackIdentity } from './clicks/identity.ts';
import { checkSlack } from './check.ts';
import { withCommands } from './commands/command-handler.ts';
import { makeClickHandler } from './clicks/click-handler.ts';
import { openSocketLink } from './clicks/socket.ts';
import { slackChannel } from './post.ts';
import { slackClient } from './web-client.ts';
import { type ClicksEnvironment, clicksEnvironment, slackEnvironment } from './environment.ts';
import { slackLogger } from './clicks/logger.ts';
import { slackRequests } from './clicks/requests.ts';

/** Limit of a call to Slack while a person waits for the answer to a click. */
const callTimeoutMs = 3_000;

export const slack: MediumAdapter = {
  needs: 'SLACK_BOT_TOKEN, and SLACK_APP_TOKEN or SLACK_SIGNING_SECRET',
  openChannel(env, parts) {
    const settings = slackEnvironment(env);
    return settings === null ? null : slackChannel(settings, parts);
  },
  openAnswers(env, parts) {
    const settings = clicksEnvironment(env);
    return settings === null ? null : openClicks(settings, parts);
  },
  check: checkSlack,
};

/** Does not wait if Slack cannot be reached; `reach` reports that. */
function openClicks(settings: ClicksEnvironment, { sender, desk, log }: AnswerParts): AnswerSource {
  const { apiUrl, teamId } = settings;
  const web = slackClient(settings, { timeoutMs: callTimeoutMs, logger: slackLogger(log) });
  const identity = new SlackIdentity(web, teamId);
  const parts = { slack: web, groups: new UserGroups(web, log), identity, sender, log };
  const handle = withCommands({ ...parts, desk, apiUrl }, makeClickHandler(parts));
  const reachOf = async (socket: Reach): Promise<Record<string, Reach>> => ({
    'Slack’s Web API': await identity.reach(),
    'Socket Mode': socket,
  });
  const warnOnce = (): void =>
    void identity.reach().then((reach) => {
      if (!reach.ok) log.warn({ reason: reach.why }, 'Slack cannot be reached; it is tried again');
    });
  if (settings.appToken !== null) {
    const link = openSocketLink({ appToken: settings.appToken, apiUrl, handle, log });
    warnOnce();
    return { routes: {}, details: { mode: 'socket' }, reach: () => reachOf(link.reach()), close: link.stop };
  }
  warnOnce();
  return {
    routes: { '/slack/events': slackRequests({ signingSecret: settings.signingSecret, handle, log }) },
    details: { mode: 'http' },
    reach: () => reachOf({ ok: true }),
    close: () => Promise.resolve(),
  };
}
