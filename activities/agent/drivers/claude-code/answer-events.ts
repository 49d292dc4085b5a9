// Renders an answer as the Messages API sends it, to pass it on to a client: as a stream of events, or whole.

import type { Block } from '../../../../contracts/documents/journal.ts';
import type { ModelAnswer } from '../anthropic/ask-model.ts';

export interface Reply extends ModelAnswer {
  readonly id: string;
  readonly model: string;
}

/** Body of a `text/event-stream` response. */
export function eventsOf(reply: Reply): string {
  const { stopReason, usage } = reply;
  return [
    event('message_start', { message: { ...messageOf(reply), content: [], stop_reason: null } }),
    ...reply.content.flatMap((block, index) => blockEvents(block, index)),
    event('message_delta', {
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: { output_tokens: usage.outputTokens },
    }),
    event('message_stop', {}),
  ].join('');
}

/** Body of an `application/json` response. */
export function messageOf({ id, model, content, stopReason, usage }: Reply): Record<string, unknown> {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason: stopReason,
    stop_sequence: null,
    usage: {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cache_read_input_tokens: usage.cacheReadTokens,
      cache_creation_input_tokens: usage.cacheWriteTokens,
    },
  };
}

function blockEvents(block: Block, index: number): string[] {
  const { start, deltas } = partsOf(block);
  return [
    event('content_block_start', { index, content_block: start }),
    ...deltas.map((delta) => event('content_block_delta', { index, delta })),
    event('content_block_stop', { index }),
  ];
}

/** Blocks without deltas are sent whole in their start event. */
function partsOf(block: Block): { readonly start: Block; readonly deltas: readonly Block[] } {
  switch (block.type) {
    case 'text':
      return { start: { ...block, text: '' }, deltas: [{ type: 'text_delta', text: block['text'] }] };
    case 'thinking':
      return {
        start: { ...block, thinking: '', signature: '' },
        deltas: [
          { type: 'thinking_delta', thinking: block['thinking'] },
          { type: 'signature_delta', signature: block['signature'] },
        ],
      };
    case 'tool_use':
    case 'server_tool_use':
      return {
        start: { ...block, input: {} },
        deltas: [{ type: 'input_json_delta', partial_json: JSON.stringify(block['input'] ?? {}) }],
      };
    default:
      return { start: block, deltas: [] };
  }
}

function event(type: string, fields: Readonly<Record<string, unknown>>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
