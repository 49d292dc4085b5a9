// A session's side of its run's board: it hears before each request to its model, confirms what a checkpoint holds, and
// writes what its agent says. Who writes is known here, never taken from the agent's words.

import type {
  BoardAuthor,
  BoardCursor,
  BoardNote,
  ClaimAnswer,
  HeardMessage,
  NoteAnswer,
  PostAnswer,
} from '../../../contracts/messages/board.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { Boards } from '../../board/boards.ts';
import type { Plan, PlanUnit } from '../../../contracts/documents/plan.ts';
import { type RunId, type Sha, type UnitId, isUnitId } from '../../../contracts/ids.ts';
import type { SessionJournal } from '../conversation/journal.ts';
import type { SliceHost } from './slice-host.ts';
import type { SliceInput } from '../../../contracts/activities/agent.ts';
import type { UnitPhase } from '../../../contracts/documents/report.ts';
import { cleanPath } from '../../../domain/board/text.ts';
import { hasBoard } from '../../../domain/board/has-board.ts';
import { hasEndedPhase } from '../../../domain/run/state.ts';
import { heardKey, lastHeard } from '../conversation/heard.ts';
import { heardMessage } from '../prompts/board.ts';
import { refused } from '../../../domain/board/post.ts';
import { sharing } from '../../board/recipients.ts';

interface BoardContext {
  readonly boards: Boards;
  readonly run: RunId;
  readonly unit: UnitId;
  /** All units of the plan. */
  readonly units: readonly PlanUnit[];
  readonly journal: SessionJournal;
  /** The worktree as last kept. */
  tree(): Sha;
  /** Takes the host's secrets out of a text. */
  redact(text: string): string;
}

/** To a unit, or to all that share a path. */
export type Addressee = { readonly unit: string } | { readonly path: string };

export class SessionBoard {
  private readonly context: BoardContext;
  /** The last message that the board knows to be heard. */
  private confirmed: BoardCursor | null = null;

  constructor(context: BoardContext) {
    this.context = context;
  }

  /** Adds what is new to the journal. Takes 200 ms at most, and never fails. */
  async hear(): Promise<void> {
    const { boards, run, unit, journal } = this.context;
    const unread = await boards.unread(run, unit, lastHeard(journal));
    for (const message of unread?.messages ?? []) {
      journal.addUserMessage(heardMessage(message), heardKey({ board: unread?.board ?? '', number: message.number }));
    }
  }

  /** Call when the journal is taken for a checkpoint, and what it returns when that is acknowledged. */
  mark(): () => void {
    const { boards, run, unit, journal } = this.context;
    const cursor = lastHeard(journal);
    return () => {
      const { confirmed } = this;
      if (cursor === null || (cursor.board === confirmed?.board && cursor.number === confirmed.number)) return;
      void boards.heard(run, unit, cursor).then(
        () => (this.confirmed = cursor),
        // The next checkpoint confirms it, too.
        () => undefined,
      );
    };
  }

  async post(addressee: Addressee, text: string): Promise<PostAnswer & { readonly phase?: UnitPhase }> {
    const { boards, run, units } = this.context;
    const message = { from: this.author(), text: this.context.redact(text) };
    if ('path' in addressee) {
      const path = cleanPath(this.context.redact(addressee.path));
      if (path === null) return refused('the path must be a file or folder of the repository');
      const { begun } = await boards.reachable(run, null);
      const atWork = new Set(begun);
      const to = sharing(units, path).filter((id) => atWork.has(id) && id !== this.context.unit);
      return boards.post(run, { ...message, to, path });
    }
    const { unit } = addressee;
    if (unit === this.context.unit) return refused('that is your own unit');
    // The run knows, also of units that have joined its plan since.
    const { phase } = isUnitId(unit) ? await boards.reachable(run, unit) : { phase: null };
    if (!isUnitId(unit) || phase === null) return refused('the run has no unit of that id');
    if (hasEndedPhase(phase)) return refused(`the unit ${unit} has ended (${phase}): look at the target branch`);
    return { ...(await boards.post(run, { ...message, to: [unit] })), phase };
  }

  writeNote(key: string, text: string): Promise<NoteAnswer> {
    const { boards, run, redact } = this.context;
    return boards.writeNote(run, { from: this.author(), key: redact(key), text: redact(text) });
  }

  claim(paths: readonly string[], release: boolean): Promise<ClaimAnswer> {
    const { boards, run, redact } = this.context;
    return boards.claim(run, { from: this.author(), paths: paths.map(redact), ...(release ? { release } : {}) });
  }

  /** What the unit has heard and said, oldest first, as far as the board still has it. */
  async messages(): Promise<readonly HeardMessage[]> {
    const { boards, run, unit, journal } = this.context;
    const last = lastHeard(journal)?.number ?? 0;
    const { messages = [] } = (await boards.view(run)) ?? {};
    return messages.filter(({ number, from, to }) => from === unit || (to.includes(unit) && number <= last));
  }

  async notes(): Promise<readonly BoardNote[]> {
    return (await this.context.boards.view(this.context.run))?.notes ?? [];
  }

  private author(): BoardAuthor {
    return { unit: this.context.unit, tree: this.context.tree() };
  }
}

/** Null = the plan has no other unit, the project does not want it, or the session makes a plan. */
export function openBoard({
  host,
  input,
  plan,
  config,
  ...rest
}: Pick<BoardContext, 'journal' | 'tree'> & {
  readonly host: Pick<SliceHost, 'boards' | 'sandbox'>;
  readonly input: Pick<SliceInput, 'context' | 'unit'>;
  readonly plan: Pick<Plan, 'units'>;
  readonly config: Config;
}): SessionBoard | null {
  const { planner } = plan.units.find(({ id }) => id === input.unit) ?? {};
  if (planner !== undefined || !hasBoard(plan, config)) return null;
  const { boards, sandbox } = host;
  const redact = (text: string): string => sandbox.redact(text);
  return new SessionBoard({ boards, run: input.context.run, unit: input.unit, units: plan.units, redact, ...rest });
}
