// What a process of Claude Code is told: one message, after which its input stays open, for its questions about tools,
// until it is over.

import type { SdkUserMessage } from './agent-sdk.ts';

export class Conversation {
  private readonly over = Promise.withResolvers<void>();
  private readonly opening: string;

  constructor(opening: string) {
    this.opening = opening;
  }

  async *input(): AsyncGenerator<SdkUserMessage> {
    yield { type: 'user', message: { role: 'user', content: this.opening }, parent_tool_use_id: null };
    await this.over.promise;
  }

  close(): void {
    this.over.resolve();
  }
}
