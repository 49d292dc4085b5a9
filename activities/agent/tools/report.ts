// The `report` tool, by which the agent ends its work. It needs no sandbox; the session ends with it (see stops.ts).

import { z } from 'zod';
import type { ToolCall } from '../../../contracts/documents/journal.ts';
import { tool } from './tool.ts';

const reportInput = z.object({
  status: z.enum(['done', 'blocked']),
  reason: z
    .string()
    .trim()
    .min(1)
    .max(2000)
    .optional()
    .meta({ description: 'One or two sentences, for the people who asked for the change.' }),
});

export const report = tool({
  name: 'report',
  description:
    'Ends your work on this unit. `done`: it is finished; with a reason when no file had to change. `blocked`: it cannot be done, for the reason that you give. What you say is checked.',
  input: reportInput,
  run: () => Promise.resolve({ output: 'Reported.', isError: false, exitCode: null }),
});

/** The agent's last report among these calls; null = none. */
export function lastReport(calls: readonly ToolCall[]): z.infer<typeof reportInput> | null {
  const call = calls.findLast(({ name }) => name === report.name);
  return call === undefined ? null : (reportInput.safeParse(call.input).data ?? null);
}
