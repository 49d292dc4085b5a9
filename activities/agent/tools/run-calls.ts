// Runs the tool calls of one answer one after the other, and journals their results together. Reports and questions to
// a person are tools without a sandbox; the session ends with them (see `stopSaid`).

import { CancelledFailure } from '@temporalio/activity';
import type { AgentSession, AgentStop, ToolOutcome } from '../drivers/contract.ts';
import type { ToolCall, ToolResult } from '../../../contracts/documents/journal.ts';
import { openQuestion } from './ask-person.ts';
import { report } from './report.ts';
import { admit, stopHeld } from './held-calls.ts';
import { describeCall } from './describe-call.ts';
import { toolError } from './tool.ts';

/** Calls of one answer that run; the rest get an error. */
const callsPerTurn = 50;

/** Null = continue. A question to a person, and a call that people must allow, get no result here. */
export async function runTools(session: AgentSession): Promise<AgentStop | null> {
  const { journal, signal, leaveNow } = session;
  const results: ToolResult[] = [];
  const calls = journal.openCalls();
  const question = openQuestion(calls);
  const asksAlready = question !== null || calls.some(({ name }) => name === report.name);
  for (const [i, call] of calls.entries()) {
    if (signal.aborted) throw new CancelledFailure('the session was cancelled');
    if (call.id === question?.call) continue;
    const asks = call.name === report.name && question !== null;
    const outcome = asks ? notYet : i < callsPerTurn ? await tryCall(session, call, asksAlready) : tooManyCalls;
    if (outcome === null) continue;
    // A stopped command has no result; the next host reports it as interrupted.
    if (leaveNow.aborted) break;
    results.push({ id: call.id, ...outcome });
  }
  if (signal.aborted) throw new CancelledFailure('the session was cancelled');
  if (results.length > 0) journal.recordResults(results);
  return leaveNow.aborted ? { type: 'drained' } : stopHeld(session);
}

/** Null = the call is held. */
async function tryCall(session: AgentSession, call: ToolCall, asksAlready: boolean): Promise<ToolOutcome | null> {
  const admission = await admit(session, call, { directory: () => session.tools.directory(), asksAlready });
  if (admission.type === 'refused') return toolError(admission.why);
  return admission.type === 'run' ? runTool(session, call) : null;
}

const tooManyCalls = toolError(`not run: at most ${callsPerTurn} calls in one answer`);

export const notYet = toolError('Not taken: you asked a person in the same answer. Report when you have the answer.');

function runTool({ tools, showActivity }: AgentSession, { name, input }: ToolCall): Promise<ToolOutcome> {
  showActivity(describeCall(name, input));
  return tools.run({ name, input });
}

/** Answers all open calls with an error, without running them. */
export function refuseOpenCalls({ journal }: AgentSession, output: string): void {
  const open = journal.openCalls();
  if (open.length > 0) journal.recordResults(open.map(({ id }) => ({ id, output, isError: true, exitCode: null })));
}
