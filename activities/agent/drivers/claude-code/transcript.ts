// Claude Code's own record of a session, kept in the session's journal, so that it continues with it on another host. It is
// kept up to the boundaries between turns only: a call to a tool whose end nobody has seen is not in it.

import type { SessionJournal } from '../../conversation/journal.ts';
import type { SessionStore } from './agent-sdk.ts';

export class Transcript {
  /** As it was when the process began, and as Claude Code keeps it in a file; empty for a session that has not begun. */
  readonly text: string;
  /** Entries that have come since the last boundary. */
  private coming: string[] = [];
  private readonly journal: SessionJournal;
  private readonly redact: (text: string) => string;

  constructor(journal: SessionJournal, redact: (text: string) => string) {
    this.journal = journal;
    this.text = journal.transcript();
    this.redact = redact;
  }

  /** For the SDK. Subagents would have records of their own; there are none. */
  get store(): SessionStore {
    return {
      append: async ({ subpath }, entries) => {
        if (subpath !== undefined) return;
        this.coming.push(...entries.map((entry) => this.redact(JSON.stringify(entry))));
      },
      // It is resumed from a file (`text`): the SDK would write one of its own, with more of the worker's user beside it.
      load: () => Promise.resolve(null),
    };
  }

  /** Whether the last answer of the journal is in it. */
  get isComplete(): boolean {
    return this.journal.hasTranscriptOf(this.journal.turns.length);
  }

  /** Whether all of these have come, by their ids. */
  hasSeen(ids: readonly string[]): boolean {
    return ids.every((id) => this.coming.some((line) => isResultOf(line, id)));
  }

  /** What has come belongs to the last turn, or to the prompt before the first one. */
  keep(): void {
    if (this.coming.length > 0) this.journal.addToTranscript(this.journal.turns.length, this.coming);
    this.coming = [];
  }
}

/** The ids of calls are unique; beside the call itself only its result names one. */
function isResultOf(line: string, id: string): boolean {
  return line.includes(`"tool_use_id":${JSON.stringify(id)}`);
}
