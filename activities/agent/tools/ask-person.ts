// The `ask_person` tool. The first question of an answer ends the slice, and gets its result when a person has answered
// (see stops.ts). Only further questions of the same answer run here.

import { z } from 'zod';
import type { ToolCall } from '../../../contracts/documents/journal.ts';
import { tool, toolError } from './tool.ts';

const input = z.object({
  question: z
    .string()
    .trim()
    .min(1)
    .max(2000)
    .meta({ description: 'At most 2,000 characters, for somebody who sees nothing else.' }),
});

export const askPerson = tool({
  name: 'ask_person',
  description:
    'Asks a person a question and waits for the answer, which may take days. Use it only for what you can neither find out nor decide yourself.',
  input,
  run: () => Promise.resolve(toolError('Not asked: one question at a time.')),
});

/** The first well-formed call that asks a person. */
export function openQuestion(calls: readonly ToolCall[]): { readonly call: string; readonly question: string } | null {
  for (const call of calls) {
    const parsed = call.name === askPerson.name ? input.safeParse(call.input) : undefined;
    if (parsed?.success) return { call: call.id, question: parsed.data.question };
  }
  return null;
}
