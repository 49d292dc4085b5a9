// What people are told of a run, from the run's workflow to Slack.

import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { Context } from '@temporalio/activity';
import type { NoticeChannel } from '../../contracts/people.ts';
import { type ScriptedHost, runInput, startRun, startScriptedHost } from './scripted-host.ts';
import type { SlackMessage, SlackServer } from '../fakes/slack-server.ts';
import { failure } from '../../contracts/failures.ts';
import { makeFindFullHosts } from '../../activities/control/find-full-hosts.ts';
import { node } from '../domain/fixtures.ts';
import { startSlackOf } from '../people/slack-of-host.ts';
import { topics } from '../../contracts/topics.ts';

/** Of a channel of its own: another test's run may have something to tell still. */
function everythingIn(channel: string): NoticeChannel {
  return { medium: 'slack', channel, tell: topics };
}

let host: ScriptedHost;
let slack: SlackServer;
let scripted: ScriptedHost['activities'];

beforeAll(async () => (host = await startScriptedHost(100)));
afterAll(() => host.close());
beforeEach(async () => {
  scripted = { ...host.activities };
  slack = await startSlackOf(host);
});
afterEach(async () => {
  Object.assign(host.activities, scripted);
  await slack.close();
});

function messagesIn(channel: string): SlackMessage[] {
  return slack.messages.filter((message) => message.channel === channel);
}

function textsIn(channel: string): string[] {
  return messagesIn(channel).map(({ text }) => text);
}

const patient = { timeout: 60_000 };

it('a run is one message with a thread, whose last line says how it ended', async () => {
  const { runSlice } = host.activities;
  host.activities.runSlice = async (slice) => {
    const done = await runSlice(slice);
    if (slice.unit === 'a') {
      // What is in flight when a run ends is told more slowly.
      await vi.waitFor(() => expect(textsIn('C-n1').at(-1)).toMatch(/^1 unit failed/), patient);
      await vi.waitFor(() => expect(slack.calls.at(-1)).toBe('chat.update'), patient);
    }
    return slice.unit === 'b' ? { ...done, outcome: { status: 'failed', reason: 'stuck: in a circle' } } : done;
  };
  const run = await startRun(host, runInput('n1', [node('a'), node('b')], { notices: [everythingIn('C-n1')] }));
  await expect(run.result()).rejects.toThrow();
  await vi.waitFor(() => expect(textsIn('C-n1').at(-1)).toMatch(/^The run has ended: failed after/), patient);
  const [root, ...thread] = messagesIn('C-n1');
  expect(thread.every(({ thread: of }) => of === root?.ts)).toBe(true);
  await vi.waitFor(() => expect(root?.text).toBe('Run failed: “Try the workflows”, repository'), patient);
  expect(JSON.stringify(root?.blocks)).toContain('1 of 2 units landed, 1 did not');
  expect(JSON.stringify(messagesIn('C-n1').at(-1)?.blocks)).toContain('│ b: Title of b (stuck: in a circle)');
});

it('neither waits for Slack nor fails with it; what was told late is told once', async () => {
  const { runSlice } = host.activities;
  host.activities.runSlice = async (slice) => {
    // Its last call, after which the run knows that it was told.
    await vi.waitFor(() => expect(slack.calls.at(-1)).toBe('chat.update'), patient);
    slack.outage = { status: 503 };
    return runSlice(slice);
  };
  const run = await startRun(host, runInput('n2', [node('a')], { notices: [everythingIn('C-n2')] }));
  await expect(run.result()).resolves.toMatchObject({ status: 'completed' });
  slack.failures.push('lost');
  slack.outage = null;
  await vi.waitFor(() => expect(messagesIn('C-n2')[0]?.text).toMatch(/^Run completed/), patient);
  expect(textsIn('C-n2').map((text) => text.split(':', 1)[0])).toEqual([
    'Run completed',
    'The plan is accepted',
    'The run has ended',
  ]);
});

