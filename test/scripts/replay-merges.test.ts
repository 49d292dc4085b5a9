import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { cleanUp, git, put, temporaryFolder } from '../git/make-repository.ts';
import { replayMerges, sameOutcome } from '../../scripts/merges/replay.ts';

afterAll(cleanUp);

/** Merges, oldest first: clean, changed by people, in conflict, by a driver of the attributes, and one of two bases. */
function history(): string {
  const folder = temporaryFolder();
  git(folder, 'init', '-q', '-b', 'main');
  const commit = (branch: string, name: string, content: string) => {
    git(folder, 'checkout', '-q', branch);
    put(folder, name, content);
    git(folder, 'add', '-A');
    git(folder, 'commit', '-qm', `${name} on ${branch}`);
  };
  const merge = (subject: string, settle?: Record<string, string>) => {
    git(folder, 'checkout', '-q', 'main');
    try {
      git(folder, 'merge', '-q', '--no-ff', '--no-commit', 'side');
    } catch {
      // In conflict.
    }
    for (const [name, content] of Object.entries(settle ?? {})) put(folder, name, content);
    git(folder, 'add', '-A');
    git(folder, 'commit', '-qm', subject);
  };
  put(folder, '.gitattributes', 'list.txt merge=union\n');
  put(folder, 'list.txt', 'one\n');
  put(folder, 'line.txt', 'old\n');
  git(folder, 'add', '-A');
  git(folder, 'commit', '-qm', 'first');
  git(folder, 'branch', 'side');
  commit('side', 'side.txt', 's\n');
  commit('main', 'main.txt', 'm\n');
  merge('clean');
  commit('side', 'more.txt', 's\n');
  commit('main', 'again.txt', 'm\n');
  merge('changed', { 'main.txt': 'changed while merging\n' });
  commit('side', 'line.txt', 'theirs\n');
  commit('main', 'line.txt', 'ours\n');
  merge('in conflict', { 'line.txt': 'both\n' });
  commit('side', 'list.txt', 'one\ntwo\n');
  commit('main', 'list.txt', 'one\nthree\n');
  merge('by a driver');
  commit('side', 'p.txt', 'p\n');
  commit('main', 'q.txt', 'q\n');
  for (const [own, from, other] of [
    ['x', 'main', 'side'],
    ['y', 'side', 'main'],
  ] as const) {
    git(folder, 'checkout', '-q', '-b', own, from);
    git(folder, 'merge', '-q', '--no-ff', '-m', `${own} crosses`, other);
  }
  git(folder, 'checkout', '-q', 'x');
  git(folder, 'merge', '-q', '--no-ff', '-m', 'crossed', 'y');
  return folder;
}

it('makes merges again as the queue would, and compares them with git’s and with what people committed', async () => {
  const folder = history();
  const found = new Map<string, string>();
  for await (const replayed of replayMerges(join(folder, '.git'), 100)) {
    if ('skipped' in replayed) found.set(git(folder, 'log', '-1', '--format=%s', replayed.merge), replayed.skipped);
    else {
      const { ours, mergeTree, merged, people, subject } = replayed;
      const asGit = sameOutcome(ours, mergeTree)
        ? 'as merge-tree'
        : merged && sameOutcome(ours, merged)
          ? 'as merge'
          : '';
      const state = ours.conflicts.length === 0 ? 'clean' : `conflicts in ${ours.conflicts.join()}`;
      found.set(subject, `${state}, ${asGit}, ${ours.tree === people ? 'as people' : 'not as people'}`);
    }
  }
  expect(Object.fromEntries(found)).toMatchObject({
    clean: 'clean, as merge-tree, as people',
    changed: 'clean, as merge-tree, not as people',
    'in conflict': 'conflicts in line.txt, as merge-tree, not as people',
    // A bare repository has no attributes for git's own command; a worktree has, and so does the queue.
    'by a driver': 'clean, as merge, as people',
    crossed: 'the sides have several merge bases',
  });
  expect(git(folder, 'status', '--porcelain')).toBe('');
});

it('prints counts', () => {
  const script = fileURLToPath(new URL('../../scripts/replay-merges.ts', import.meta.url));
  const said = execFileSync(process.execPath, [script, history(), '--limit', '50'], { encoding: 'utf8' });
  expect(said).toMatch(/ {5}\d {2}as git merge-tree: the same tree\n/);
  expect(said).toMatch(/ {5}1 {2}people: changed a clean merge\n/);
});
