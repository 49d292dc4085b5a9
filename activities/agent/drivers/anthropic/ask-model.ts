// One streaming call to the Messages API, complete or failed: what was cut off never counts as an answer.

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
import { inputSchema, tools } from '../../tools/list.ts';

export interface ModelSettings {
  readonly apiKey: string;
  readonly baseUrl: string | null;
  /** How long a stream may be silent before it is cut. */
  readonly idleSeconds: number;
}

/** One call, whatever it says. */
export interface ModelCall {
  /** How long the stream may be silent. */
  readonly idleSeconds: number;
  readonly signal: AbortSignal;
  /** More headers of the request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** An answer had begun and did not come whole: what it has used, at least. The vendor counts it. */
  readonly onCut: (usage: Usage) => void;
}

export interface Question extends ModelCall {
  readonly prefix: Prefix;
  readonly messages: readonly Message[];
  readonly effort: 'low' | 'medium' | 'high' | null;
  /** Tells sessions apart for a gateway: `coppice/<run>/<unit>`. */
  readonly user: string;
}

export interface ModelAnswer {
  readonly content: readonly Block[];
  readonly stopReason: string;
  readonly usage: Usage;
}

export const longestAnswerTokens = 32_000;
/** In what a model writes, roughly; less than there are, so that a cut answer is not counted too low. */
const charactersPerToken = 3;
const offeredTools: NonNullable<MessageCreateParamsStreaming['tools']> = tools.map((tool) => {
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

/** Throws a failure of the catalogue; when `signal` is aborted, whatever the abort made of it. */
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
    // The SDK fixes cut JSON: what it makes of it must not run.
    if (message.stop_reason === 'tool_use' && ![...inputs.values()].every(isJson)) {
      throw failure('ModelUnavailable', 'the input of a tool call came incomplete');
    }
    counted = true;
    return {
      // As received; the journal keeps and sends back whatever blocks there are.
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

/** What is known of an answer that does not end: what it was begun with, and the text that has come. */
class CutAnswer {
  private begun: Usage | null = null;
  private characters = 0;

  note(event: RawMessageStreamEvent): void {
    if (event.type === 'message_start') this.begun = usageOf(event.message.usage);
    // Text, thoughts and inputs of tools alike.
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

function paramsOf({ prefix, messages, effort, user }: Question): MessageCreateParamsStreaming {
  return {
    model: prefix.model,
    max_tokens: longestAnswerTokens,
    stream: true,
    system: [{ type: 'text', text: prefix.system, cache_control: { type: 'ephemeral' } }],
    messages: withCacheBreakpoints(messages),
    tools: offeredTools,
    metadata: { user_id: user },
    ...(effort === null ? {} : { output_config: { effort } }),
  };
}

/**
 * What is said so far is a prefix of what will be said next: its end is marked, for the next call to find it in the
 * cache. The mark of the call before stays, because the vendor looks back only some twenty blocks from each mark.
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
  // Blocks come from the API or are made by the journal in its shapes.
  return sent as unknown as MessageParam[];
}
