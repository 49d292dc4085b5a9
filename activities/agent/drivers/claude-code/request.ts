// Which parts of a request reach the model. Everything in the sandbox can send one, so only what a conversation needs
// is passed on: no tools that the vendor runs, no URLs that it would fetch, no other model, no other price.

import { z } from 'zod';
import type { MessageCreateParamsStreaming } from '@anthropic-ai/sdk/resources/messages';
import { RequestRefused } from './model-socket.ts';
import { longestAnswerTokens } from '../anthropic/ask-model.ts';
import { ownToolPrefix } from './own-tools.ts';
import { report } from '../../tools/report.ts';
import { submitReview } from '../../tools/submit-review.ts';

const block = z.looseObject({ type: z.string(), source: z.looseObject({ type: z.string() }).optional() });
const content = z.union([z.string(), z.array(block)]);
/** Fields that are not named here are dropped. */
const requestBody = z.object({
  messages: z.array(z.looseObject({ role: z.string(), content })).min(1),
  system: z.unknown().optional(),
  tools: z.array(z.looseObject({ name: z.string(), type: z.literal('custom').optional() })).default([]),
  tool_choice: z.unknown().optional(),
  max_tokens: z.int().min(1),
  temperature: z.number().optional(),
  thinking: z.unknown().optional(),
  context_management: z.unknown().optional(),
  output_config: z.unknown().optional(),
});

/** Every session has one of these. */
const endings = new Set([report.name, submitReview.name].map((name) => `${ownToolPrefix}${name}`));

const givenSources = new Set(['base64', 'text', 'content']);

/** Allowed betas, by their names without dates: those that change an answer, not those that act or look things up. */
const allowedBeta =
  /^(?:claude-code|interleaved-thinking|context-management|thinking-token-count|thinking-display-updates|effort|prompt-caching-scope|fine-grained-tool-streaming)-\d{4}/;

/** Throws `RequestRefused`. */
export function paramsOf(
  body: unknown,
  { model, user }: { readonly model: string; readonly user: string },
): MessageCreateParamsStreaming {
  const parsed = requestBody.safeParse(body);
  if (!parsed.success)
    throw new RequestRefused(`not a valid request to the model: ${z.prettifyError(parsed.error).slice(0, 500)}`);
  const { messages, tools, max_tokens: most } = parsed.data;
  if (!tools.some(({ name }) => endings.has(name))) {
    throw new RequestRefused('only the conversation of the session itself is served here');
  }
  if (messages.some((message) => looksUp(message.content)))
    throw new RequestRefused('nothing is looked up for a session');
  const params = {
    ...parsed.data,
    model,
    max_tokens: Math.min(most, longestAnswerTokens),
    stream: true,
    metadata: { user_id: user },
  };
  // Passed on as Claude Code made it; the API validates it.
  return params as unknown as MessageCreateParamsStreaming;
}

export function betasOf(header: string | null): Record<string, string> {
  const allowed = (header ?? '').split(',').filter((name) => allowedBeta.test(name.trim()));
  return allowed.length === 0 ? {} : { 'anthropic-beta': allowed.join(',') };
}

/** Pictures and documents must carry their content. Any other source would be fetched, or is stored at the vendor. */
function looksUp(blocks: unknown): boolean {
  if (!Array.isArray(blocks)) return false;
  return blocks.some((each: unknown) => {
    const parsed = block.safeParse(each);
    if (!parsed.success) return false;
    const { type, source, content: inner } = parsed.data;
    const isGiven = source === undefined || givenSources.has(source.type);
    return type === 'container_upload' || !isGiven || looksUp(source?.['content']) || looksUp(inner);
  });
}
