// The second driver: Claude Code, as a process in the unit's sandbox. It holds the conversation and runs the tools.
// Each of its model calls comes through here, where the same limits apply as in our own loop, and where the answer is
// recorded and checkpointed before Claude Code sees it. So it may die at any time, and continue on another host from
// its own transcript, which the journal keeps up to the last boundary between turns.

import type { AgentDriver } from '../contract.ts';
import type { ModelSettings } from '../anthropic/ask-model.ts';
import { ClaudeCodeProcess } from './claude-code-process.ts';
import { assertPriced, stopBeforeAsking } from '../../conversation/stops.ts';
import { goOnAfterLostCut } from '../anthropic/cut-answers.ts';
import { failure } from '../../../../contracts/failures.ts';
import { loadAgentSdk } from './agent-sdk.ts';
import { makeModelClient } from '../anthropic/ask-model.ts';
import { openQuestion } from '../../tools/ask-person.ts';

export interface ClaudeCodeSettings extends ModelSettings {
  /** COPPICE_CLAUDE_CODE: the folder where the SDK is installed; null = next to Coppice. */
  readonly installedIn: string | null;
}

export function makeClaudeCodeDriver(settings: ClaudeCodeSettings): AgentDriver {
  const client = makeModelClient(settings);
  const { idleSeconds, installedIn } = settings;
  return {
    async converse(session) {
      const { journal, place } = session;
      assertPriced(session);
      if (place.sandbox.driver === 'none') {
        throw failure('SandboxUnavailable', 'agent.driver claude-code runs in a sandbox only, and this host has none');
      }
      const sdk = await loadAgentSdk(installedIn);
      for (;;) {
        journal.closeInterrupted(openQuestion(journal.openCalls())?.call);
        const stop = goOnAfterLostCut(session) ?? stopBeforeAsking(session);
        if (stop !== null) return stop;
        const end = await new ClaudeCodeProcess(session, sdk, { client, idleSeconds }).untilItEnds();
        if (end !== 'again') return end;
      }
    },
  };
}
