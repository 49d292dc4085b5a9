// A session without git or a sandbox, around the real driver and a real journal: the test supplies the tools.

import type { AgentSession, ToolOutcome } from '../../activities/agent/drivers/contract.ts';
import type { ReplyFunction } from '../fakes/model-server.ts';
import { context, unit } from '../domain/fixtures.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { makeAnthropicDriver } from '../../activities/agent/drivers/anthropic/driver.ts';
import { SessionJournal } from '../../activities/agent/conversation/journal.ts';
import { startModelServer } from '../fakes/model-server.ts';

/** A shell that never leaves the top of the worktree. */
export const atTop = { directory: () => Promise.resolve('/work'), enter: () => Promise.resolve(true) };

export const prefix = { model: 'claude-sonnet-5-5', system: 'You work.', firstMessage: 'Do it.' };

export async function startSession(reply: ReplyFunction, change: Partial<AgentSession> = {}) {
  const server = await startModelServer({ reply });
  const journal = change.journal ?? new SessionJournal();
  journal.begin(prefix);
  /** Tool calls that ran, and how many checkpoints there were by then. */
  const ran: { name: string; input: unknown; checkpoints: number }[] = [];
  let checkpoints = 0;
  const session: AgentSession = {
    context: context(),
    unit: {
      id: unit('a'),
      title: 'A',
      prompt: 'Do it.',
      needs: [],
      scope: null,
      verify: null,
      labels: [],
      budgetUsd: null,
      maxTurns: null,
    },
    config: defaultConfig,
    host: 'here',
    journal,
    tools: {
      run(call): Promise<ToolOutcome> {
        ran.push({ ...call, checkpoints });
        return Promise.resolve({ output: 'ran', isError: false, exitCode: 0 });
      },
      ...atTop,
    },
    hasBoard: false,
    hear: () => Promise.resolve(),
    rules: { judge: () => ({ decide: 'allow' }) },
    isAllowed: () => false,
    letGo: () => Promise.resolve(true),
    get place(): never {
      throw new Error('our own loop has no program to start');
    },
    spendUpToUsd: null,
    limitUsd: null,
    tokensUpTo: null,
    turnsUpTo: null,
    until: null,
    maxTurns: 20,
    workDeadline: null,
    signal: new AbortController().signal,
    draining: () => false,
    leaveNow: new AbortController().signal,
    showActivity: () => undefined,
    modelCallBegins: () => Promise.resolve(),
    modelCallFailed: () => undefined,
    idleTurns: () => 0,
    turnEnded: () => Promise.resolve(void (checkpoints += 1)),
    ...change,
  };
  const driver = makeAnthropicDriver({ apiKey: 'key', baseUrl: server.url, idleSeconds: 0.4 });
  return { server, journal, ran, converse: () => driver.converse(session) };
}
