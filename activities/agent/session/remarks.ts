// Complaints to the agent about unfinished work, and how often it got each. They are kept in the journal, so that every
// host counts the same.

import type { Complaint } from './complaints.ts';
import type { Feedback } from '../../../contracts/activities/agent.ts';
import type { Saver } from './saver.ts';
import type { SessionJournal } from '../conversation/journal.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { feedbackKey } from './deliver-messages.ts';

interface RemarksContext {
  readonly journal: SessionJournal;
  readonly saver: Saver;
  readonly feedback: Feedback | null;
  /** How often people have said to try again. */
  readonly triedAgain?: number | undefined;
}

export class Remarks {
  private readonly context: RemarksContext;
  private last: { readonly message: string; readonly tree: Sha | null } | null = null;
  private readonly named = new Set<string>();

  constructor(context: RemarksContext) {
    this.context = context;
  }

  timesTold(kind: Complaint['kind']): number {
    let times = 0;
    while (this.context.journal.has(`${this.round(kind)}${times + 1}`)) times += 1;
    return times;
  }

  /** True if the agent was just sent this very message and has changed no file since. */
  hasIgnored({ message }: Complaint): boolean {
    return this.last !== null && this.last.tree === this.context.saver.tree && this.last.message === message;
  }

  async tell({ kind, message, key }: Complaint): Promise<void> {
    const { journal, saver } = this.context;
    this.last = { message, tree: saver.tree };
    journal.addUserMessage(message, key ?? `${this.round(kind)}${this.timesTold(kind) + 1}`);
    await saver.save();
  }

  /** The paths that have not been named before in this slice. */
  notNamed(paths: readonly string[]): readonly string[] {
    const fresh = paths.filter((path) => !this.named.has(path));
    for (const path of fresh) this.named.add(path);
    return fresh;
  }

  /**
   * Every return from the queue restarts the count: after one conflict an agent may be told of another. So does a person
   * who says to try again.
   */
  private round(kind: Complaint['kind']): string {
    const { feedback, triedAgain = 0 } = this.context;
    const round = feedback === null ? `${kind}:` : `${kind}:${feedbackKey(feedback)}:`;
    return triedAgain === 0 ? round : `${round}again ${triedAgain}:`;
  }
}
