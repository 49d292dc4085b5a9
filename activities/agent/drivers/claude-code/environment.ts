// Environment variables for Claude Code: where its model is, to contact nothing else, and how long commands may take.

import { contextTokens } from '../../../../domain/money/prices.ts';
import { longestAnswerTokens } from '../anthropic/ask-model.ts';

/** Folder and name of the model's socket inside the sandbox. */
export const modelFolder = '/run/coppice-model';
export const socketName = 'socket';

/**
 * Claude Code's own files inside the sandbox. The path must not exist on a host, because the SDK would also look there
 * for the worker user's settings and credentials.
 */
export const claudeCodeHome = '/run/coppice-claude-home';
/** Where Claude Code looks in that folder for the transcript of a session at /work. */
export const transcriptPath = (session: string): string => `projects/-work/${session}.jsonl`;

/** File for its stderr. */
export const errorsFile = '/run/coppice-claude-errors';

const aDayMs = 24 * 3600 * 1000;

export function claudeCodeEnv(timeoutSeconds: number): Record<string, string> {
  const commandMs = `${timeoutSeconds * 1000}`;
  return {
    CLAUDE_CONFIG_DIR: claudeCodeHome,
    ANTHROPIC_UNIX_SOCKET: `${modelFolder}/${socketName}`,
    // Never resolved: requests go to the socket, and get their key outside.
    ANTHROPIC_BASE_URL: 'http://model.invalid',
    ANTHROPIC_API_KEY: 'none',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    // Experimental features need betas in every request; only the settled ones are passed on to the model.
    CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS: '1',
    CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
    BASH_DEFAULT_TIMEOUT_MS: commandMs,
    BASH_MAX_TIMEOUT_MS: commandMs,
    // The model's silence is watched outside; Temporal does the retries.
    API_TIMEOUT_MS: `${aDayMs}`,
    CLAUDE_STREAM_FIRST_BYTE_TIMEOUT_MS: `${aDayMs}`,
    CLAUDE_STREAM_IDLE_TIMEOUT_MS: `${aDayMs}`,
    CLAUDE_CODE_MAX_RETRIES: '0',
    CLAUDE_CODE_AUTO_COMPACT_WINDOW: `${contextTokens}`,
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: `${longestAnswerTokens}`,
    CLAUDE_AGENT_SDK_CLIENT_APP: 'coppice',
  };
}
