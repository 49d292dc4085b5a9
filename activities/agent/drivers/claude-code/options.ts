// The options for Claude Code: no settings of the host or the repository, only the tools that a unit has, and every
// question about a tool answered here.

import { createHash } from 'node:crypto';
import type { AgentSdk, SdkHook, SdkOptions } from './agent-sdk.ts';
import type { AgentSession } from '../contract.ts';
import type { ToolGate } from './tool-gate.ts';
import type { Transcript } from './transcript.ts';
import { builtInTools } from './tool-gate.ts';
import { claudeCodeEnv } from './environment.ts';

export interface Parts {
  readonly sdk: AgentSdk;
  readonly gate: ToolGate;
  readonly transcript: Transcript;
  readonly beforeCompaction: SdkHook;
  readonly spawn: SdkOptions['spawnClaudeCodeProcess'];
}

export function optionsFor(session: AgentSession, parts: Parts): SdkOptions {
  const { config, journal } = session;
  const { sdk, gate, transcript, beforeCompaction, spawn } = parts;
  const { effort } = config.agent;
  const id = sessionIdOf(session);
  return {
    cwd: '/work',
    model: journal.fixed.model,
    ...(effort === null ? {} : { effort }),
    env: claudeCodeEnv(config.sandbox.timeoutSeconds),
    systemPrompt: { type: 'preset', preset: 'claude_code', append: journal.fixed.system, excludeDynamicSections: true },
    tools: builtInTools,
    // The gate decides about each call, also about those that Claude Code itself would allow.
    permissionMode: 'default',
    settings: { permissions: { ask: builtInTools } },
    canUseTool: gate.permit,
    settingSources: [],
    strictMcpConfig: true,
    mcpServers: { coppice: gate.server(sdk) },
    hooks: { PreToolUse: [{ hooks: [gate.beforeTool] }], PreCompact: [{ hooks: [beforeCompaction] }] },
    sessionStore: transcript.store,
    sessionStoreFlush: 'eager',
    // Not the SDK's own `resume`: it would also copy the worker user's settings and credentials.
    ...(transcript.text === '' ? { sessionId: id } : { extraArgs: { resume: id } }),
    spawnClaudeCodeProcess: spawn,
  };
}

/** Claude Code's id for the session: the same on every host, and unique to the unit, or to one of its reviews. */
export function sessionIdOf({ context, unit }: AgentSession): string {
  const review = unit.reviewer === undefined ? '' : `/review/${unit.reviewer.number}`;
  const hex = createHash('sha256').update(`${context.run}/${unit.id}${review}`).digest('hex');
  // UUID version 8 (RFC 9562).
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join('-');
}
