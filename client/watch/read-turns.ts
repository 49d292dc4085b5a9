// The turns of agents, read from the journals in the units' checkpoints on the state remote, once or for as long as the
// run continues. Needs no worker. A turn is returned once, when its tools have results.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Usage } from '../../contracts/usage.ts';
import type { Remote } from '../../git/remote.ts';
import type { RunId, Sha, UnitId } from '../../contracts/ids.ts';
import type { Turn } from '../../contracts/documents/journal.ts';
import { asSha, stateRefs } from '../../contracts/ids.ts';
import { failureType } from '../../contracts/failures.ts';
import { fetchRefs, listRemote } from '../../git/remote.ts';
import { gitText } from '../../git/run-git.ts';
import { isUnanswered } from '../with-worker.ts';
import { makeTemporaryRepository } from '../../git/state-files.ts';
import { readFiles } from '../../git/read-checkpoint.ts';
import { turnCodec } from '../../formats/state-documents/journal.ts';
import { reviewOfFile, toolCalls, turnOfFile } from '../../contracts/documents/journal.ts';

export interface LoggedTurn {
  readonly unit: string;
  /** From 1. */
  readonly turn: number;
  readonly at: string;
  readonly host: string;
  /** What the agent was told before this turn, apart from its first message: failed checks, conflicts. */
  readonly told: readonly string[];
  readonly text: string;
  readonly tools: readonly LoggedTool[];
  readonly usage: Usage;
  /** Set if it is a turn of a reviewer: which of the unit's reviews, from 1. `turn` counts in that review. */
  readonly review?: number;
}

export interface LoggedTool {
  readonly name: string;
  readonly input: unknown;
  /** Null if there is no result. */
  readonly output: string | null;
  readonly exitCode: number | null;
}

export interface TurnsOptions {
  /** Continue until the run has ended. */
  readonly follow?: boolean;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
  /** Called once each time answers stop. */
  readonly onSilence?: (error: unknown) => void;
}

export interface TurnSource {
  readonly run: RunId;
  readonly remote: Remote;
  /** Null = all units. */
  readonly unit: UnitId | null;
  readonly isOver: () => Promise<boolean>;
}

