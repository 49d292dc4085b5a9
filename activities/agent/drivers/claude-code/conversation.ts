// The input of a Claude Code process: one message. The input then stays open until the end, because the process asks
// about tools over it.

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
