// One streaming call to the Messages API. It is complete or it fails: a cut-off answer never counts.

import Anthropic from '@anthropic-ai/sdk';
import type {
  MessageCreateParamsStreaming,
  MessageParam,
  RawMessageStreamEvent,
  Usage as MessageUsage,
} from '@anthropic-ai/sdk/resources/messages';
import type { Usage } from '../../../../contracts/usage.ts';
import type { Block, Prefix } from '../../../../contracts/documents/journal.ts';
import type { Message } from '../../conversation/journal.ts';
import { failure } from '../../../../contracts/failures.ts';
import { modelFailure } from './model-errors.ts';
import { inputSchema } from '../../tools/list.ts';
import type { Tool } from '../../tools/tool.ts';

type OfferedTools = NonNullable<MessageCreateParamsStreaming['tools']>;

export interface ModelSettings {
  readonly apiKey: string;
  readonly baseUrl: string | null;
  /** Seconds without an event after which a stream is aborted. */
  readonly idleSeconds: number;
}

export interface ModelCall {
  /** Seconds that the stream may be silent. */
  readonly idleSeconds: number;
  readonly signal: AbortSignal;
  /** Additional request headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Called if an answer began and did not arrive whole, with its minimum usage: the vendor charges for it. */
  readonly onCut: (usage: Usage) => void;
}

export interface Question extends ModelCall {
  readonly prefix: Prefix;
  readonly messages: readonly Message[];
  readonly tools: OfferedTools;
  readonly effort: 'low' | 'medium' | 'high' | null;
  /** Identifies the session to a gateway: `coppice/<run>/<unit>`. */
  readonly user: string;
}

export interface ModelAnswer {
  readonly content: readonly Block[];
  readonly stopReason: string;
  readonly usage: Usage;
}

export const longestAnswerTokens = 32_000;
/** Characters per token. Deliberately low, so that the cost of a truncated answer is never underestimated. */
const charactersPerToken = 3;

/** As the API takes them. */
export function offeredTools(tools: readonly Tool[]): OfferedTools {
  return tools.map((tool) => {
    const { name, description, builtIn } = tool;
    switch (builtIn) {
      case 'bash_20250124':
        return { type: builtIn, name: 'bash' };
      case 'text_editor_20250728':
        return { type: builtIn, name: 'str_replace_based_edit_tool' };
      case null:
        return { name, description, input_schema: inputSchema(tool) };
    }
  });
}

/** Temporal owns retries. With `authToken: null` the SDK does not look for other credentials. */
export function makeModelClient({ apiKey, baseUrl }: Pick<ModelSettings, 'apiKey' | 'baseUrl'>): Anthropic {
  return new Anthropic({
    apiKey,
    authToken: null,
    maxRetries: 0,
    ...(baseUrl === null ? {} : { baseURL: baseUrl }),
  });
}

export function askModel(client: Anthropic, question: Question): Promise<ModelAnswer> {
  return streamAnswer(client, paramsOf(question), question);
}

/** Throws a failure of the catalogue. If `signal` is aborted, throws whatever the SDK made of the abort. */
export async function streamAnswer(
  client: Anthropic,
  params: MessageCreateParamsStreaming,
  { idleSeconds, signal, headers = {}, onCut }: ModelCall,
): Promise<ModelAnswer> {
  const silence = new AbortController();
  const onSilence = (): void => silence.abort();
  let watchdog = setTimeout(onSilence, idleSeconds * 1000);
  let complete = false;
  let counted = false;
  const cut = new CutAnswer();
  const inputs = new Map<number, string>();
  try {
    const stream = client.messages.stream(params, { headers, signal: AbortSignal.any([signal, silence.signal]) });
    stream.on('streamEvent', (event) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(onSilence, idleSeconds * 1000);
      complete ||= event.type === 'message_stop';
      cut.note(event);
      if (event.type === 'content_block_delta' && event.delta.type === 'input_json_delta') {
        inputs.set(event.index, (inputs.get(event.index) ?? '') + event.delta.partial_json);
      }
    });
    const message = await stream.finalMessage();
    if (!complete) throw failure('ModelUnavailable', 'the stream of the model ended before the answer did');
    // The SDK repairs truncated JSON; a repaired input must not run.
    if (message.stop_reason === 'tool_use' && ![...inputs.values()].every(isJson)) {
      throw failure('ModelUnavailable', 'the input of a tool call came incomplete');
    }
    counted = true;
    return {
      // As received: the journal stores and resends every kind of block.
      content: JSON.parse(JSON.stringify(message.content)) as Block[],
      stopReason: message.stop_reason ?? 'unknown',
      usage: usageOf(message.usage),
    };
  } catch (error) {
    if (signal.aborted) throw error;
    if (silence.signal.aborted) {
      throw failure('ModelUnavailable', `the stream of the model was silent for ${idleSeconds} s`, { cause: error });
    }
    throw error instanceof Error && 'nonRetryable' in error ? error : modelFailure(error);
  } finally {
    clearTimeout(watchdog);
    if (!counted && cut.usage !== null) onCut(cut.usage);
  }
}

/** Usage of an answer that did not end, from its opening event and the text received so far. */
class CutAnswer {
  private begun: Usage | null = null;
  private characters = 0;

  note(event: RawMessageStreamEvent): void {
    if (event.type === 'message_start') this.begun = usageOf(event.message.usage);
    // Counts text, thinking and tool inputs alike.
    if (event.type === 'content_block_delta') this.characters += JSON.stringify(event.delta).length;
  }

  get usage(): Usage | null {
    if (this.begun === null) return null;
    const written = Math.ceil(this.characters / charactersPerToken);
    return { ...this.begun, outputTokens: Math.max(this.begun.outputTokens, written) };
  }
}

function usageOf(usage: MessageUsage): Usage {
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cache_read_input_tokens ?? 0,
    cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text === '' ? '{}' : text);
    return true;
  } catch {
    return false;
  }
}

function paramsOf({ prefix, messages, tools, effort, user }: Question): MessageCreateParamsStreaming {
  return {
    model: prefix.model,
    max_tokens: longestAnswerTokens,
    stream: true,
    system: [{ type: 'text', text: prefix.system, cache_control: { type: 'ephemeral' } }],
    messages: withCacheBreakpoints(messages),
    tools,
    metadata: { user_id: user },
    ...(effort === null ? {} : { output_config: { effort } }),
  };
}

/**
 * Marks the end of the conversation so far, so that the next call finds it in the cache. Keeps the mark of the call
 * before, because the vendor looks back only about twenty blocks from each mark.
 */
function withCacheBreakpoints(messages: readonly Message[]): MessageParam[] {
  const users = messages.flatMap(({ role }, i) => (role === 'user' ? [i] : []));
  const marked = new Set(users.slice(-2));
  const sent = messages.map((message, i) => {
    if (!marked.has(i)) return message;
    const last = message.content.length - 1;
    const content = message.content.map((block, j) =>
      j === last ? { ...block, cache_control: { type: 'ephemeral' } } : block,
    );
    return { ...message, content };
  });
  // Every block comes from the API, or from the journal in the same shape.
  return sent as unknown as MessageParam[];
}
