// The tags of the target's history in the mirror: those that the remote has and whose commit is there anyway. Tags of
// other histories bring nothing. Safe to run twice: it makes refs what the remote has.

import type { LocalRepository, TagMemory } from './local-repository.ts';
import type { Sha } from '../../contracts/ids.ts';
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
  return { lookedAt: 0, lines: new Map() };
}

/** To be called under the mirror's lock, when the branch has been fetched. */
export async function fetchTags({ mirror, origin, tags }: LocalRepository): Promise<void> {
  if (Date.now() - tags.lookedAt < freshMs) return;
  const [{ refs }, local] = await Promise.all([listRemote(origin, [`${prefix}*`]), tagsHere(mirror)]);
  const wanted: string[] = [];
  const kept = new Set<string>();
  for (const [ref, id] of refs) {
    if (ref.endsWith(peeled) || !(await hasCommit(mirror, refs.get(`${ref}${peeled}`) ?? id))) continue;
    kept.add(ref);
    if (local.get(ref) !== id) wanted.push(`+${ref}:${ref}`);
  }
  const gone = [...local.keys()].filter((ref) => !kept.has(ref));
  if (gone.length > 0) {
    await runGit(mirror, ['update-ref', '--stdin'], { input: gone.map((ref) => `delete ${ref}\n`).join('') });
  }
  // One that was deleted meanwhile takes those beside it along: the next look finds them.
  for (let at = 0; at < wanted.length; at += atOnce) await fetchRefs(mirror, origin, wanted.slice(at, at + atOnce));
  if (wanted.length > 0 || gone.length > 0) tags.lines.clear();
  tags.lookedAt = Date.now();
}

async function tagsHere(mirror: string): Promise<Map<string, string>> {
  const text = await gitText(mirror, ['for-each-ref', '--format=%(refname) %(objectname)', prefix]);
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]));
}

/** The tags that lead to a commit of the mirror, as lines of a `packed-refs` file. */
export async function tagsOf({ mirror, tags }: LocalRepository, commit: Sha): Promise<string> {
  const known = tags.lines.get(commit);
  if (known !== undefined) return known;
  const format = '--format=%(objectname) %(refname) %(*objectname)';
  const text = await gitText(mirror, ['for-each-ref', `--merged=${commit}`, format, prefix]);
  const lines = text.split('\n').map((line) => line.split(' '));
  const written = lines.map(([id = '', ref = '', commitOfTag = '']) => {
    if (id === '') return '';
    return `${id} ${ref}\n${commitOfTag === '' ? '' : `^${commitOfTag}\n`}`;
  });
  const all = written.join('');
  if (tags.lines.size >= remembered) tags.lines.clear();
  tags.lines.set(commit, all);
  return all;
}
