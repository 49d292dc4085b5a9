// Decides each tool call of Claude Code before it runs: only calls of a recorded answer run, each once in the life of
// the session; a question to a person is deferred until it is answered, and a call that people must allow until they
// do. Also serves the tools that Coppice provides.

import { quoteWord } from '../../../../domain/text/shell-word.ts';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { AgentSdk, SdkHook, SdkPermission, SdkToolResult } from './agent-sdk.ts';
import type { AgentSession } from '../contract.ts';
import type { Tool } from '../../tools/tool.ts';
import { askPerson, openQuestion } from '../../tools/ask-person.ts';
import { ownToolsOf } from '../../tools/list.ts';
import { admit, hasChanged } from '../../tools/held-calls.ts';
import type { ToolCall } from '../../../../contracts/documents/journal.ts';
import { report } from '../../tools/report.ts';
import { describeCall } from '../../tools/describe-call.ts';
import { notYet } from '../../tools/run-calls.ts';
import { ownToolPrefix } from './own-tools.ts';

/** The tools of Claude Code that a unit has. */
export const builtInTools = ['Bash', 'Edit', 'Glob', 'Grep', 'Read', 'Write'] as const;

type Verdict =
  | { readonly permissionDecision: 'allow' | 'defer'; readonly updatedInput?: unknown }
  | { readonly permissionDecision: 'deny'; readonly permissionDecisionReason: string };

const allow = { permissionDecision: 'allow' } as const;

export class ToolGate {
  private readonly session: AgentSession;
  /** The person's answer, for the call that may run now. */
  private answer = '';
  /** What was decided in this process, by call: Claude Code may ask both the hook and for permission, and repeats itself. */
  private readonly verdicts = new Map<string, Promise<Verdict>>();

  constructor(session: AgentSession) {
    this.session = session;
  }

  readonly beforeTool: SdkHook = async ({
    tool_name: name = '',
    tool_use_id: id = '',
    tool_input: input,
    cwd: directory,
  }) => {
    const verdict = this.decide({ id, name, input }, directory);
    this.verdicts.set(id, verdict);
    return { hookSpecificOutput: { hookEventName: 'PreToolUse', ...(await verdict) } };
  };

  /** A call that a process continues from an earlier one may come here alone, so this decides as the hook does. */
  readonly permit: SdkPermission = async (name, input, { toolUseID: id = '' }) => {
    const verdict = this.verdicts.get(id) ?? this.decide({ id, name, input });
    this.verdicts.set(id, verdict);
    const decided = await verdict;
    if (decided.permissionDecision === 'allow')
      return { behavior: 'allow', updatedInput: decided.updatedInput ?? input };
    if (decided.permissionDecision === 'deny') return { behavior: 'deny', message: decided.permissionDecisionReason };
    return { behavior: 'deny', message: 'Not run: nobody has decided yet.', interrupt: true };
  };

  /** If a hook throws, the call runs. */
  private async decide(call: ToolCall, directory = '/work'): Promise<Verdict> {
    try {
      const verdict = await this.judge(call, directory);
      if (verdict.permissionDecision === 'allow') this.session.showActivity(describeCall(call.name, call.input));
      return verdict;
    } catch (error) {
      return deny(`Not run: ${String(error)}`);
    }
  }

  /** The MCP server, made by `sdk`; its tools run in this process. */
  server(sdk: AgentSdk): unknown {
    return sdk.createSdkMcpServer({
      name: 'coppice',
      alwaysLoad: true,
      tools: ownToolsOf(this.session).map((each) =>
        sdk.tool(each.name, each.description, shapeOf(each), (input) => this.run(each, input)),
      ),
    });
  }

  private async run({ name }: Tool, input: unknown): Promise<SdkToolResult> {
    const answered = name === askPerson.name ? { output: this.answer, isError: false } : null;
    const { output, isError } = answered ?? (await this.session.tools.run({ name, input }));
    return { content: [{ type: 'text', text: output }], isError };
  }

  private async judge(call: ToolCall, directory: string): Promise<Verdict> {
    const { id, name } = call;
    const { journal } = this.session;
    const own = name.startsWith(ownToolPrefix) ? name.slice(ownToolPrefix.length) : null;
    const known = journal.resultOf(id);
    if (known !== null && own === askPerson.name && !known.isError) {
      this.answer = known.output;
      return allow;
    }
    if (known !== null) return deny(known.isError ? known.output : ranBefore(known.output));
    const open = journal.openCalls();
    if (!open.some((each) => each.id === id)) return deny('Not run: the call is in no answer of the model.');
    const question = openQuestion(open);
    if (own === null) {
      if (!builtInTools.some((tool) => tool === name)) return deny(`There is no tool ${name}.`);
      const recorded = open.find((each) => each.id === id) ?? call;
      const asksAlready = question !== null || open.some((each) => each.name === report.name);
      return this.admit({ recorded, call }, { directory, asksAlready });
    }
    if (own === askPerson.name && question !== null) {
      return question.call === id ? { permissionDecision: 'defer' } : deny('Not asked: one question at a time.');
    }
    if (own === report.name && question !== null) return deny(notYet.output);
    // The server itself reports an invalid input.
    return allow;
  }

  /** `recorded`: the call as the model made it, which is what people see and what runs. */
  private async admit(
    { recorded, call }: { readonly recorded: ToolCall; readonly call: ToolCall },
    at: { readonly directory: string; readonly asksAlready: boolean },
  ): Promise<Verdict> {
    const { session } = this;
    const waiting = session.journal.heldCall();
    if (session.journal.hasBegun(call.id)) return deny('Not run: it has begun already, and its outcome is unknown.');
    if (waiting?.id === call.id) {
      if (waiting.held.allowed === undefined) return { permissionDecision: 'defer' };
      if (!(await session.letGo(waiting))) return deny(hasChanged.output);
      const { directory } = waiting.held;
      const { input } = recorded;
      return { ...allow, updatedInput: directory === at.directory ? input : inDirectory(input, directory) };
    }
    const differs = !isDeepStrictEqual(recorded.input, call.input);
    if (differs && session.rules.judge(call).decide !== 'allow')
      return deny('Not run: it is not what the model called.');
    const admission = await admit(session, recorded, { ...at, directory: () => Promise.resolve(at.directory) });
    if (admission.type === 'refused') return deny(admission.why);
    return admission.type === 'run' ? allow : { permissionDecision: 'defer' };
  }
}

/** The same command, where it was to run: a session that continues elsewhere begins at the top. */
function inDirectory(input: unknown, directory: string): unknown {
  const fields: Record<string, unknown> = { ...(input as object) };
  const { command } = fields;
  if (typeof command !== 'string') return input;
  return { ...fields, command: `cd -- ${quoteWord(directory)} || exit\n${command}` };
}

/** The server validates inputs itself, from the fields of an object. */
function shapeOf({ input }: Tool): z.ZodRawShape {
  if (!(input instanceof z.ZodObject)) throw new Error('the input of a tool of ours is an object');
  return input.shape;
}

function deny(why: string): Verdict {
  return { permissionDecision: 'deny', permissionDecisionReason: why };
}

function ranBefore(output: string): string {
  return `It has run already, before the session came to this host. Its result was:\n${output}`;
}
