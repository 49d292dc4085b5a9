// The tool calls of one answer: run one after the other, their results journalled together. Reports and questions to a
// person are tools without a sandbox; the session ends with them (see `stopSaid`).

import { CancelledFailure } from '@temporalio/activity';
import type { AgentSession, AgentStop, ToolOutcome } from './contract.ts';
import type { ToolCall, ToolResult } from '../../domain/journal.ts';
import { askPersonInput, describeIssues, reportInput } from './tool-inputs.ts';

/** Of one answer; the rest is answered with an error. */
const callsPerTurn = 50;

/** Null = go on. What the agent asks a person comes last and gets no result here. */
export async function runTools(session: AgentSession): Promise<AgentStop | null> {
  const { journal, signal, hurry } = session;
  const results: ToolResult[] = [];
  const calls = journal.openCalls();
  const question = openQuestion(calls);
  for (const [i, call] of calls.entries()) {
    if (signal.aborted) throw new CancelledFailure('the session was cancelled');
    if (call.id === question?.call) continue;
    const asks = call.name === 'report' && question !== null;
    const outcome = asks ? notYet : i < callsPerTurn ? await runTool(session, call) : tooManyCalls;
    // A command that was stopped has no result: the next host says so.
    if (hurry.aborted) break;
    results.push({ id: call.id, ...outcome });
  }
  if (signal.aborted) throw new CancelledFailure('the session was cancelled');
  if (results.length > 0) journal.recordResults(results);
  return hurry.aborted ? { type: 'drained' } : null;
}

const tooManyCalls: ToolOutcome = {
  output: `not run: at most ${callsPerTurn} calls in one answer`,
  isError: true,
  exitCode: null,
};

export const notYet: ToolOutcome = {
  output: 'Not taken: you asked a person in the same answer. Report when you have the answer.',
  isError: true,
  exitCode: null,
};

async function runTool({ tools, doing }: AgentSession, { name, input }: ToolCall): Promise<ToolOutcome> {
  doing(describeCall(name, input));
  if (name === 'ask_person') return { output: askedWrongly(input), isError: true, exitCode: null };
  if (name !== 'report') return tools.run({ name, input });
  const parsed = reportInput.safeParse(input);
  if (!parsed.success) return { output: `Error: ${describeIssues(parsed.error)}`, isError: true, exitCode: null };
  return { output: 'Reported.', isError: false, exitCode: null };
}

/** The first call that asks a person, if it does so in the right form. */
export function openQuestion(calls: readonly ToolCall[]): { readonly call: string; readonly question: string } | null {
  for (const { id, name, input } of calls) {
    const parsed = name === 'ask_person' ? askPersonInput.safeParse(input) : undefined;
    if (parsed?.success) return { call: id, question: parsed.data.question };
  }
  return null;
}

function askedWrongly(input: unknown): string {
  const parsed = askPersonInput.safeParse(input);
  return parsed.success ? 'Not asked: one question at a time.' : `Error: ${describeIssues(parsed.error)}`;
}

/** Nothing of it runs. */
export function refuseOpenCalls({ journal }: AgentSession, output: string): void {
  const open = journal.openCalls();
  if (open.length > 0) journal.recordResults(open.map(({ id }) => ({ id, output, isError: true, exitCode: null })));
}

export function describeCall(name: string, input: unknown): string {
  const fields = new Map<string, unknown>(Object.entries(input ?? {}));
  const kind = { bash: 'bash:', Bash: 'bash:', str_replace_based_edit_tool: 'edit:' }[name] ?? name;
  const words = [kind, fields.get('command'), fields.get('path'), fields.get('file_path')];
  return words.filter((word) => typeof word === 'string').join(' ');
}