export async function* readTurns(source: TurnSource, options: TurnsOptions): AsyncGenerator<LoggedTurn> {
  const { follow = false, intervalMs = 2000, signal, onSilence } = options;
  const { gitDir, remove } = await makeTemporaryRepository();
  const reader = new JournalReader(gitDir, source);
  const stopped = (): boolean => signal?.aborted === true;
  let heard = false;
  let silent = false;
  try {
    for (let over = false; !over && !stopped();) {
      let news: LoggedTurn[] = [];
      try {
        // Asked before reading, so that nothing written in between is missed.
        const ended = !follow || (await source.isOver());
        news = await reader.read(ended);
        [over, heard, silent] = [ended, true, false];
      } catch (error) {
        // Ctrl-C on a terminal also ends a git process of ours.
        if (stopped()) return;
        if (!heard || !mayPass(error)) throw error;
        if (!silent) onSilence?.(error);
        silent = true;
      }
      yield* news;
      if (!over) await sleep(intervalMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
  } finally {
    await remove();
  }
}

function mayPass(error: unknown): boolean {
  return isUnanswered(error) || failureType(error) === 'RepositoryUnreachable';
}

/** Remembers what it has returned. */
class JournalReader {
  private readonly gitDir: string;
  private readonly source: TurnSource;
  private readonly seen = new Map<string, Sha>();
  /** Number of the last turn returned, by conversation. */
  private readonly given = new Map<string, number>();
  /** Last turns with unfinished tools, by conversation. */
  private readonly open = new Map<string, LoggedTurn>();

  constructor(gitDir: string, source: TurnSource) {
    this.gitDir = gitDir;
    this.source = source;
  }

  /** New turns by time; with `all`, including those with unfinished tools. */
  async read(all: boolean): Promise<LoggedTurn[]> {
    const turns: LoggedTurn[] = [];
    for (const [unit, checkpoint] of await this.fetchMoved()) {
      turns.push(...(await this.newTurns(unit, checkpoint)));
      this.seen.set(unit, checkpoint);
    }
    if (all) turns.push(...this.open.values());
    return turns.toSorted((a, b) => a.at.localeCompare(b.at) || a.unit.localeCompare(b.unit) || a.turn - b.turn);
  }

  /** Checkpoints by unit; only those that moved. */
  private async fetchMoved(): Promise<Map<string, Sha>> {
    const { run, remote, unit } = this.source;
    const [prefix, local] = [stateRefs.units(run), 'refs/coppice-local/units/'];
    const which = unit ?? '*';
    const { refs } = await listRemote(remote, [`${prefix}${which}`]);
    const isKnown = ([ref, sha]: [string, Sha]): boolean =>
      !ref.startsWith(prefix) || this.seen.get(ref.slice(prefix.length)) === sha;
    if ([...refs].every(isKnown)) return new Map();
    await fetchRefs(this.gitDir, remote, [`+${prefix}${which}:${local}${which}`], { depth: 1 });
    const text = await gitText(this.gitDir, ['for-each-ref', '--format=%(objectname) %(refname)', local]);
    const fetched = text.split('\n').filter(Boolean);
    return new Map(
      fetched
        .map((line): [string, Sha] => {
          const [sha = '', ref = ''] = line.split(' ');
          return [ref.slice(local.length), asSha(sha)];
        })
        .filter(([name, sha]) => this.seen.get(name) !== sha),
    );
  }

  private async newTurns(unit: string, checkpoint: Sha): Promise<LoggedTurn[]> {
    // Includes the last turn returned, for what was said after it.
    const wanted = (name: string): boolean => {
      const { review, turn } = placeOf(name);
      return turn >= (this.given.get(keyOf(unit, review)) ?? 0);
    };
    const files = [...(await readFiles(this.gitDir, checkpoint, wanted))];
    const reviews = new Set(files.map(([name]) => placeOf(name).review));
    return [...reviews].flatMap((review) => {
      const own = files.filter(([name]) => placeOf(name).review === review);
      const turns = own.map(([, text]) => turnCodec.read(text));
      return this.newIn({ unit, review }, turns);
    });
  }

  private newIn(from: Conversation, turns: readonly Turn[]): LoggedTurn[] {
    const key = keyOf(from.unit, from.review);
    const given = this.given.get(key) ?? 0;
    const logged = turns.map((turn, index) => logTurn(from, turn, turns[index - 1])).filter(({ turn }) => turn > given);
    this.open.delete(key);
    const last = turns.at(-1);
    const open = last === undefined || last.turn === given || isComplete(last) ? undefined : logged.pop();
    if (open !== undefined) this.open.set(key, open);
    this.given.set(key, logged.at(-1)?.turn ?? given);
    return logged;
  }
}

/** `review`: null = the unit's own. */
interface Conversation {
  readonly unit: string;
  readonly review: number | null;
}

function keyOf(unit: string, review: number | null): string {
  return `${unit} ${review ?? ''}`;
}

/** Which conversation a file of a checkpoint is a turn of; turn -1 = it is no turn. */
function placeOf(name: string): { readonly review: number | null; readonly turn: number } {
  const { review, name: own } = reviewOfFile(name) ?? { review: null, name };
  return { review, turn: turnOfFile(own) ?? -1 };
}

function isComplete({ answer, results }: Turn): boolean {
  return toolCalls(answer).every(({ id }) => results.some((result) => result.id === id));
}

function logTurn(
  { unit, review }: Conversation,
  { turn, at, host, answer, results, usage }: Turn,
  before: Turn | undefined,
): LoggedTurn {
  return {
    unit,
    turn,
    at,
    host,
    told: before?.notes.map(({ text }) => text) ?? [],
    text: answer.flatMap(({ type, text }) => (type === 'text' && typeof text === 'string' ? [text] : [])).join('\n'),
    tools: toolCalls(answer).map(({ id, name, input }) => {
      const result = results.find((each) => each.id === id);
      return { name, input, output: result?.output ?? null, exitCode: result?.exitCode ?? null };
    }),
    usage,
    ...(review === null ? {} : { review }),
  };
}
