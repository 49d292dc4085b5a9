// Makes the brief for people about a conflict that an agent cannot resolve, as one commit on the state remote: its tree
// is the worktree to continue from, with conflict markers, and under `.coppice/` the text, the versions of each file,
// and the facts. Its parents are the target's commit and the unit's checkpoint.
// Safe to run twice: the newest brief replaces the one on the ref.

import type { BriefRequest } from '../../contracts/activities/conflict.ts';
import type { ConflictBrief } from '../../contracts/conflict.ts';
import type { Feedback } from '../../contracts/activities/agent.ts';
import type { LocalRepository } from '../repository/local-repository.ts';
import type { MetConflict } from '../landing/merge/read-merge.ts';
import type { PlanReader } from '../repository/contract.ts';
import { type Held, readHeld } from '../worktrees/checkpoint/checkpoint.ts';
import { type Sha, type UnitId, isUnitId, stateRefs } from '../../contracts/ids.ts';
import {
  type Brief,
  briefCodec,
  briefFile,
  briefSides,
  briefTextFile,
  versionsFolder,
} from '../../formats/state-documents/brief.ts';
import { type Entry, editTree } from '../../git/trees.ts';
import { boundedLines, patchBetween } from '../repository/patch-text.ts';
import { findOtherChanges } from './other-changes.ts';
import { briefText } from './brief-text.ts';
import { conflictsOf } from '../../domain/queue/conflicts.ts';
import { diffTrees, entryId, hasCommit, parentsOf } from '../../git/tree-reader.ts';
import { ensureInMirror } from '../repository/mirror.ts';
import { failure } from '../../contracts/failures.ts';
import { inertLine } from '../../domain/text/inert.ts';
import { isFileMode, linkMode } from '../../domain/repository/file-modes.ts';
import { listRemote } from '../../git/remote.ts';
import { mergeTrees } from '../landing/merge/merge-trees.ts';
import { readFiles, reserved } from '../../git/read-checkpoint.ts';
import { textOfAnswer, turnOfFile } from '../../contracts/documents/journal.ts';
import { ownerFile, turnCodec } from '../../formats/state-documents/journal.ts';
import { writeCommit } from '../../git/write-commit.ts';

/** People read more than an agent has room for. */
const bounds = { commits: 5, prompt: 10_000, diff: 20_000 };
const pathsShown = 50;
const longestWords = 4000;
/** Characters of the agent's last words in lists and on cards. */
const shownWords = 300;
const pushTries = 5;

export async function writeBrief(
  repository: LocalRepository,
  reader: PlanReader,
  request: BriefRequest,
): Promise<ConflictBrief> {
  const { context, unit: id, feedback, problem } = request;
  const { state } = repository;
  const { onto, result } = feedback;
  const { plan } = await reader.readPlan(context);
  const unit = plan.units.find((each) => each.id === id);
  const held = await readHeld(repository, context.run, id);
  if (unit === undefined || held === null) throw failure('NotFound', `${context.run} has no checkpoint of ${id}`);
  await ensureInMirror(repository, onto, context.branch);
  const [base = onto] = await parentsOf(state, result);
  const merged = await mergeTrees(state, { base, ours: onto, theirs: result });
  const conflicts = feedback.kind === 'conflict' ? allConflicts(merged.conflicts, feedback) : [];
  const paths =
    conflicts.length > 0 ? conflicts.map(({ path }) => path) : (await diffTrees(state, base, result)).map(pathOf);
  const near = { paths, output: feedback.kind === 'verification' ? feedback.output : '' };
  const others = await findOtherChanges(repository, { base: await firstBase(state, held), onto, near, bounds });
  const ownDiff = boundedLines(
    await patchBetween(state, { from: base, to: result, paths: paths.slice(0, pathsShown) }),
    bounds.diff,
  );
  const lastWords = await readLastWords(state, held.checkpoint);
  const brief: Brief = { work: { base: held.base, tree: held.tree }, onto, problem, conflicts };
  const commit = await writeCommit(state, {
    ref: `refs/coppice-local/briefs/${context.run}/${id}`,
    parents: [onto, held.checkpoint],
    // An agent that has begun to resolve it leaves more than the merge alone.
    tree: held.base === onto ? held.tree : merged.tree,
    folders: await versionsOf(state, merged.conflicts),
    files: {
      [`${reserved}/${briefFile}`]: briefCodec.write(brief),
      [`${reserved}/${briefTextFile}`]: briefText({ request, unit, conflicts, ownDiff, others, lastWords }),
    },
    message: `Brief about ${id}\n`,
    identity: repository.identity,
    seconds: Math.floor(Date.now() / 1000),
  });
  await pushBrief(repository, stateRefs.brief(context.run, id), commit);
  return {
    commit,
    paths: paths.slice(0, pathsShown).map((path) => inertLine(path)),
    pathCount: paths.length,
    others: others.map(({ commit: of, subject, unit: by }) => ({ commit: of, subject, unit: idOf(by?.unit) })),
    lastWords: inertLine(lastWords.slice(-shownWords)),
  };
}