it('knows what it has told when it continues as new', async () => {
  const units = Array.from({ length: 20 }, (_, i) => node(`u${i}`));
  const { runSlice } = host.activities;
  host.activities.runSlice = async (slice) => {
    const done = await runSlice(slice);
    if (slice.unit === 'u0') return { ...done, outcome: { status: 'failed', reason: 'stuck: in a circle' } };
    // A run that ends before it is told names its failures in the last message alone.
    await vi.waitFor(
      () => expect(textsIn('C-n6').some((text) => text.startsWith('1 unit failed'))).toBe(true),
      patient,
    );
    return done;
  };
  const run = await startRun(host, runInput('n6', units, { notices: [everythingIn('C-n6')], parallel: 2 }));
  await expect(run.result()).rejects.toThrow();
  expect((await run.describe()).runId).not.toBe(run.firstExecutionRunId);
  await vi.waitFor(() => expect(textsIn('C-n6').at(-1)).toMatch(/^The run has ended/), { timeout: 100_000 });
  const texts = textsIn('C-n6').map((text) => text.split(/[.:]/, 1)[0]);
  expect(texts.filter((text) => text === '1 unit failed')).toHaveLength(1);
  expect(texts.filter((text) => text === 'The run has ended')).toHaveLength(1);
  expect(messagesIn('C-n6').filter(({ thread }) => thread === undefined)).toHaveLength(1);
  expect(messagesIn('C-n6').length).toBeLessThan(8);
}, 120_000);

it('tells only what the channel wants, and nothing where Slack refuses', async () => {
  const notices = [{ ...everythingIn('C-n3'), tell: ['failures'] as const }];
  host.activities.runSlice = async (slice) => {
    await vi.waitFor(() => expect(slack.calls.at(-1)).toBe('chat.update'), patient);
    return scripted.runSlice(slice);
  };
  const quiet = await startRun(host, runInput('n3', [node('a')], { notices }));
  await expect(quiet.result()).resolves.toMatchObject({ status: 'completed' });
  await vi.waitFor(() => expect(textsIn('C-n3')[0]).toMatch(/^Run completed/), { timeout: 100_000 });
  expect(textsIn('C-n3').filter((text) => /^The run has ended|landed/.test(text))).toEqual([]);
  slack.outage = { error: 'channel_not_found' };
  host.activities.runSlice = scripted.runSlice;
  const refused = await startRun(host, runInput('n4', [node('a')], { notices: [everythingIn('C-n3')] }));
  await expect(refused.result()).resolves.toMatchObject({ status: 'completed' });
}, 120_000);

it('a run that is cancelled is told of as well', async () => {
  host.activities.runSlice = async () => {
    const { cancelled, heartbeat } = Context.current();
    const beat = setInterval(() => heartbeat(), 100);
    return await cancelled.finally(() => clearInterval(beat));
  };
  const run = await startRun(host, runInput('n5', [node('a')], { notices: [everythingIn('C-n5')] }));
  await vi.waitFor(() => expect(textsIn('C-n5').at(-1)).toMatch(/^The plan is accepted/), patient);
  await run.cancel();
  await expect(run.result()).rejects.toThrow();
  await vi.waitFor(() => expect(messagesIn('C-n5')[0]?.text).toMatch(/^Run cancelled/), patient);
  expect(textsIn('C-n5').at(-1)).toMatch(/^The run has ended: cancelled/);
});

it('finds out that a run stands still because hosts are full, and that it does not once one takes its work', async () => {
  const problem = 'this host takes nothing new: 12 MB of memory are free';
  let isFull = true;
  host.activities.runSlice = async (slice) => {
    if (isFull) throw failure('HostFull', problem, { nextRetryDelayMs: 500 });
    return scripted.runSlice(slice);
  };
  const input = runInput('n7', [node('a')]);
  const run = await startRun(host, input);
  const find = makeFindFullHosts(host.client);
  const asked = { run: input.context.run, units: [node('a').id] };
  await vi.waitFor(async () => expect(await find(asked)).toEqual({ units: 1, problem }), patient);
  expect(await find({ ...asked, units: [...asked.units, node('elsewhere').id] })).toBeNull();
  isFull = false;
  await expect(run.result()).resolves.toMatchObject({ status: 'completed' });
  expect(await find(asked)).toBeNull();
});
