// The fake Slack as the one to which a scripted host's orchestrator posts.

import { SlackServer } from '../fakes/slack-server.ts';
import type { ScriptedHost } from '../workflows/scripted-host.ts';
import { makePeopleActivities } from '../../activities/people/activities.ts';
import { slackChannel } from '../../people/slack/post.ts';

export async function startSlackOf({ activities }: ScriptedHost): Promise<SlackServer> {
  const slack = await SlackServer.start();
  const channel = slackChannel({ botToken: 'xoxb-test', apiUrl: slack.apiUrl });
  Object.assign(activities, makePeopleActivities({ slack: channel }, null));
  return slack;
}
