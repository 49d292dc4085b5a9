import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanUp, git, temporaryFolder } from './make-repository.ts';
import { asSha } from '../../contracts/ids.ts';
import { countLines, sizeOfChange, sizesOfChanges, sumOf } from '../../git/count-lines.ts';
import { treeOf } from '../../git/tree-reader.ts';

let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
  git(folder, 'init', '--quiet');
  // What a repository says about its own diffs must not run, and must not change what is counted.
  git(folder, 'config', 'diff.external', 'false');
  git(folder, 'config', 'diff.renames', 'true');
  git(folder, 'config', 'diff.up.textconv', 'false');
});
afterAll(cleanUp);

function commit(change: () => void) {
  change();
  git(folder, 'add', '--all');
  git(folder, '-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit', '--quiet', '--allow-empty', '-m', 'x');
  return asSha(git(folder, 'rev-parse', 'HEAD').trim());
}
const write = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);

test('files and lines are counted: changed, added, deleted, renamed, binary, and with a difficult name', async () => {
  const before = commit(() => {
    write('text', '1\n2\n3\n');
    write('gone', '1\n2\n');
    write('old-name', 'a\nb\nc\nd\n');
    write('picture', Buffer.from([0, 1, 2]));
  });
  const after = commit(() => {
    write('text', '1\n2 changed\n3\n4\n');
    rmSync(join(folder, 'gone'));
    renameSync(join(folder, 'old-name'), join(folder, 'new-name'));
    write('picture', Buffer.from([0, 1, 3]));
    mkdirSync(join(folder, 'd'));
    write('d/tab\tand\nline é', 'one\n');
  });
  const gitDir = join(folder, '.git');
  expect(Object.fromEntries(await countLines(gitDir, before, after))).toEqual({
    text: { additions: 2, deletions: 1 },
    gone: { additions: 0, deletions: 2 },
    'old-name': { additions: 0, deletions: 4 },
    'new-name': { additions: 4, deletions: 0 },
    picture: { additions: null, deletions: null },
    'd/tab\tand\nline é': { additions: 1, deletions: 0 },
  });
  expect(await sizeOfChange(gitDir, before, after)).toEqual({ files: 6, additions: 7, deletions: 7 });
  expect(await sizeOfChange(gitDir, after, after)).toEqual({ files: 0, additions: 0, deletions: 0 });
});

test('many changes are counted with one program, in order, whatever their paths look like', async () => {
  const gitDir = join(folder, '.git');
  const before = commit(() => undefined);
  const after = commit(() => {
    write('x\n', '1\n');
    write(`y\n${'1'.repeat(40)} ${'2'.repeat(40)}\nz`, '1\n2\n');
  });
  const [from, to] = await Promise.all([treeOf(gitDir, before), treeOf(gitDir, after)]);
  const [none, added] = [sumOf([]), { files: 2, additions: 3, deletions: 0 }];
  const changes = [
    { from, to },
    { from, to: from },
    { from: to, to },
    { from: to, to: from },
    { from, to },
  ];
  expect(await sizesOfChanges(gitDir, changes)).toEqual([
    added,
    none,
    none,
    { files: 2, additions: 0, deletions: 3 },
    added,
  ]);
  expect(await sizesOfChanges(gitDir, [])).toEqual([]);
});
