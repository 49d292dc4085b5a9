// Files that a program writes, such as lock files, are not merged but made again (`queue.regenerate` of the target): where
// the merge has a conflict in them, and where both sides have changed them, whatever git makes of that. The target's files
// are put beside the merged manifests, the command runs on them in a sandbox, and what it has written is kept on the state
// remote, so that the same merge has the same bytes on every host and at every try. If a command fails, its files stay as
// the merge left them, and its conflicts say why.
// Safe to run twice: it writes objects, which are named by their content, and refs that are named by the command's inputs.

import type { BuildWatch } from '../build/build-watch.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Merged } from '../merge/merged.ts';
import type { MetConflict } from '../merge/read-merge.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { ambiguousNames, areAmbiguous } from '../../../formats/globs/path-globs.ts';
import { type Entry, bytesOf, compareTrees, editTree, entryAt, listFiles, textOf } from '../../../git/trees.ts';
import { type GeneratedFiles, generatedFiles } from '../../../formats/generated/rules.ts';
import { findGenerated, keepGenerated } from './generated-store.ts';
import { inertLine } from '../../../domain/text/inert.ts';
import { isFile } from '../../../domain/repository/file-modes.ts';
import { judgeEgress } from '../../../formats/policy/judge-asking.ts';
import { makeAgain } from './make-again.ts';
import { readInputs } from './command-inputs.ts';
import { treeOf } from '../../../git/tree-reader.ts';

/** Commits or trees. */
interface Sides {
  readonly base: Sha;
  /** The target. */
  readonly ours: Sha;
  /** The unit. */
  readonly theirs: Sha;
}

export interface Merge {
  /** The commit of the target branch whose rules count and whose settings are trusted; `sides.ours` may be ahead of it. */
  readonly target: Sha;
  /** Of `target`. */
  readonly config: Config;
  readonly sides: Sides;
  readonly merged: Merged;
}

export interface Regenerated extends Merged {
  /** Paths that were made again, or removed, and are not as the target has them. */
  readonly regenerated: readonly string[];
}

/**
 * Without a `watch`, no command runs, and only what was made before is used. Throws `CancelledFailure`, and whatever the
 * sandbox and the state remote may throw.
 */
export async function regenerate(
  repository: LocalRepository,
  { target, config, sides, merged }: Merge,
  watch: BuildWatch | null,
): Promise<Regenerated> {
  const rules = config.queue.regenerate ?? [];
  const none = { ...merged, regenerated: [] };
  if (rules.length === 0) return none;
  const { state } = repository;
  const trees = await treesOf(state, sides);
  const met = await metPaths(state, trees, merged);
  if (met.length === 0) return none;
  const names = areAmbiguous(rules.flatMap(({ paths }) => paths)) ? await namesIn(state, trees.ours) : [];
  let now: Regenerated = none;
  for (const files of generatedFiles(rules, names)) {
    const paths = met.filter((path) => files.writes(path));
    if (paths.length > 0) now = await followRule({ repository, target, config, trees, watch, files, paths }, now);
  }
  return now;
}

async function treesOf(state: string, { base, ours, theirs }: Sides): Promise<Sides> {
  return { base: await treeOf(state, base), ours: await treeOf(state, ours), theirs: await treeOf(state, theirs) };
}

/** Paths in conflict, and those that both sides have changed, not to the same. */
async function metPaths(state: string, { base, ours, theirs }: Sides, { conflicts }: Merged): Promise<string[]> {
  const [our, their] = await Promise.all([compareTrees(state, base, ours), compareTrees(state, base, theirs)]);
  const changes = new Map(our.map(({ path, to }) => [path, to]));
  const both = their.filter(({ path, to }) => changes.has(path) && !isSame(changes.get(path) ?? null, to));
  return [...new Set([...conflicts.map(({ path }) => path), ...both.map(({ path }) => textOf(path))])];
}

function isSame(a: Entry | null, b: Entry | null): boolean {
  return a?.id === b?.id && a?.mode === b?.mode;
}

async function namesIn(state: string, tree: Sha): Promise<readonly string[]> {
  return ambiguousNames((await listFiles(state, tree)).map(({ path }) => textOf(path)));
}

/** One rule that the merge needs, for these paths. */
interface Step extends Pick<Merge, 'config' | 'target'> {
  readonly repository: LocalRepository;
  readonly trees: Sides;
  readonly watch: BuildWatch | null;
  readonly files: GeneratedFiles;
  readonly paths: readonly string[];
}

