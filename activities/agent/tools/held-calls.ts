// Tool calls that people must allow: what keeps them from running, and how they run once people have decided.

import { CancelledFailure } from '@temporalio/activity';
import type { AgentSession, AgentStop, ToolOutcome } from '../drivers/contract.ts';
import type { ToolCall } from '../../../contracts/documents/journal.ts';
import { longestRequest, textOf } from './tool-request.ts';
import { describeCall } from './describe-call.ts';
import { toolError } from './tool.ts';

/** Whether a call may run now; `held`: it waits for people, and has no result. */
export type Admission = { readonly type: 'run' | 'held' } | { readonly type: 'refused'; readonly why: string };

interface Place {
  /** Where the call would run. */
  directory(): Promise<string>;
  /** The agent asks a person in the same answer: one thing at a time. */
  readonly asksAlready: boolean;
}

/** Judges a call by the rules. If people must allow it, it is held. */
export async function admit(
  session: AgentSession,
  call: ToolCall,
  { directory, asksAlready }: Place,
): Promise<Admission> {
  if (session.journal.heldCall() !== null) return { type: 'refused', why: waitsForAnother };
  const verdict = session.rules.judge(call);
  if (verdict.decide === 'allow') return { type: 'run' };
  if (verdict.decide === 'deny') return { type: 'refused', why: `Not run: ${verdict.why}` };
  const where = await directory();
  if (session.isAllowed(call, where)) return { type: 'run' };
  if (textOf(call).length > longestRequest) {
    const why = `Not run: people must allow this, and it is too long for them to look at. Keep it below ${longestRequest} characters.`;
    return { type: 'refused', why };
  }
  if (asksAlready) return { type: 'refused', why: waitsForAnother };
  session.journal.hold(call.id, where);
  return { type: 'held' };
}

/** The stop for a call that waits for people; null = none does. */
export function stopHeld({ journal }: Pick<AgentSession, 'journal'>): AgentStop | null {
  const call = journal.heldCall();
  if (call === null || call.held.allowed !== undefined) return null;
  const { held, ...rest } = call;
  return { type: 'tool', call: rest, directory: held.directory };
}

/** Runs the call that people have allowed, once. Null = the conversation goes on. */
export async function runAllowed(session: AgentSession): Promise<AgentStop | null> {
  const { journal, tools, signal, leaveNow } = session;
  const call = journal.heldCall();
  if (call?.held.allowed === undefined) return null;
  if (signal.aborted) throw new CancelledFailure('the session was cancelled');
  if (session.draining()) return { type: 'drained' };
  session.showActivity(describeCall(call.name, call.input));
  await tools.enter(call.held.directory);
  const outcome = (await session.letGo(call)) ? await tools.run(call) : hasChanged;
  // A stopped command has no result; the next host reports it as interrupted.
  if (leaveNow.aborted) return { type: 'drained' };
  if (signal.aborted) throw new CancelledFailure('the session was cancelled');
  journal.recordResults([{ id: call.id, ...outcome }]);
  return null;
}

export const hasChanged: ToolOutcome = toolError(
  'Not run: people have allowed it for another state of the worktree. Call it again, and they are asked again.',
);

const waitsForAnother =
  'Not run: another call of the same answer waits for people. Call it again afterwards if it is still needed.';