function pathOf({ path }: { readonly path: string }): string {
  return path;
}

function idOf(unit: string | undefined): UnitId | null {
  return unit !== undefined && isUnitId(unit) ? unit : null;
}

/** Those of the merge, and those that only the queue sees: markers of the unit's own, moved files. */
function allConflicts(
  met: readonly MetConflict[],
  feedback: Extract<Feedback, { kind: 'conflict' }>,
): Brief['conflicts'] {
  const known = new Set(met.map(pathOf));
  const versions = { base: null, target: null, unit: null };
  return [
    ...met.map(({ path, kind, marked, base, ours, theirs }) => {
      return { path, kind, marked, versions: { base, target: ours, unit: theirs } };
    }),
    ...conflictsOf(feedback)
      .filter(({ path }) => !known.has(path))
      .map(({ path, kind }) => ({ path, kind, marked: kind === 'markers', versions })),
  ];
}

/** A folder for each side, with its versions of the files in conflict. */
async function versionsOf(state: string, conflicts: readonly MetConflict[]): Promise<Record<string, Sha>> {
  const sides = { base: 'base', target: 'ours', unit: 'theirs' } as const;
  const folders: Record<string, Sha> = {};
  for (const side of Object.keys(briefSides) as (keyof typeof briefSides)[]) {
    const entries = conflicts.flatMap((conflict): [string, Entry][] => {
      const entry = conflict[sides[side]];
      const isShown = entry !== null && (isFileMode(entry.mode) || entry.mode === linkMode);
      return isShown ? [[conflict.place, entry]] : [];
    });
    if (entries.length > 0) {
      folders[`${reserved}/${versionsFolder}/${side}`] = await editTree(state, null, new Map(entries));
    }
  }
  return folders;
}

/** Where the unit began: its result may sit on the newest target already. */
async function firstBase(state: string, { checkpoint }: Held): Promise<Sha> {
  let base = checkpoint;
  for (let at: Sha | undefined = checkpoint; at !== undefined;) {
    const [ofThis, previous]: readonly (Sha | undefined)[] = await parentsOf(state, at);
    base = ofThis ?? base;
    at = previous !== undefined && (await isCheckpoint(state, previous)) ? previous : undefined;
  }
  return base;
}

async function isCheckpoint(state: string, commit: Sha): Promise<boolean> {
  return (await hasCommit(state, commit)) && (await entryId(state, commit, `${reserved}/${ownerFile}`)) !== null;
}

async function readLastWords(state: string, checkpoint: Sha): Promise<string> {
  const files = await readFiles(state, checkpoint, (name) => turnOfFile(name) !== null);
  const turns = [...files.values()].map((text) => turnCodec.read(text)).toSorted((a, b) => b.turn - a.turn);
  const words = turns.map(({ answer }) => textOfAnswer(answer)).find((text) => text !== '') ?? '';
  return boundedLines(words, longestWords);
}

async function pushBrief({ pusher, stateRemote }: LocalRepository, ref: string, commit: Sha): Promise<void> {
  for (let tries = 1; tries <= pushTries; tries++) {
    const lease = (await listRemote(stateRemote, [ref])).refs.get(ref) ?? null;
    const outcome = await pusher.push({ ref, commit, lease });
    if (outcome.status === 'pushed') return;
    if (outcome.status === 'refused') {
      throw failure('PushRefused', `the state remote refused a brief: ${outcome.message}`);
    }
  }
  throw failure('GitFailed', `${ref} keeps moving`);
}
