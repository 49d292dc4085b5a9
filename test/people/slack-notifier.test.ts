import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SlackServer } from '../fakes/slack-server.ts';
import { openView, decision, noon } from '../domain/fixtures.ts';
import { decide } from '../../domain/approval/decide.ts';
import { makePeopleActivities } from '../../activities/people/activities.ts';
import { Pace } from '../../people/slack/pace.ts';
import { slackChannel } from '../../people/slack/post.ts';

let slack: SlackServer;
/** Milliseconds that have passed: the channel's clock. */
let passed: number;
let notifier: ReturnType<typeof makePeopleActivities>;

beforeEach(async () => {
  slack = await SlackServer.start();
  passed = 0;
  const pace = new Pace({ now: () => passed, sleep: async (ms) => (passed += ms) });
  const settings = { botToken: 'xoxb-test', apiUrl: slack.apiUrl };
  notifier = makePeopleActivities({ slack: slackChannel(settings, { webUi: null }, { pace }) }, null);
});
afterEach(() => slack.close());

const open = openView();
const card = { view: open, channel: 'C1' };
const attempt = (n: number) => new MockActivityEnvironment({ attempt: n });

describe('the Slack card', () => {
  it('is posted with its two buttons, and replaced by who and what after the decision', async () => {
    await attempt(1).run(notifier.postCard, card);
    expect(slack.messages).toHaveLength(1);
    expect(JSON.stringify(slack.messages[0]?.blocks)).toContain('coppice_approve');
    const posted = { channel: 'C1', ts: slack.messages[0]?.ts ?? '' };
    const { view } = decide(open, decision(), noon);
    await attempt(1).run(notifier.settleCard, { posted, card: { ...card, view } });
    expect(slack.messages).toHaveLength(1);
    expect(slack.messages[0]?.text).toContain('approved by Ulla (slack)');
    expect(JSON.stringify(slack.messages[0]?.blocks)).toContain(noon);
    expect(JSON.stringify(slack.messages[0]?.blocks)).not.toContain('coppice_approve');
  });

  it('names who may decide and until when, in the reader’s time zone, and is reminded of in its thread', async () => {
    const people = { ...open, policy: { ...open.policy, allowed: { slack: ['U1', '<!here>', 'W2'] } } };
    await attempt(1).run(notifier.postCard, { ...card, view: people });
    const posted = { channel: 'C1', ts: slack.messages[0]?.ts ?? '' };
    await attempt(1).run(notifier.remindPeople, { posted, card: { ...card, view: people } });
    const [first, reminder] = slack.messages;
    const until = `until <!date^${Date.parse(people.expiresAt ?? '') / 1000}^`;
    expect(JSON.stringify(first?.blocks)).toContain(`(<@U1> <@W2>) may decide ${until}`);
    expect(reminder).toMatchObject({ thread: posted.ts, text: expect.stringMatching(/^Still waits for a decision: /) });
    expect(reminder?.text).toContain(`(<@U1> <@W2>) may decide ${until}`);
    expect(JSON.stringify(slack.messages)).not.toContain('<!here>');
  });

  it('is posted once although the answer to the first post was lost', async () => {
    slack.failures.push('lost');
    await expect(attempt(1).run(notifier.postCard, card)).rejects.toMatchObject({ type: 'SlackUnavailable' });
    const posted = await attempt(2).run(notifier.postCard, card);
    expect(slack.messages).toHaveLength(1);
    expect(posted).toEqual({ medium: 'slack', channel: 'C1', ts: slack.messages[0]?.ts });
  });

  it('is posted once although others have written much since the answer was lost', async () => {
    slack.failures.push('lost');
    await expect(attempt(1).run(notifier.postCard, card)).rejects.toMatchObject({ type: 'SlackUnavailable' });
    const ts = slack.messages[0]?.ts ?? '';
    const chatter = (at: number) => ({ channel: 'C1', ts: `${Number(ts) + at}`, text: 'chatter', blocks: [] });
    slack.messages.push(...Array.from({ length: 450 }, (_, at) => chatter(at + 1)));
    expect(await attempt(2).run(notifier.postCard, card)).toMatchObject({ ts });
    expect(slack.messages).toHaveLength(451);
  });

  it('is reminded of once although the answer was lost, and again at the next time', async () => {
    await attempt(1).run(notifier.postCard, card);
    const posted = { channel: 'C1', ts: slack.messages[0]?.ts ?? '' };
    const remind = (number: number, reminders: number) =>
      attempt(number).run(notifier.remindPeople, { posted, card: { ...card, view: { ...open, reminders } } });
    slack.failures.push('lost');
    await expect(remind(1, 1)).rejects.toMatchObject({ type: 'SlackUnavailable' });
    await remind(2, 1);
    expect(slack.messages).toHaveLength(2);
    await remind(2, 2);
    expect(slack.messages.map(({ broadcast }) => broadcast)).toEqual([undefined, true, true]);
  });

  it('is posted again for another approval', async () => {
    await attempt(1).run(notifier.postCard, card);
    await attempt(2).run(notifier.postCard, { ...card, view: { ...open, id: 'run:r1:unit:b:approval:1' } });
    expect(slack.messages).toHaveLength(2);
  });

  it('waits as long as Slack asks, and arrives once afterwards', async () => {
    slack.failures.push({ status: 429, retryAfter: 30 }, { status: 503 });
    await expect(attempt(1).run(notifier.postCard, card)).rejects.toMatchObject({
      type: 'SlackUnavailable',
      nonRetryable: false,
      nextRetryDelay: 30_000,
    });
    // Too early: Slack is not even asked.
    await expect(attempt(2).run(notifier.postCard, card)).rejects.toMatchObject({ nextRetryDelay: 30_000 });
    passed += 30_000;
    await expect(attempt(3).run(notifier.postCard, card)).rejects.toMatchObject({ type: 'SlackUnavailable' });
    passed += 60_000;
    await attempt(4).run(notifier.postCard, card);
    expect(slack.messages).toHaveLength(1);
    expect(slack.calls.filter((name) => name === 'chat.postMessage')).toHaveLength(3);
  });

  it.each(['not_in_channel', 'channel_not_found', 'is_archived', 'token_revoked'])(
    'is tried again every ten minutes while Slack says %s, and comes once that is corrected',
    async (error) => {
      slack.outage = { error };
      for (const number of [1, 2]) {
        await expect(attempt(number).run(notifier.postCard, card)).rejects.toMatchObject({
          type: 'SlackUnavailable',
          nonRetryable: false,
          nextRetryDelay: 600_000,
          message: expect.stringContaining(error),
        });
      }
      slack.outage = null;
      await attempt(3).run(notifier.postCard, card);
      expect(slack.messages).toHaveLength(1);
    },
  );

  it.each(['invalid_blocks', 'msg_too_long'])('is refused for good where Slack says %s of it', async (error) => {
    slack.failures.push({ error });
    await expect(attempt(1).run(notifier.postCard, card)).rejects.toMatchObject({
      type: 'SlackRefused',
      nonRetryable: true,
      message: expect.stringContaining(error),
    });
  });

  it.each(['message_not_found', 'channel_not_found', 'cant_update_message', 'token_expired'])(
    'is not replaced again when Slack says %s',
    async (error) => {
      await attempt(1).run(notifier.postCard, card);
      const posted = { channel: 'C1', ts: slack.messages[0]?.ts ?? '' };
      slack.failures.push({ error });
      await expect(attempt(1).run(notifier.settleCard, { posted, card })).rejects.toMatchObject({
        type: 'SlackRefused',
        nonRetryable: true,
      });
    },
  );

  it('waits no longer than ten minutes, whatever Slack asks', async () => {
    slack.failures.push({ status: 429, retryAfter: 86_400 });
    await expect(attempt(1).run(notifier.postCard, card)).rejects.toMatchObject({ nextRetryDelay: 600_000 });
  });

  it('is looked for when nobody knows whether it was posted, and nothing else is touched', async () => {
    const closed = { view: decide(open, decision(), noon).view, channel: 'C1' };
    await attempt(1).run(notifier.settleCard, { posted: null, card: closed });
    expect(slack.calls).toEqual(['conversations.history']);
    await attempt(1).run(notifier.postCard, card);
    await attempt(1).run(notifier.settleCard, { posted: null, card: closed });
    expect(slack.messages.map(({ text }) => text)).toEqual([expect.stringContaining('approved by Ulla')]);
  });

  it('is nothing when Slack is not configured', async () => {
    const silent = makePeopleActivities({}, null);
    expect(await attempt(1).run(silent.postCard, card)).toBeNull();
    expect(slack.calls).toEqual([]);
  });

  it('answers one person privately', async () => {
    const posted = { channel: 'C1', ts: '1.1' };
    await attempt(1).run(notifier.replyPrivately, { posted, reply: { user: 'U9', text: 'Only <!here> & m may.' } });
    expect(slack.ephemerals).toEqual([{ channel: 'C1', user: 'U9', text: 'Only ‹!here› ＆ m may.' }]);
  });
});
