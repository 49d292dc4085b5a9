// What the scripted model says to Claude Code. Decided from the conversation alone, as in ../e2e/scripts.ts.

import type { Answer, ModelRequest } from '../fakes/model-server.ts';

type Step = Readonly<Record<string, unknown>>;

/** Calls of tools by their names, one answer each, then the end of the turn. */
export function claudeSteps(...all: readonly Step[]): (request: ModelRequest) => Answer {
  return (request) => {
    const step = all[answersIn(request)];
    if (step === undefined) return { text: 'Done.' };
    return { tools: Object.entries(step).map(([name, input]) => ({ name, input })) };
  };
}

/** Answers of the model so far. Claude Code adds a word of its own where a session was resumed. */
export function answersIn({ messages }: ModelRequest): number {
  const words = messages.filter(({ role }) => role === 'assistant').map(({ content }) => JSON.stringify(content));
  return words.filter((text) => !text.includes('No response requested.')).length;
}
