// What Slack shows of a run: one first message, kept up to date, and its thread.

import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Notice, NoticeBody } from '../../contracts/notices.ts';
import type { PostedCard } from '../../contracts/people.ts';
import type { Telling } from '../../contracts/activities/people.ts';
import { SlackServer } from '../fakes/slack-server.ts';
import { context, openView, unit } from '../domain/fixtures.ts';
import { makePeopleActivities } from '../../activities/people/activities.ts';
import { slackChannel } from '../../people/slack/post.ts';

const begun = new Date(Date.now() - 60_000).toISOString();
const figures = { status: 'running', total: 12, landed: 3, failed: 0, costUsd: 1.5 } as const;

let slack: SlackServer;
let people: ReturnType<typeof makePeopleActivities>;

beforeEach(async () => {
  slack = await SlackServer.start();
  people = makePeopleActivities({ slack: slackChannel({ botToken: 'xoxb-test', apiUrl: slack.apiUrl }) }, null);
});
afterEach(() => slack.close());

function notice(number: number, body: NoticeBody, change: Partial<Notice> = {}): Notice {
  const { run, repository, branch, requestedBy } = context();
  const head = { run, repository, branch, requestedBy, goal: 'Weeks <!here>', startedAt: begun, at: begun, figures };
  return { id: `r1:abc:${number}`, ...head, ...change, ...body };
}

interface How {
  readonly thread?: PostedCard | null;
  readonly attempt?: number;
  readonly mayBeThere?: boolean;
}

function tell(said: Notice, { thread = null, attempt = 1, mayBeThere = false }: How = {}): Promise<PostedCard | null> {
  const telling: Telling = { medium: 'slack', channel: 'C1', notice: said, thread, mayBeThere };
  return new MockActivityEnvironment({ attempt }).run<[Telling], PostedCard | null, typeof people.tellPeople>(
    people.tellPeople,
    telling,
  );
}

const landed = { kind: 'landed', count: 12, units: [{ id: unit('a'), title: 'A <@U1>\n✅ approved' }] } as const;

it('a run is one message, and what happens is in its thread; the message is kept up to date', async () => {
  const thread = await tell(notice(1, { kind: 'run-started' }));
  expect(slack.messages).toHaveLength(1);
  expect(JSON.stringify(slack.messages[0])).toContain('coppice status r1 --watch');
  await tell(notice(2, landed, { figures: { ...figures, landed: 12, status: 'completed' } }), { thread });
  const [root, digest] = slack.messages;
  expect(digest).toMatchObject({
    thread: root?.ts,
    text: '12 units landed. 12 of 12 units landed. Cost so far: $1.50.',
  });
  expect(JSON.stringify(digest?.blocks)).toContain('│ a: A ‹@U1› ✅ approved\\n│ and 11 more');
  expect(root?.text).toBe('Run completed: “Weeks ‹!here›”, repository');
  expect(JSON.stringify(slack.messages)).not.toMatch(/<[!@]/);
});

it.each(['run-started', 'landed'] as const)('%s is told once although the answer was lost', async (kind) => {
  const said = kind === 'landed' ? landed : ({ kind } as const);
  const thread = kind === 'landed' ? await tell(notice(1, { kind: 'run-started' })) : null;
  const before = slack.messages.length;
  slack.failures.push('lost');
  await expect(tell(notice(2, said), { thread })).rejects.toMatchObject({ type: 'SlackUnavailable' });
  const posted = await tell(notice(2, said), { thread, attempt: 2 });
  expect(slack.messages).toHaveLength(before + 1);
  expect(posted?.ts).toBe(slack.messages[0]?.ts);
  // After continue-as-new, its first attempt may have been another execution's last one.
  await tell(notice(2, said), { thread, mayBeThere: true });
  expect(slack.messages).toHaveLength(before + 1);
});

it('a notice whose run has no message yet posts that first, and the next one finds it', async () => {
  await tell(notice(4, landed));
  await tell(notice(5, { kind: 'run-begun' }));
  expect(slack.messages.map(({ thread }) => thread === undefined)).toEqual([true, false, false]);
});

it('progress says nothing, and brings the first message up to date', async () => {
  const thread = await tell(notice(1, { kind: 'run-started' }));
  await tell(notice(2, { kind: 'progress' }, { figures: { ...figures, landed: 9 } }), { thread });
  expect(slack.messages).toHaveLength(1);
  expect(JSON.stringify(slack.messages[0]?.blocks)).toContain('9 of 12 units landed');
});

it('a card links to the thread of its run, and is a message of its own', async () => {
  await tell(notice(1, { kind: 'run-started' }));
  await new MockActivityEnvironment().run(people.postCard, { view: openView(), channel: 'C1' });
  const [root, card] = slack.messages;
  expect(card?.thread).toBeUndefined();
  expect(JSON.stringify(card?.blocks)).toContain(`/p${root?.ts}|The run’s thread>`);
});

it('every kind of notice says something of its own, within Slack’s limits', async () => {
  const units = Array.from({ length: 10 }, (_, i) => ({
    id: unit(`u${i}`),
    title: 'x'.repeat(300),
    reason: 'y'.repeat(300),
  }));
  const bodies: NoticeBody[] = [
    { kind: 'run-begun' },
    { kind: 'failed', count: 9_999, units },
    { kind: 'conflict', count: 1, units: units.slice(0, 1) },
    { kind: 'host-full', units: 3, problem: 'this host takes nothing new: 12 MB free' },
    { kind: 'credential-refused', problem: '401 <b>' },
    { kind: 'run-ended', makespanSeconds: 7_500, count: 2, units: units.slice(0, 2) },
  ];
  const thread = await tell(notice(1, { kind: 'run-started' }));
  for (const [at, body] of bodies.entries()) await tell(notice(2 + at, body), { thread });
  const texts = slack.messages.slice(1).map(({ text }) => text);
  expect(new Set(texts).size).toBe(bodies.length);
  expect(texts.at(-1)).toContain('after 2 h 5 min');
  for (const { blocks } of slack.messages) {
    for (const { text } of blocks as unknown as { text?: { text: string } }[]) {
      expect(text?.text.length ?? 0).toBeLessThanOrEqual(3000);
    }
  }
});
