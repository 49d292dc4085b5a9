// Who belongs to a user group, as Slack says it.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { pino } from 'pino';
import { SlackServer } from '../fakes/slack-server.ts';
import { UserGroups } from '../../people/slack/groups.ts';
import { decide } from '../../domain/approval/decide.ts';
import { decision, noon, openView } from '../domain/fixtures.ts';
import { slackClient } from '../../people/slack/web-client.ts';

let slack: SlackServer;
let groups: UserGroups;

beforeEach(async () => {
  slack = await SlackServer.start();
  const client = slackClient({ botToken: 'xoxb-test', apiUrl: slack.apiUrl }, { timeoutMs: 3_000 });
  groups = new UserGroups(client, pino({ level: 'silent' }), 30_000);
});
afterEach(async () => {
  vi.useRealTimers();
  await slack.close();
});

it('somebody who is taken out of a group is out within minutes, and Slack is not asked at every click', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  slack.groups['SGROUP'] = ['U1'];
  for (let i = 0; i < 5; i++) expect(await groups.of('U1', ['SGROUP'])).toEqual({ groups: ['SGROUP'] });
  expect(slack.calls).toHaveLength(1);
  slack.groups['SGROUP'] = [];
  vi.setSystemTime(Date.now() + 4 * 60_000);
  expect(await groups.of('U1', ['SGROUP'])).toEqual({});
});

it.each([{ status: 500 }, { error: 'missing_scope' }, 'silent' as const])(
  'while Slack does not answer (%j), nobody is in the group, whatever was known before',
  async (outage) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    slack.groups['SGROUP'] = ['U1'];
    expect(await groups.of('U1', ['SGROUP', 'U1'])).toEqual({ groups: ['SGROUP'] });
    vi.setSystemTime(Date.now() + 4 * 60_000);
    slack.outage = outage;
    expect(await groups.of('U1', ['SGROUP'])).toEqual({ unknownGroups: ['SGROUP'] });
  },
);

it('a decision cannot name a person as a group, nor a group that may not decide', () => {
  const view = openView();
  const by = { channel: 'slack', id: 'U9', name: 'Eve' } as const;
  expect(decide(view, decision({ by: { ...by, groups: ['U1'] } }), noon).ruling).toMatchObject({ code: 'malformed' });
  expect(decide(view, decision({ by: { ...by, groups: ['SOTHER'] } }), noon).ruling).toMatchObject({
    code: 'not-allowed',
  });
  expect(decide(view, decision({ by: { ...by, groups: 'SOTHER' as never } }), noon).ruling).toMatchObject({
    code: 'malformed',
  });
});

it('a member of the 25th group is not told that they are in none of them: the next try asks for the rest', async () => {
  const all = Array.from({ length: 25 }, (_, i) => `SGROUP${i}`);
  for (const group of all) slack.groups[group] = [];
  slack.groups['SGROUP24'] = ['U1'];
  const view = openView({ policy: { rule: 'all', by: ['crowd'], allowed: { slack: all, users: [], email: [] } } });
  const decideAs = async () => {
    const by = { channel: 'slack', id: 'U1', name: 'Ulla', ...(await groups.of('U1', all)) } as const;
    return decide(view, decision({ by }), noon).ruling;
  };
  const first = await decideAs();
  expect(first).toMatchObject({ accepted: false, message: expect.stringContaining('try again soon') as string });
  expect(slack.calls).toHaveLength(20);
  expect(await decideAs()).toMatchObject({ accepted: true, status: 'approved' });
  expect(slack.calls).toHaveLength(25);
});
