// Checks requests to the Messages API, as far as the real one would refuse them.

import { z } from 'zod';

const block = z.looseObject({ type: z.string() });
const message = z.strictObject({
  /** Claude Code reminds its model of things as the system, in the middle of a conversation. */
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([z.string().min(1), z.array(block).min(1)]),
});
const body = z.looseObject({
  model: z.string().min(1),
  max_tokens: z.number().int().positive(),
  stream: z.literal(true),
  messages: z.array(message).min(1),
  system: z.unknown().optional(),
  /** Fields that need a beta are refused. */
  tools: z.array(z.looseObject({ name: z.string(), defer_loading: z.never().optional() })).optional(),
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
  /** The credential that it came with. */
  readonly key: string;
}

export type ModelMessage = z.infer<typeof message>;

export function explainBadRequest(raw: string): { request: Omit<ModelRequest, 'key'> } | { problem: string } {
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
  const turn = messages.filter((each) => each.role === 'assistant' && !isFiller(each)).length;
  return { request: { user: metadata?.user_id ?? '', turn, messages, model, system, tools, raw } };
}

/** Claude Code puts words into its model's mouth where a session continues in a new process. */
function isFiller({ content }: ModelMessage): boolean {
  return JSON.stringify(content).includes('"No response requested."');
}

/** Every tool call is answered in the message after it. Whose word is the last is the server's to judge (`pause_turn`). */
function explainConversation(messages: readonly ModelMessage[]): string | null {
  if (messages[0]?.role !== 'user') return 'messages: first message must use the "user" role';
  for (const [i, { role, content }] of messages.entries()) {
    if (role !== 'assistant' || typeof content === 'string') continue;
    const asked = content.filter(({ type }) => type === 'tool_use').map(({ id }) => id);
    const next = messages[i + 1];
    const answered = new Set(typeof next?.content === 'string' ? [] : next?.content.map(({ tool_use_id: id }) => id));
    const missing = asked.filter((id) => !answered.has(id));
    if (missing.length > 0) {
      return `messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${JSON.stringify(missing)}`;
    }
  }
  return null;
}
