// Decisions while Slack is unreachable: the real workflows, with the real notifier and a Slack that fails. An approval
// that waited for Slack would exceed the time limit of every test here.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { noTotals } from '../../domain/money/usage.ts';
import type { WorkflowHandle } from '@temporalio/client';
import type { PlanNode } from '../../contracts/documents/plan.ts';
import type { ScriptedHost } from '../workflows/scripted-host.ts';
import type { SlackServer } from '../fakes/slack-server.ts';
import { approvalWorkflowId } from '../../contracts/ids.ts';
import { decision, node } from '../domain/fixtures.ts';
import { startSlackOf } from '../people/slack-of-host.ts';
import { nextSha, runInput, startRun, startScriptedHost } from '../workflows/scripted-host.ts';
import { approvalViewQuery, decideSignal, decideUpdate } from '../../contracts/messages/approval.ts';

const policy = { rule: 'src/**: ask', by: ['m'], allowed: { slack: ['U1'], users: ['dana'], email: [] } };
const dana = { channel: 'cli', id: 'dana', name: 'dana' } as const;

const outages = [
  ['answers with errors', { status: 500 }],
  ['asks to wait for an hour', { status: 429, retryAfter: 3600 }],
  ['never answers', 'silent'],
  ['has lost the card', { error: 'message_not_found' }],
  ['has lost the channel', { error: 'channel_not_found' }],
  ['refuses the token', { error: 'invalid_auth' }],
] as const;

describe.each([
  ['with cached workflows', 100],
  ['replaying every task', 0],
])('a decision does not wait for a Slack that is away, %s', (_, maxCachedWorkflows) => {
  let host: ScriptedHost;
  let slack: SlackServer;
  let runs = 0;

  beforeAll(async () => (host = await startScriptedHost(maxCachedWorkflows)));
  afterAll(() => host.close());
  beforeEach(async () => {
    slack = await startSlackOf(host);
  });
  afterEach(() => slack.close());

  /** A run whose one unit asks. */
  async function ask() {
    const only: PlanNode = node('a');
    runs += 1;
    const result = nextSha();
    const outcome = { status: 'done', result, base: nextSha(), changed: ['src/a.ts'], changedCount: 1 } as const;
    host.activities.runSlice = () =>
      Promise.resolve({
        outcome: { ...outcome, verdict: { decide: 'ask', policy } },
        totals: noTotals,
        host: 'h1',
        seconds: 0,
      });
    const input = runInput(`away${runs}`, [only], { channels: [{ medium: 'slack', channel: 'C1' }] });
    const run = await startRun(host, input);
    const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, only.id, 1));
    await vi.waitFor(() => approval.query(approvalViewQuery), { timeout: 60_000 });
    const approve = () => approval.executeUpdate(decideUpdate, { args: [decision({ by: dana, hash: result })] });
    return { run, approval, approve, result };
  }

  /** The card is in Slack, and the approval knows: one that closes before that finds its card much later. */
  async function posted(approval: WorkflowHandle): Promise<void> {
    const isKnown = async () => {
      const { events } = await approval.fetchHistory();
      expect(events?.some((event) => event.activityTaskCompletedEventAttributes)).toBe(true);
    };
    await vi.waitFor(isKnown, { timeout: 30_000 });
    expect(slack.messages).toHaveLength(1);
  }

  it.each(outages)('and %s, when the card is there', async (__, outage) => {
    const { run, approval, approve } = await ask();
    await posted(approval);
    slack.outage = outage;
    await approve();
    await expect(run.result()).resolves.toMatchObject({ status: 'completed' });
  });

  it.each(outages)('and %s, before the card is there', async (__, outage) => {
    slack.outage = outage;
    const { run, approve } = await ask();
    await vi.waitFor(() => expect(slack.calls).toContain('chat.postMessage'), { timeout: 60_000 });
    await approve();
    await expect(run.result()).resolves.toMatchObject({ status: 'completed' });
  });

  it.each(outages)('and %s, when a run is cancelled', async (__, outage) => {
    const { run, approval } = await ask();
    await posted(approval);
    slack.outage = outage;
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  });

  it('and the card is replaced when Slack is back', async () => {
    const { run, approval, approve } = await ask();
    await posted(approval);
    slack.outage = { status: 500 };
    await approve();
    await run.result();
    await vi.waitFor(() => expect(slack.calls).toContain('chat.update'), { timeout: 60_000 });
    expect(slack.messages[0]?.text).toContain('Approve “');
    slack.outage = null;
    await vi.waitFor(() => expect(slack.messages[0]?.text).toContain('approved by dana'), { timeout: 60_000 });
  });

  it('and people whose clicks did not count are told when Slack is back', async () => {
    const { run, approval, approve, result } = await ask();
    await posted(approval);
    slack.outage = { status: 500 };
    const eve = { channel: 'slack', id: 'U9', name: 'Eve' } as const;
    await approval.signal(decideSignal, decision({ decisionId: 'd0', hash: result, by: eve }));
    await vi.waitFor(() => expect(slack.calls).toContain('chat.postEphemeral'), { timeout: 60_000 });
    await approve();
    await run.result();
    slack.outage = null;
    await vi.waitFor(() => expect(slack.ephemerals).toMatchObject([{ user: 'U9', text: 'Only m may decide this.' }]), {
      timeout: 60_000,
    });
  });
});
