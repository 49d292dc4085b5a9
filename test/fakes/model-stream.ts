// One answer as the server-sent events that the Messages API streams.

import type { Answer } from './model-answer.ts';
import type { ModelRequest } from './model-request.ts';

export function streamAnswer(answer: Answer, { model, raw }: ModelRequest, n: number): string {
  const { text, tools = [] } = answer;
  const usage = {
    input_tokens: Math.ceil(raw.length / 4),
    output_tokens: 50,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    ...answer.usage,
  };
  const blocks = [
    ...(text === undefined ? [] : [textBlock(text)]),
    ...tools.map(({ name, input }, i) => toolBlock(`toolu_${n}_${i}`, name, input)),
  ];
  const message = { id: `msg_${n}`, type: 'message', role: 'assistant', model, content: [], stop_reason: null };
  return [
    event('message_start', { message: { ...message, stop_sequence: null, usage: { ...usage, output_tokens: 1 } } }),
    event('ping', {}),
    ...blocks.flatMap(({ start, deltas }, index) => [
      event('content_block_start', { index, content_block: start }),
      ...deltas.map((delta) => event('content_block_delta', { index, delta })),
      event('content_block_stop', { index }),
    ]),
    event('message_delta', {
      delta: { stop_reason: answer.stop ?? (tools.length > 0 ? 'tool_use' : 'end_turn'), stop_sequence: null },
      usage: { output_tokens: usage.output_tokens },
    }),
    event('message_stop', {}),
  ].join('');
}

function textBlock(text: string) {
  return {
    start: { type: 'text', text: '' },
    deltas: pieces(text).map((piece) => ({ type: 'text_delta', text: piece })),
  };
}

function toolBlock(id: string, name: string, input: unknown) {
  const json = typeof input === 'string' ? input : JSON.stringify(input);
  return {
    start: { type: 'tool_use', id, name, input: {} },
    deltas: pieces(json).map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
  };
}

/** In several deltas, as it comes in life. */
function pieces(text: string): string[] {
  const size = Math.max(1, Math.ceil(text.length / 3));
  return [text.slice(0, size), text.slice(size, 2 * size), text.slice(2 * size)].filter((piece) => piece !== '');
}

function event(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}
