// What a request to the Messages API must look like, as far as the real one would refuse it.

import { z } from 'zod';

const block = z.looseObject({ type: z.string() });
const message = z.object({
  role: z.enum(['user', 'assistant']),
  content: z.union([z.string().min(1), z.array(block).min(1)]),
});
const body = z.looseObject({
  model: z.string().min(1),
  max_tokens: z.number().int().positive(),
  stream: z.literal(true),
  messages: z.array(message).min(1),
  system: z.unknown().optional(),
  tools: z.array(z.looseObject({ name: z.string() })).optional(),
  metadata: z.object({ user_id: z.string() }).optional(),
});

export interface ModelRequest {
  /** `metadata.user_id`: tells sessions apart. */
  readonly user: string;
  /** Answers of the model so far. */
  readonly turn: number;
  readonly messages: readonly ModelMessage[];
  readonly model: string;
  readonly system: unknown;
  readonly tools: readonly { readonly name: string }[];
  readonly raw: string;
}

export type ModelMessage = z.infer<typeof message>;

export function explainBadRequest(raw: string): { request: ModelRequest } | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(raw);
  } catch {
    return { problem: 'the body is not JSON' };
  }
  const parsed = body.safeParse(json);
  if (!parsed.success) return { problem: z.prettifyError(parsed.error) };
  const { messages, metadata, model, system, tools = [] } = parsed.data;
  const problem = explainConversation(messages);
  if (problem !== null) return { problem };
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  return { request: { user: metadata?.user_id ?? '', turn, messages, model, system, tools, raw } };
}

/** Roles alternate in effect, the last word is the user's, and every tool call is answered in the next message. */
function explainConversation(messages: readonly ModelMessage[]): string | null {
  if (messages[0]?.role !== 'user') return 'messages: first message must use the "user" role';
  if (messages.at(-1)?.role !== 'user') return 'messages: the conversation must end with a user message';
  for (const [i, { role, content }] of messages.entries()) {
    if (role === 'user' || typeof content === 'string') continue;
    const asked = content.filter(({ type }) => type === 'tool_use').map(({ id }) => id);
    const next = messages[i + 1];
    const answered = new Set(typeof next?.content === 'string' ? [] : next?.content.map(({ tool_use_id: id }) => id));
    const missing = asked.find((id) => !answered.has(id));
    if (missing !== undefined) {
      return `messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${String(missing)}`;
    }
  }
  return null;
}
