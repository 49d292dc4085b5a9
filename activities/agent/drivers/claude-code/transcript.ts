// Claude Code's own record of a session, kept in the session's journal so that another host can continue it. It is kept
// only up to the boundaries between turns: a tool call that was not seen to end is not in it.

import type { SessionJournal } from '../../conversation/journal.ts';
import type { SessionStore } from './agent-sdk.ts';

export class Transcript {
  /** The transcript when the process began, as Claude Code stores it in a file; empty for a new session. */
  readonly text: string;
  /** Entries since the last boundary. */
  private coming: string[] = [];
  private readonly journal: SessionJournal;
  private readonly redact: (text: string) => string;

  constructor(journal: SessionJournal, redact: (text: string) => string) {
    this.journal = journal;
    this.text = journal.transcript();
    this.redact = redact;
  }

  /** For the SDK. Ignores records of subagents; there are none. */
  get store(): SessionStore {
    return {
      append: async ({ subpath }, entries) => {
        if (subpath !== undefined) return;
        this.coming.push(...entries.map((entry) => this.redact(JSON.stringify(entry))));
      },
      // Sessions resume from a file (`text`); the SDK would write its own, with more of the worker user's data beside
      // it.
      load: () => Promise.resolve(null),
    };
  }

  /** True if the transcript includes the last answer of the journal. */
  get isComplete(): boolean {
    return this.journal.hasTranscriptOf(this.journal.turns.length);
  }

  /** True if the results of all these calls have arrived. */
  hasSeen(ids: readonly string[]): boolean {
    return ids.every((id) => this.coming.some((line) => isResultOf(line, id)));
  }

  /** Assigns the new entries to the last turn, or to the prompt before the first one. */
  keep(): void {
    if (this.coming.length > 0) this.journal.addToTranscript(this.journal.turns.length, this.coming);
    this.coming = [];
  }
}

/** Call ids are unique, and only a result has this field. */
function isResultOf(line: string, id: string): boolean {
  return line.includes(`"tool_use_id":${JSON.stringify(id)}`);
}
