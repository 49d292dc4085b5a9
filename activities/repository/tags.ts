// The tags of the target's history in the mirror: those that the remote has and whose commit is there anyway. Tags of
// other histories bring nothing. Safe to run twice: it makes refs what the remote has.

import type { LocalRepository, TagMemory } from './local-repository.ts';
import type { Sha } from '../../contracts/ids.ts';
import { failureType } from '../../contracts/failures.ts';
import { fetchRefs, listRemote } from '../../git/remote.ts';
import { gitText, runGit } from '../../git/run-git.ts';
import { hasCommit } from '../../git/tree-reader.ts';

/** How long the remote's list of tags counts as current. */
const freshMs = 60_000;
/** Refspecs in one command. */
const atOnce = 200;
/** Commits whose tags are remembered. */
const remembered = 16;

const prefix = 'refs/tags/';
const peeled = '^{}';

export function newTagMemory(): TagMemory {
  return { lookedAt: 0, none: false, lines: new Map() };
}

/**
 * To be called under the mirror's lock, when the branch has been fetched. Never rejects: a tag that cannot be fetched is
 * missing in worktrees, and holds nothing up.
 */
export async function fetchTags(repository: LocalRepository): Promise<void> {
  const { tags } = repository;
  if (areTagsFresh(repository)) return;
  tags.lookedAt = Date.now();
  await updateTags(repository).catch(() => undefined);
}

/** Whether the remote was asked for its tags a moment ago. */
export function areTagsFresh({ tags }: Pick<LocalRepository, 'tags'>): boolean {
  return Date.now() - tags.lookedAt < freshMs;
}

async function updateTags({ mirror, origin, tags }: LocalRepository): Promise<void> {
  const [{ refs }, local] = await Promise.all([listRemote(origin, [`${prefix}*`]), tagsHere(mirror)]);
  const wanted: string[] = [];
  const kept = new Set<string>();
  for (const [ref, id] of refs) {
    // The answer has HEAD, too. A name that is not UTF-8 does not survive as text.
    if (!ref.startsWith(prefix) || ref.endsWith(peeled) || ref.includes('\uFFFD')) continue;
    if (!(await hasCommit(mirror, refs.get(`${ref}${peeled}`) ?? id))) continue;
    kept.add(ref);
    if (local.get(ref) !== id) wanted.push(`+${ref}:${ref}`);
  }
  const gone = [...local.keys()].filter((ref) => !kept.has(ref));
  if (wanted.length > 0 || gone.length > 0) tags.lines.clear();
  tags.none = false;
  if (gone.length > 0) {
    await runGit(mirror, ['update-ref', '--stdin'], { input: gone.map((ref) => `delete ${ref}\n`).join('') });
  }
  for (let at = 0; at < wanted.length; at += atOnce) {
    await fetchSome(mirror, origin, wanted.slice(at, at + atOnce));
  }
  if (wanted.length > atOnce) await runGit(mirror, ['pack-refs', '--all']);
  tags.none = kept.size === 0;
}

/** One that was deleted meanwhile, or that git's checks refuse, takes none of the others along. */
async function fetchSome(
  mirror: string,
  origin: LocalRepository['origin'],
  refspecs: readonly string[],
): Promise<void> {
  const outcome = await fetchRefs(mirror, origin, refspecs).catch((error: unknown) => {
    if (failureType(error) === 'RepositoryUnusable') return 'missing';
    throw error;
  });
  if (outcome === 'fetched' || refspecs.length === 1) return;
  const half = Math.ceil(refspecs.length / 2);
  await fetchSome(mirror, origin, refspecs.slice(0, half));
  await fetchSome(mirror, origin, refspecs.slice(half));
}

async function tagsHere(mirror: string): Promise<Map<string, string>> {
  const text = await gitText(mirror, ['for-each-ref', '--format=%(refname) %(objectname)', prefix]);
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]));
}

/** The tags that lead to a commit of the mirror, as lines of a `packed-refs` file. */
export async function tagsOf({ mirror, tags }: LocalRepository, commit: Sha): Promise<string> {
  if (tags.none) return '';
  const known = tags.lines.get(commit);
  if (known !== undefined) return known;
  const text = await gitText(mirror, [
    'for-each-ref',
    `--merged=${commit}`,
    '--format=%(objectname) %(refname)',
    prefix,
  ]);
  const all = text === '' ? '' : `${text}\n`;
  rememberTags(tags, commit, all);
  return all;
}

/** To be called when commits without tags were put on a commit: the same tags lead to them. */
export function continueTags(
  { tags }: Pick<LocalRepository, 'tags'>,
  { from, to }: Readonly<Record<'from' | 'to', Sha>>,
): void {
  const known = tags.lines.get(from);
  if (known !== undefined) rememberTags(tags, to, known);
}

function rememberTags({ lines }: TagMemory, commit: Sha, all: string): void {
  if (lines.size >= remembered) lines.clear();
  lines.set(commit, all);
}
