// What the scripted model says to Claude Code. It depends only on the conversation, as in ../e2e/scripts.ts.

import type { Answer } from '../fakes/model-answer.ts';
import type { ModelRequest } from '../fakes/model-server.ts';

type Step = Readonly<Record<string, unknown>>;

/** Calls of tools by their names, one answer each, then the end of the turn. */
export function claudeSteps(...all: readonly Step[]): (request: Pick<ModelRequest, 'turn'>) => Answer {
  return ({ turn }) => {
    const step = all[turn];
    if (step === undefined) return { text: 'Done.' };
    return { tools: Object.entries(step).map(([name, input]) => ({ name, input })) };
  };
}
