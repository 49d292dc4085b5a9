// What others have changed on the target since a unit's base, near what the unit has changed: the other side of a
// conflict, or the likely cause of a red verification. A commit that Coppice has landed comes with its unit's title and
// prompt, from the plan of its run. All of it is foreign text, made inert and bounded here.
// Safe to run twice: it only reads.

import type { LocalRepository } from '../repository/local-repository.ts';
import type { Plan } from '../../contracts/documents/plan.ts';
import { type RunId, type Sha, asSha, isRunId, stateRefs } from '../../contracts/ids.ts';
import { type Near, type NearChange, nearestChanges } from '../../domain/queue/near-changes.ts';
import { inertLine } from '../../domain/text/inert.ts';
import { failureType } from '../../contracts/failures.ts';
import { fetchRefs } from '../../git/remote.ts';
import { inertText } from '../../git/inert-text.ts';
import { parentsOf, readBlob, records } from '../../git/tree-reader.ts';
import { boundedLines, patchBetween } from '../repository/patch-text.ts';
import { planCodec, planFile } from '../../formats/state-documents/plan.ts';
import { runGit } from '../../git/run-git.ts';

/** Safe text. */
export interface OtherChange {
  readonly commit: Sha;
  readonly author: string;
  readonly subject: string;
  /** The rest of the commit's message; of a landed unit, empty. */
  readonly body: string;
  /** The unit that the commit has landed; null = it is no unit's, or its plan is gone. */
  readonly unit: { readonly run: string; readonly unit: string; readonly prompt: string } | null;
  /** Some of the paths that it changes, the nearest first, and the number of all. */
  readonly paths: readonly string[];
  readonly pathCount: number;
  /** Its change of the nearest paths, as a patch. */
  readonly diff: string;
}

export interface OtherChangesRequest {
  /** The unit's base, and the commit of the target that its work was merged with. */
  readonly base: Sha;
  readonly onto: Sha;
  readonly near: Near;
  readonly bounds: OtherChangesBounds;
}

/** Numbers of commits, and of characters of each. */
export interface OtherChangesBounds {
  readonly commits: number;
  readonly prompt: number;
  readonly diff: number;
}

/** Commits of the target to look through, the newest ones. */
const searchedCommits = 500;
const pathsShown = 20;
const longestSubject = 200;
const emptyTree = asSha('4b825dc642cb6eb9a060e54bf8d69288fbee4904');

/** Newest first; empty if the target's commits since the base cannot be told (its history was rewritten, say). */
export async function findOtherChanges(
  repository: LocalRepository,
  { base, onto, near, bounds }: OtherChangesRequest,
): Promise<readonly OtherChange[]> {
  const { state } = repository;
  const found = nearestChanges(await changesBetween(state, base, onto), near, bounds.commits);
  if (found.length === 0) return [];
  const facts = await readFacts(state, found);
  const changes: OtherChange[] = [];
  for (const change of found) {
    const fact = facts.get(change.id);
    if (fact === undefined) continue;
    const unit = await readUnit(repository, fact, bounds.prompt);
    changes.push({
      commit: change.id,
      author: inertLine(fact.author, longestSubject),
      subject: inertLine(fact.subject, longestSubject),
      body: unit === null ? boundedLines(fact.body, bounds.prompt) : '',
      unit,
      paths: change.near.slice(0, pathsShown).map((path) => inertLine(path)),
      pathCount: change.paths.length,
      diff: boundedLines(await patchOf(state, change), bounds.diff),
    });
  }
  return changes;
}

/** As the branch has moved: a merge counts as one change. */
async function changesBetween(state: string, base: Sha, onto: Sha) {
  const { stdout } = await runGit(state, [
    'log',
    '-z',
    '--first-parent',
    '--diff-merges=first-parent',
    '--no-renames',
    '--name-only',
    `--max-count=${searchedCommits}`,
    '--format=%x1e%H',
    onto,
    `^${base}`,
  ]);
  const changes: { id: Sha; paths: string[] }[] = [];
  for (const record of records(stdout)) {
    if (record.startsWith('\x1e')) changes.push({ id: asSha(record.slice(1)), paths: [] });
    else changes.at(-1)?.paths.push(record.replace(/^\n/, ''));
  }
  return changes;
}

interface Facts {
  readonly author: string;
  readonly subject: string;
  readonly body: string;
  readonly run: string;
  readonly unit: string;
}

async function readFacts(state: string, changes: readonly NearChange<Sha>[]): Promise<Map<Sha, Facts>> {
  const trailer = (name: string): string => `%(trailers:key=${name},valueonly,separator=%x2C)`;
  const format = ['%H', '%an', trailer('Coppice-Run'), trailer('Coppice-Unit'), '%s', '%b'].join('%x1f');
  const ids = changes.map(({ id }) => id);
  const { stdout } = await runGit(state, ['log', '-z', '--no-walk=unsorted', `--format=${format}`, ...ids]);
  return new Map(
    records(stdout).map((record) => {
      const [id = '', author = '', run = '', unit = '', subject = '', ...body] = record.split('\x1f');
      return [asSha(id), { author, run, unit, subject, body: body.join('\x1f') }];
    }),
  );
}

/** Anyone may write trailers: they count if the plan has a unit of that id and title. */
async function readUnit(
  repository: LocalRepository,
  { run, unit: id, subject }: Facts,
  longestPrompt: number,
): Promise<OtherChange['unit']> {
  if (!isRunId(run)) return null;
  const unit = (await readPlanOf(repository, run))?.units.find((each) => each.id === id);
  if (unit === undefined || asSubject(unit.title) !== asSubject(subject)) return null;
  return { run, unit: unit.id, prompt: boundedLines(unit.prompt, longestPrompt) };
}

/** As titles become subjects of commits (commit-message.ts). */
function asSubject(title: string): string {
  return inertLine(inertText(title)).replaceAll(/\s+/g, ' ');
}

/** Null if the state remote no longer has it, or it is one that this release cannot read. */
async function readPlanOf({ state, stateRemote }: LocalRepository, run: RunId): Promise<Plan | null> {
  const local = `refs/coppice-local/plans/${run}`;
  if ((await fetchRefs(state, stateRemote, [`+${stateRefs.plan(run)}:${local}`])) === 'missing') return null;
  const text = await readBlob(state, local, planFile);
  try {
    return text === null ? null : planCodec.read(text);
  } catch (error) {
    if (failureType(error) === undefined) throw error;
    return null;
  }
}

async function patchOf(state: string, { id, near }: NearChange<Sha>): Promise<string> {
  const [parent = emptyTree] = await parentsOf(state, id);
  return patchBetween(state, { from: parent, to: id, paths: near.slice(0, pathsShown) });
}
