// An answer of the scripted model.

export interface Answer {
  readonly text?: string;
  readonly tools?: readonly { readonly name: string; readonly input: unknown }[];
  /** Stop reason; by default `tool_use` with tools, else `end_turn`. */
  readonly stop?: string;
  readonly usage?: Partial<Record<UsageField, number>>;
  /** How long the model "thinks". */
  readonly delayMs?: number;
  /** Cuts the connection after that many bytes of the stream. */
  readonly cutAfterBytes?: number;
  /** Ends the stream in good order, but without its last event. */
  readonly endsEarly?: boolean;
}

export type UsageField = 'input_tokens' | 'output_tokens' | 'cache_read_input_tokens' | 'cache_creation_input_tokens';
