// Reads tool results from Claude Code's messages.

import { z } from 'zod';
import type { SdkMessage } from './agent-sdk.ts';
import type { ToolCall, ToolResult } from '../../../../contracts/documents/journal.ts';

const textBlock = z.looseObject({ type: z.string(), text: z.string().optional() });
const toolResult = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z.union([z.string(), z.array(textBlock)]).optional(),
  is_error: z.boolean().nullish(),
});

/** Results of calls that have none yet. */
export function resultsIn({ message }: SdkMessage, open: readonly ToolCall[]): ToolResult[] {
  const blocks = Array.isArray(message?.content) ? (message.content as unknown[]) : [];
  return blocks.flatMap((block) => {
    const parsed = toolResult.safeParse(block);
    if (!parsed.success || !open.some(({ id }) => id === parsed.data.tool_use_id)) return [];
    const { tool_use_id: id, content = '', is_error: isError } = parsed.data;
    return [{ id, output: textOf(content), isError: isError === true, exitCode: null }];
  });
}

function textOf(content: string | readonly z.infer<typeof textBlock>[]): string {
  if (typeof content === 'string') return content;
  return content.map(({ type, text }) => text ?? `[${type}]`).join('\n');
}
