// What `coppice doctor` says of Slack: both tokens are tried, and no connection is made.

import { afterEach, beforeEach, expect, it } from 'vitest';
import { SlackServer, refusedToken } from '../fakes/slack-server.ts';
import { checkSlack } from '../../people/slack/check.ts';

const nowhere = Promise.resolve(null);
let slack: SlackServer;

beforeEach(async () => (slack = await SlackServer.start()));
afterEach(() => slack.close());

it('is good when Slack takes the bot token, and opens Socket Mode for the app token', async () => {
  expect(await checkSlack(slack.environment({ appToken: 'xapp-good' }), nowhere)).toEqual({
    status: 'ok',
    detail: 'SLACK_BOT_TOKEN is good for team; SLACK_APP_TOKEN opens Socket Mode',
    hint: '',
  });
  expect(slack.calls.toSorted()).toEqual(['apps.connections.open', 'auth.test']);
  expect(slack.connections).toBe(0);
});

it('does not ask for a connection where clicks come over HTTP', async () => {
  expect(await checkSlack(slack.environment(), nowhere)).toMatchObject({ status: 'ok' });
  expect(slack.calls).toEqual(['auth.test']);
});

it.each(['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN'])('says that Slack refuses %s, without the token', async (name) => {
  const env = { ...slack.environment({ appToken: 'xapp-good' }), [name]: refusedToken };
  const found = await checkSlack(env, nowhere);
  expect(found).toMatchObject({
    status: 'fail',
    detail: `Slack refuses ${name}: invalid_auth`,
    hint: expect.stringContaining(name),
  });
  expect(JSON.stringify(found)).not.toContain(refusedToken);
});

it.each(['channel_not_found', 'not_in_channel'])('says that nothing can be posted in the channel: %s', async (said) => {
  slack.closed['C2'] = said;
  expect(await checkSlack(slack.environment(), Promise.resolve('C1'))).toMatchObject({ status: 'ok' });
  expect(await checkSlack(slack.environment(), Promise.resolve('C2'))).toEqual({
    status: 'fail',
    detail: `Slack does not let the app into C2, the channel in coppice.yaml: ${said}`,
    hint: expect.stringContaining('/invite @Coppice'),
  });
});

it('takes a channel that an app with fewer scopes cannot ask about for good', async () => {
  slack.closed['D1'] = 'missing_scope';
  expect(await checkSlack(slack.environment(), Promise.resolve('D1'))).toMatchObject({ status: 'ok' });
});

it('says that Slack cannot be asked, without the tokens', async () => {
  const away = { ...slack.environment({ appToken: 'xapp-secret' }), SLACK_API_URL: 'http://127.0.0.1:9/api/' };
  const found = await checkSlack(away, nowhere);
  expect(found).toMatchObject({ status: 'warn', detail: expect.stringContaining('cannot ask Slack') });
  expect(JSON.stringify(found)).not.toMatch(/xapp-secret|xoxb/);
});

it('does not take an app token alone for no configuration', async () => {
  expect(await checkSlack({}, nowhere)).toMatchObject({ status: 'ok', detail: 'not configured' });
  await expect(checkSlack({ SLACK_APP_TOKEN: 'xapp-1' }, nowhere)).rejects.toThrow(
    'Slack needs SLACK_BOT_TOKEN as well as SLACK_APP_TOKEN',
  );
});
