// How Claude Code is started: nothing of the host's or the repository's settings, only tools that a unit has, and every
// question about a tool answered here.

import type { AgentSdk, SdkHook, SdkOptions } from './agent-sdk.ts';
import type { AgentSession } from '../contract.ts';
import type { ToolGate } from './tool-gate.ts';
import type { Transcript } from './transcript.ts';
import { builtInTools } from './tool-gate.ts';
import { claudeCodeEnv } from './environment.ts';

export interface Attendants {
  readonly sdk: AgentSdk;
  readonly gate: ToolGate;
  readonly transcript: Transcript;
  readonly beforeCompaction: SdkHook;
  readonly spawn: SdkOptions['spawnClaudeCodeProcess'];
}

/** `id` is the session's, for Claude Code. */
export function optionsFor(session: AgentSession, id: string, attendants: Attendants): SdkOptions {
  const { config, journal } = session;
  const { sdk, gate, transcript, beforeCompaction, spawn } = attendants;
  const { effort } = config.agent;
  return {
    cwd: '/work',
    model: journal.fixed.model,
    ...(effort === null ? {} : { effort }),
    env: claudeCodeEnv(config.sandbox.timeoutSeconds),
    systemPrompt: { type: 'preset', preset: 'claude_code', append: journal.fixed.system, excludeDynamicSections: true },
    tools: builtInTools,
    // The sandbox is the limit; what Claude Code would ask a person about its commands is nobody's question.
    permissionMode: 'default',
    canUseTool: (_, input) => Promise.resolve({ behavior: 'allow', updatedInput: input }),
    settingSources: [],
    strictMcpConfig: true,
    mcpServers: { coppice: gate.server(sdk) },
    hooks: { PreToolUse: [{ hooks: [gate.beforeTool] }], PreCompact: [{ hooks: [beforeCompaction] }] },
    sessionStore: transcript.store,
    sessionStoreFlush: 'eager',
    // Not the SDK's own `resume`: it would copy settings and credentials of the worker's user beside the transcript.
    ...(transcript.text === '' ? { sessionId: id } : { extraArgs: { resume: id } }),
    spawnClaudeCodeProcess: spawn,
  };
}
