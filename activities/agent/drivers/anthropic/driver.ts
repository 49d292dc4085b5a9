// The default driver: our own loop on the vendor's SDK, many sessions in one process. It asks the model, checkpoints,
// runs the tools that the answer calls, and asks again. Tools run only if the stop reason says so and the answer
// arrived whole.

import type { AgentDriver, AgentSession, AgentStop } from '../contract.ts';
import type { ModelAnswer, ModelSettings } from './ask-model.ts';
import { goOnAfterCut, goOnAfterLostCut } from './cut-answers.ts';
import { assertPriced, refusalText, stopBeforeAsking } from '../../conversation/stops.ts';
import { makeModelClient } from './ask-model.ts';
import { nextAnswer } from './next-answer.ts';
import { runAllowed } from '../../tools/held-calls.ts';
import { openQuestion } from '../../tools/ask-person.ts';
import { refuseOpenCalls, runTools } from '../../tools/run-calls.ts';

export function makeAnthropicDriver(settings: ModelSettings): AgentDriver {
  const client = makeModelClient(settings);
  return {
    async converse(session) {
      assertPriced(session);
      session.journal.closeInterrupted(openQuestion(session.journal.openCalls())?.call);
      const before = goOnAfterLostCut(session) ?? (await runAllowed(session));
      if (before !== null) return before;
      for (;;) {
        const stop = stopBeforeAsking(session);
        if (stop !== null) return stop;
        await session.hear();
        const answer = await nextAnswer(client, session, settings.idleSeconds);
        if (answer === null) return { type: 'too-long' };
        await session.turnEnded();
        if (answer === 'summed up') continue;
        const end = await react(session, answer);
        if (end !== null) return end;
      }
    },
  };
}

/** Null = ask again. */
async function react(session: AgentSession, { stopReason, content }: ModelAnswer): Promise<AgentStop | null> {
  const { journal } = session;
  switch (stopReason) {
    case 'tool_use':
      return runTools(session);
    case 'pause_turn':
      return null;
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return goOnAfterCut(session);
    case 'refusal':
      return { type: 'refused', why: refusalText(content) };
    default:
      // An unknown reason never runs a tool. Its calls get an error as their result; the session continues only if it
      // must.
      refuseOpenCalls(session, `not run: the answer stopped for "${stopReason}"`);
      return journal.awaitsAnswer() ? null : { type: 'ended', why: null };
  }
}
