// The parts of `@anthropic-ai/claude-agent-sdk` that are used here, and how to find it. It is an optional peer
// dependency, not open source, with a binary of 381 MB. Users of this driver install it on their hosts, so its own
// types are missing when Coppice is built.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { z } from 'zod';
import { codeOf } from '../../../../domain/errors.ts';
import { failure } from '../../../../contracts/failures.ts';

const packageName = '@anthropic-ai/claude-agent-sdk';

export interface AgentSdk {
  query(call: {
    readonly prompt: AsyncIterable<SdkUserMessage>;
    readonly options: SdkOptions;
  }): AsyncIterable<SdkMessage>;
  createSdkMcpServer(server: {
    readonly name: string;
    /** Makes its tools available from the first request on. */
    readonly alwaysLoad: boolean;
    readonly tools: readonly unknown[];
  }): unknown;
  tool(
    name: string,
    description: string,
    shape: z.core.$ZodLooseShape,
    run: (input: unknown) => Promise<SdkToolResult>,
  ): unknown;
}

export interface SdkToolResult {
  readonly content: readonly [{ readonly type: 'text'; readonly text: string }];
  readonly isError?: boolean;
}

export interface SdkUserMessage {
  readonly type: 'user';
  readonly message: { readonly role: 'user'; readonly content: string };
  readonly parent_tool_use_id: null;
}

/** Fields that only some message types have. */
export interface SdkMessage {
  readonly type: string;
  readonly subtype?: string;
  readonly message?: { readonly content?: unknown };
  readonly is_error?: boolean;
  readonly result?: string;
  readonly errors?: readonly string[];
  readonly terminal_reason?: string;
  readonly compact_result?: string;
}

export interface SdkOptions {
  readonly cwd: string;
  readonly model: string;
  readonly effort?: 'low' | 'medium' | 'high';
  readonly env: Readonly<Record<string, string>>;
  readonly systemPrompt: {
    readonly type: 'preset';
    readonly preset: 'claude_code';
    readonly append: string;
    readonly excludeDynamicSections: boolean;
  };
  readonly tools: readonly string[];
  readonly permissionMode: 'default';
  /** Called for tool calls that hooks were not asked about, or that they allow and a rule of the settings questions. */
  readonly canUseTool: SdkPermission;
  readonly settings: { readonly permissions: { readonly ask: readonly string[] } };
  readonly settingSources: readonly [];
  readonly strictMcpConfig: true;
  readonly mcpServers: Readonly<Record<string, unknown>>;
  readonly hooks: Readonly<Record<string, readonly [{ readonly hooks: readonly [SdkHook] }]>>;
  readonly sessionStore: SessionStore;
  readonly sessionStoreFlush: 'eager';
  readonly sessionId?: string;
  /** Command-line options, without the dashes. */
  readonly extraArgs?: Readonly<Record<string, string>>;
  spawnClaudeCodeProcess(options: SpawnOptions): SpawnedProcess;
}

export type SdkHook = (input: {
  readonly tool_name?: string;
  readonly tool_use_id?: string;
  readonly tool_input?: unknown;
  /** The working directory of its shell. */
  readonly cwd?: string;
}) => Promise<unknown>;

export type SdkPermission = (
  name: string,
  input: Readonly<Record<string, unknown>>,
  call: { readonly toolUseID?: string },
) => Promise<
  | { readonly behavior: 'allow'; readonly updatedInput: unknown }
  | { readonly behavior: 'deny'; readonly message: string; readonly interrupt?: boolean }
>;

/** One line of a transcript. Its content is Claude Code's own business. */
export interface TranscriptEntry {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface SessionStore {
  append(key: SessionKey, entries: readonly TranscriptEntry[]): Promise<void>;
  load(): Promise<null>;
}

interface SessionKey {
  readonly projectKey: string;
  readonly sessionId: string;
  /** Set for a subagent's transcript. */
  readonly subpath?: string;
}

export interface SpawnOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface SpawnedProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly killed: boolean;
  readonly exitCode: number | null;
  kill(signal: NodeJS.Signals): boolean;
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  once(event: string, listener: (...values: unknown[]) => void): unknown;
  off(event: string, listener: (...values: unknown[]) => void): unknown;
}

/** Looks in `folder` (which has `node_modules`), or where Coppice itself is installed. Throws `DriverMissing`. */
export async function loadAgentSdk(folder: string | null): Promise<AgentSdk> {
  const where = folder === null ? 'where Coppice is installed' : `in ${folder} (COPPICE_CLAUDE_CODE)`;
  try {
    const from = folder === null ? import.meta.url : join(resolve(folder), 'package.json');
    const path = createRequire(from).resolve(packageName);
    if (!hasProgram(path)) throw new Error(`there is no program for linux-${process.arch} with it`);
    // Matches the package's own types; test/claude-code/ runs the real one.
    return (await import(pathToFileURL(path).href)) as AgentSdk;
  } catch (cause) {
    const why = cause instanceof Error && codeOf(cause) === undefined ? `: ${cause.message}` : '';
    throw failure('DriverMissing', `this host has no Claude Code: ${packageName} is not ${where}${why}`, { cause });
  }
}

/** The binary is a separate package, which npm treats as optional. */
function hasProgram(sdk: string): boolean {
  return [`linux-${process.arch}`, `linux-${process.arch}-musl`].some((platform) => {
    try {
      return createRequire(sdk).resolve(`${packageName}-${platform}/package.json`) !== '';
    } catch {
      return false;
    }
  });
}
