// What Claude Code is told by variables: where its model is, that it is to ask nobody else, and how long commands may take.

import { contextTokens } from '../../../../domain/money/prices.ts';
import { longestAnswerTokens } from '../anthropic/ask-model.ts';

/** Where the socket of the model is inside, and its name there. */
export const modelFolder = '/run/coppice-model';
export const socketName = 'socket';

/**
 * Where its own files are inside. Nothing of the kind is on a host: the SDK would look there for settings and credentials
 * of the worker's user, too.
 */
export const claudeCodeHome = '/run/coppice-claude-home';
/** Where it looks in there for the transcript of a session at /work. */
export const transcriptPath = (session: string): string => `projects/-work/${session}.jsonl`;

/** Where its errors go. */
export const errorsFile = '/run/coppice-claude-errors';

const aDayMs = 24 * 3600 * 1000;

export function claudeCodeEnv(timeoutSeconds: number): Record<string, string> {
  const commandMs = `${timeoutSeconds * 1000}`;
  return {
    CLAUDE_CONFIG_DIR: claudeCodeHome,
    ANTHROPIC_UNIX_SOCKET: `${modelFolder}/${socketName}`,
    // Never looked up: requests go to the socket, and get their key outside.
    ANTHROPIC_BASE_URL: 'http://model.invalid',
    ANTHROPIC_API_KEY: 'none',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    // What the vendor tries out needs betas in every request; only the settled ones are passed on to the model.
    CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS: '1',
    CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
    BASH_DEFAULT_TIMEOUT_MS: commandMs,
    BASH_MAX_TIMEOUT_MS: commandMs,
    // Silence of the model is watched outside; retries are Temporal's.
    API_TIMEOUT_MS: `${aDayMs}`,
    CLAUDE_STREAM_FIRST_BYTE_TIMEOUT_MS: `${aDayMs}`,
    CLAUDE_STREAM_IDLE_TIMEOUT_MS: `${aDayMs}`,
    CLAUDE_CODE_MAX_RETRIES: '0',
    CLAUDE_CODE_AUTO_COMPACT_WINDOW: `${contextTokens}`,
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: `${longestAnswerTokens}`,
    CLAUDE_AGENT_SDK_CLIENT_APP: 'coppice',
  };
}
