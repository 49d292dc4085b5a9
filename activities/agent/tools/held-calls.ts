// Tool calls that people must allow: what keeps them from running, and how they run once people have decided.

import { CancelledFailure } from '@temporalio/activity';
import type { AgentSession, AgentStop, ToolOutcome } from '../drivers/contract.ts';
import type { ToolCall } from '../../../contracts/documents/journal.ts';
import { longestRequest, textOf } from './tool-request.ts';
import { unseen } from '../../../domain/text/unsafe.ts';
import { describeCall } from './describe-call.ts';
import { toolError } from './tool.ts';

/** Whether a call may run now; `held`: it waits for people, and has no result. */
export type Admission = { readonly type: 'run' | 'held' } | { readonly type: 'refused'; readonly why: string };

interface Place {
  /** Where the call would run. */
  directory(): Promise<string>;
  /** The agent asks a person in the same answer, or reports: one thing at a time. */
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
  const unfit = explainUnfit(call);
  if (unfit !== null) return { type: 'refused', why: `Not run: people must allow this, and ${unfit}` };
  if (asksAlready) return { type: 'refused', why: waitsForAnother };
  session.journal.hold(call.id, where);
  return { type: 'held' };
}

/** Why people cannot be asked about a call as it is; null = they can. */
function explainUnfit(call: ToolCall): string | null {
  const text = textOf(call);
  if (text.length > longestRequest)
    return `it is too long for them to look at. Keep it below ${longestRequest} characters.`;
  if (hidden.test(text)) return 'it has characters that do not show, such as controls. Write them in another way.';
  // It would begin in another directory than what they see.
  const { restart } = (call.input ?? {}) as { readonly restart?: unknown };
  return restart === true ? 'it restarts the shell. Restart it in a call of its own first.' : null;
}

const hidden = new RegExp(`(?![\\t\\n])[${unseen}]`, 'u');

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
  const isThere = await tools.enter(call.held.directory);
  if (leaveNow.aborted) return { type: 'drained' };
  const isSame = isThere && (await session.letGo(call));
  if (leaveNow.aborted) return { type: 'drained' };
  const outcome = isSame ? await tools.run(call, { strict: true }) : hasChanged;
  // A stopped command has no result; the next host reports it as interrupted.
  if (leaveNow.aborted) return { type: 'drained' };
  if (signal.aborted) throw new CancelledFailure('the session was cancelled');
  journal.recordResults([{ id: call.id, ...outcome }]);
  return null;
}

export const hasChanged: ToolOutcome = toolError(
  'Not run: people have allowed it for another state of the worktree, or its directory is gone. Call it again, and they are asked again.',
);

const waitsForAnother =
  'Not run: another call of the same answer waits for people, or ends your work. Call it in an answer of its own if it is still needed.';
