// The shapes of what the model may ask of its tools. Anything else is answered with an error, and nothing runs.

import { z } from 'zod';

const path = z.string().startsWith('/', 'path must be absolute, below /work').max(4096);
const text = z.string().max(10_000_000);

export const bashInput = z.object({ command: text.optional(), restart: z.boolean().optional() });

export const editorInput = z.discriminatedUnion('command', [
  z.object({
    command: z.literal('view'),
    path,
    view_range: z.tuple([z.number().int(), z.number().int()]).nullish(),
  }),
  z.object({ command: z.literal('create'), path, file_text: text }),
  z.object({ command: z.literal('str_replace'), path, old_str: text.min(1), new_str: text.optional() }),
  z.object({ command: z.literal('insert'), path, insert_line: z.number().int().min(0), insert_text: text }),
]);

export const reportInput = z.object({
  status: z.enum(['done', 'blocked']),
  reason: z.string().trim().min(1).max(2000).optional(),
});

export const askPersonInput = z.object({ question: z.string().trim().min(1).max(2000) });

/** What the tools of Coppice are for, as every model is told. */
export const ownTools = {
  report:
    'Ends your work on this unit. `done`: it is finished; with a reason when no file had to change. `blocked`: it cannot be done, for the reason that you give. What you say is checked.',
  ask_person:
    'Asks a person a question and waits for the answer, which may take days. Only for what you can neither find out nor decide yourself.',
} as const;

export type BashInput = z.infer<typeof bashInput>;
export type EditorInput = z.infer<typeof editorInput>;

/** What is wrong with an input, in one line, for the model. */
export function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; ');
}