async function followRule(step: Step, now: Regenerated): Promise<Regenerated> {
  const { repository, trees, files, paths } = step;
  const { state } = repository;
  // If a side has deleted the file or made a link of it, what it should be is a question.
  for (const side of [trees.ours, trees.theirs])
    for (const path of paths) if (!isFile(await entryAt(state, side, bytesOf(path)))) return now;
  const isByHand = !(await changesInputs(state, step));
  // A manifest with markers is settled first, by the unit's agent; then its host runs the command.
  if (now.conflicts.some(({ path }) => !files.writes(path) && files.reads(path)))
    return isByHand ? now : leaveForLater(state, step, now);
  const isInConflict = now.conflicts.some(({ path }) => files.writes(path));
  if (isByHand && isInConflict) return { ...now, conflicts: withReason(now, files, byHand) };
  const before = isByHand ? now.tree : await withTargetsFiles(state, now.tree, step);
  const made = await output(step, before);
  if ('why' in made) {
    if (made.why !== null) return { ...now, conflicts: withReason(now, files, made.why) };
    return isInConflict ? leaveForLater(state, step, now) : now;
  }
  const edits = new Map<string, Entry | null>();
  for (const { path } of await listFiles(state, before)) if (files.writes(textOf(path))) edits.set(path, null);
  for (const { path, mode, id } of await listFiles(state, made.tree)) edits.set(path, { mode, id });
  const tree = await editTree(state, before, edits);
  const changed = (await compareTrees(state, trees.ours, tree)).map(({ path }) => textOf(path));
  return {
    tree,
    conflicts: now.conflicts.filter(({ path }) => !files.writes(path)),
    regenerated: [...now.regenerated, ...changed.filter((path) => files.writes(path))],
  };
}

/** The files are as on the target, in conflict until the command runs. */
async function leaveForLater(state: string, { trees, files, paths }: Step, now: Regenerated): Promise<Regenerated> {
  const edits = new Map<string, Entry | null>();
  const left: MetConflict[] = [];
  for (const path of paths) {
    const place = bytesOf(path);
    const [base, ours, theirs] = await Promise.all(
      [trees.base, trees.ours, trees.theirs].map((side) => entryAt(state, side, place)),
    );
    if (base === undefined || ours === undefined || theirs === undefined) throw new Error('three entries');
    edits.set(place, ours);
    const conflict = { path, place, base, ours, theirs, merged: ours, marked: false, kind: 'lock' } as const;
    left.push({ ...conflict, madeBy: files.rule.run });
  }
  const others = now.conflicts.filter(({ path }) => !paths.includes(path));
  return { ...now, tree: await editTree(state, now.tree, edits), conflicts: [...others, ...left] };
}

/** A version that was raised in a lock file alone, say: the command knows nothing of it. */
const byHand = 'is not run, because the unit has changed nothing that it reads: what it writes would lose the change';

/** Whether the unit has changed anything that the command reads, besides what it writes itself. */
async function changesInputs(state: string, { trees, files }: Step): Promise<boolean> {
  const changed = (await compareTrees(state, trees.base, trees.theirs)).map(({ path }) => textOf(path));
  return changed.some((path) => !files.writes(path) && (files.reads(path) || files.looksFor(path)));
}

/** The tree in which the files that the command writes are the target's. */
async function withTargetsFiles(state: string, tree: Sha, { trees, files }: Step): Promise<Sha> {
  const edits = new Map<string, Entry | null>();
  for (const { path } of await listFiles(state, tree)) if (files.writes(textOf(path))) edits.set(path, null);
  for (const { path, mode, id } of await listFiles(state, trees.ours))
    if (files.writes(textOf(path))) edits.set(path, { mode, id });
  return editTree(state, tree, edits);
}

/** A tree of all files that the command has written, now or earlier, or why there is none. */
async function output(step: Step, tree: Sha): Promise<{ readonly tree: Sha } | { readonly why: string | null }> {
  const { repository, config, watch, files, paths } = step;
  const inputs = await readInputs(repository.state, { tree, files, config });
  if ('why' in inputs) return inputs;
  const known = await findGenerated(repository, inputs.hash);
  if (known !== null) return { tree: known };
  if (watch === null) return { why: null };
  const refusal = await whyNotRun(step, tree);
  if (refusal !== null) return { why: refusal };
  watch.onStart(`making ${paths[0] ?? ''} again`);
  const made = await makeAgain(repository, { config, files, inputs: inputs.files, paths }, watch);
  if ('why' in made) return made;
  return { tree: await keepGenerated(repository, { hash: inputs.hash, tree: made.tree, by: files.rule.run }) };
}

/**
 * Null = it may run. The network is for commands whose settings are the target's: with others, a unit could have them
 * connect, or run, whatever it likes.
 */
async function whyNotRun({ repository, config, target, files }: Step, merged: Sha): Promise<string | null> {
  if (!files.rule.network) return null;
  if (repository.commands.policy.networkAllowed === 'none')
    return 'it needs the network, which the operator of this host does not allow (COPPICE_SANDBOX_NETWORK)';
  const egress = judgeEgress(config);
  if (egress.decide === 'allow') return null;
  if (egress.decide === 'deny') return `it needs the network, which a rule denies (${egress.rule})`;
  const { state } = repository;
  const changed = (await compareTrees(state, await treeOf(state, target), merged)).map(({ path }) => textOf(path));
  const steering = changed.find((path) => files.isSteeredBy(path));
  if (steering === undefined) return null;
  return `it needs the network, and ${inertLine(steering)} is not as on the target; it may decide where the command connects or what it runs; a rule of coppice.yaml can allow that (policy: [{ action: egress, decide: allow }])`;
}

/** The conflicts, in which those of the rule say why its command did not settle them. */
function withReason({ conflicts }: Merged, files: GeneratedFiles, why: string | null): Merged['conflicts'] {
  if (why === null) return conflicts;
  const said = `\`${inertLine(files.rule.run).slice(0, 200)}\`: ${why}`;
  return conflicts.map((conflict) => (files.writes(conflict.path) ? { ...conflict, said } : conflict));
}
