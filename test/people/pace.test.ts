// All posts of a process wait for Slack together, and arrive in order, once each, at its pace.

import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { setTimeout as pause } from 'node:timers/promises';
import { Pace } from '../../people/slack/pace.ts';
import { SlackServer } from '../fakes/slack-server.ts';
import { makePeopleActivities } from '../../activities/people/activities.ts';
import { openView } from '../domain/fixtures.ts';
import { slackChannel } from '../../people/slack/post.ts';

/** So many seconds of the channel's clock are one of ours. */
const speed = 20;
const clock = { now: () => Date.now() * speed, sleep: (ms: number) => pause(ms / speed) };

let slack: SlackServer;
let people: ReturnType<typeof makePeopleActivities>;

beforeEach(async () => {
  slack = await SlackServer.start();
  const settings = { botToken: 'xoxb-test', apiUrl: slack.apiUrl };
  const posting = { pace: new Pace(clock), timeoutMs: 1_000 };
  people = makePeopleActivities({ slack: slackChannel(settings, { webUi: null }, posting) }, null);
});
afterEach(() => slack.close());

/** As Temporal runs it: tried again after what the failure asks for, or else after a second, two, four … */
async function post(n: number): Promise<void> {
  const card = { view: openView({ id: `run:r1:unit:a:approval:${n}` }), channel: 'C1' };
  for (let attempt = 1; ; attempt++) {
    try {
      await new MockActivityEnvironment({ attempt }).run(people.postCard, card);
      return;
    } catch (error) {
      const { nextRetryDelay } = error as { readonly nextRetryDelay?: number };
      await clock.sleep(nextRetryDelay ?? Math.min(1_000 * 2 ** attempt, 60_000));
    }
  }
}

function postedOrder(): unknown[] {
  return slack.messages.map(({ metadata }) =>
    (metadata as { event_payload: { id: string } }).event_payload.id.split(':').at(-1),
  );
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));

it.each([
  ['asks to wait', { status: 429, retryAfter: 30 } as const],
  ['fails', { status: 503 } as const],
  ['says nothing', 'silent' as const],
])('while Slack %s, few ask; afterwards each of twelve cards arrives once, in order', async (_, outage) => {
  slack.outage = outage;
  const posting = numbers(12).map((n) => post(Number(n)));
  await vi.waitFor(() => expect(slack.calls.length).toBeGreaterThan(0), { timeout: 60_000 });
  await pause(300);
  expect(slack.messages).toEqual([]);
  expect(slack.calls.length).toBeLessThan(12);
  slack.outage = null;
  await Promise.all(posting);
  expect(postedOrder()).toEqual(numbers(12));
});

it('a lost answer in the middle does not post a card twice', async () => {
  const posting = numbers(6).map((n) => post(Number(n)));
  slack.failures.push('lost', { status: 429, retryAfter: 20 });
  await Promise.all(posting);
  expect(new Set(postedOrder())).toEqual(new Set(numbers(6)));
  expect(slack.messages).toHaveLength(6);
});

/** A clock that moves only where somebody waits. */
function standingClock() {
  let now = 0;
  return { now: () => now, sleep: async (ms: number) => (now += ms), pass: (ms: number) => (now += ms) };
}

it('one message in a second for each channel, however many come at once; who must wait long comes back', async () => {
  const still = standingClock();
  const pace = new Pace(still);
  const begun: number[] = [];
  const work = async (): Promise<void> => void begun.push(still.now());
  for (const key of ['a', 'b', 'c']) await pace.post('C1', key, work);
  await pace.post('C2', 'a', work);
  expect(begun).toEqual([0, 1_000, 2_000, 2_000]);
});

it('who comes at the same time is sent away with the time of their turn, and keeps it', async () => {
  const now = { now: () => 0, sleep: () => new Promise<void>(() => undefined) };
  const pace = new Pace(now);
  const turns = await Promise.all(
    numbers(8).map((key) =>
      Promise.race([
        pace.post('C1', key, async () => 'posted').catch((error: { nextRetryDelay?: unknown }) => error.nextRetryDelay),
        pause(20, 'waits'),
      ]),
    ),
  );
  expect(turns).toEqual(['posted', 'waits', 'waits', 'waits', 'waits', 5_000, 6_000, 7_000]);
  await expect(pace.post('C1', '7', async () => 'posted')).rejects.toMatchObject({ nextRetryDelay: 6_000 });
});

it('a message that Slack refuses holds up no other', async () => {
  const still = standingClock();
  const pace = new Pace(still);
  const refused = Object.assign(new Error('no'), {
    code: 'slack_webapi_platform_error',
    data: { error: 'msg_too_long' },
  });
  await expect(pace.post('C1', 'a', () => Promise.reject(refused))).rejects.toMatchObject({ type: 'SlackRefused' });
  await expect(pace.post('C1', 'b', async () => still.now())).resolves.toBe(1_000);
});

it('those that wait for a slow post go one at a time afterwards, in order', async () => {
  const still = standingClock();
  const pace = new Pace(still);
  const first = Promise.withResolvers<void>();
  let underWay = 0;
  let most = 0;
  const posted: string[] = [];
  const postSlowly = (key: string, until: Promise<unknown>) =>
    pace.post('C1', key, async () => {
      most = Math.max(most, ++underWay);
      await until;
      posted.push(key);
      underWay -= 1;
    });
  const slow = postSlowly('1', first.promise);
  const others = ['2', '3', '4', '5'].map((key) => postSlowly(key, pause(5)));
  await pause(5);
  still.pass(10_000);
  first.resolve();
  await Promise.all([slow, ...others]);
  expect({ most, posted }).toEqual({ most: 1, posted: numbers(5) });
});
