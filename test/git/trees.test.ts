import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanUp, git, makeState, temporaryFolder } from './make-repository.ts';
import { closeReader, lookUp, readObject } from '../../git/object-reader.ts';
import { compareTrees, editTree, readTree } from '../../git/trees.ts';
import { dateOf, diffTrees, listTree, messageOf, parentsOf, treeOf } from '../../git/tree-reader.ts';
import type { Sha } from '../../contracts/ids.ts';
import { mergeTrees } from '../../activities/landing/merge/merge-trees.ts';
import { writeCommit } from '../../git/write-commit.ts';
import { writeObject } from '../../git/object-writer.ts';

let gitDir: string;
beforeAll(() => {
  gitDir = makeState();
});
afterAll(() => {
  closeReader(gitDir);
  cleanUp();
});

const identity = { name: 'Coppice', email: 'coppice@localhost' };

const names = ['a', 'b', 'a.b', 'a0', 'd/a', 'd/b', 'd/e/a', 'd/é', 'a/b', 'b/x y', 'd.c'];
// Long enough for git to find a rename by its likeness.
const texts = ['1\n2\n3\n4\n5\n6\n', '1\n2\n3\n4\n5\n7\n', '0\n2\n3\n4\n5\n6\n', 'x\n'];
const file = fc.record({
  mode: fc.constantFrom('100644', '100644', '100755', '120000'),
  text: fc.constantFrom(...texts),
});
type Files = Readonly<Record<string, { mode: string; text: string }>>;
type Edits = Readonly<Record<string, Files[string] | null>>;

const files = fc.dictionary(fc.constantFrom(...names), file).map((all) => edited({}, all));
/** Few, so that both sides of a merge often do not meet. */
const edits = fc.dictionary(fc.constantFrom(...names), fc.option(file), { maxKeys: 2 });

const one = { mode: '100644', text: texts[0] ?? '' };
const moved = { 'd/a': null, 'd/b': null, 'e/a': one, 'e/b': { ...one, text: 'x\n' } };
/** What is rarely found by chance: base, ours, theirs. */
const meetings: [Files, Edits, Edits][] = [
  // A folder that one side renames while the other adds to it: git looks for that.
  [{ 'd/a': one, 'd/b': { ...one, text: 'x\n' } }, moved, { 'd/new': one }],
  [{ 'd/a': one, 'd/b': { ...one, text: 'x\n' } }, { 'd/new': one }, moved],
  // A file where the other side makes a folder.
  [{}, { 'b/x y': one }, { b: one }],
  [{}, { b: one }, { 'b/x y': one }],
];

/** A path that becomes a file ends what was below it, and the file that it is in. */
function edited(all: Files, changes: Edits): Files {
  const result: Record<string, Files[string]> = { ...all };
  for (const [path, content] of Object.entries(changes)) {
    for (const other of Object.keys(result))
      if (other === path || foldersOf(other).includes(path) || foldersOf(path).includes(other)) delete result[other];
    if (content !== null) result[path] = content;
  }
  return result;
}

function foldersOf(path: string): string[] {
  return [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));
}

/** As git makes it, by an index. */
function treeBy(all: Files): Sha {
  const env = { ...process.env, GIT_DIR: gitDir, GIT_INDEX_FILE: join(temporaryFolder(), 'index') };
  const run = (args: string[], input = '') => execFileSync('git', args, { env, input, encoding: 'utf8' }).trim();
  const lines = Object.entries(all).map(([path, { mode, text }]) => {
    return `${mode} ${run(['hash-object', '-w', '--stdin'], text)}\t${path}\n`;
  });
  run(['update-index', '--add', '--index-info'], lines.join(''));
  return run(['write-tree']) as Sha;
}

/** The same tree with the modes of old tools. */
async function aged(tree: Sha): Promise<Sha> {
  const old: Readonly<Record<string, string>> = { '40000': '040000', '100644': '100664', '100755': '100775' };
  const records: Buffer[] = [];
  for (const [name, { mode, id }] of await readTree(gitDir, tree)) {
    const entry = mode === '40000' ? await aged(id) : id;
    records.push(Buffer.from(`${old[mode] ?? mode} ${name}\0`, 'latin1'), Buffer.from(entry, 'hex'));
  }
  return writeObject(gitDir, 'tree', Buffer.concat(records));
}

/** As git makes it of a tree, by an index: `changes` are lines of `git diff-tree --raw`. */
function treeFrom(tree: Sha, changes: readonly { path: string; mode: string; id: string }[]): string {
  const env = { ...process.env, GIT_DIR: gitDir, GIT_INDEX_FILE: join(temporaryFolder(), 'index') };
  const run = (args: string[], input = '') => execFileSync('git', args, { env, input, encoding: 'utf8' }).trim();
  run(['read-tree', tree]);
  const gone = changes.filter(({ mode }) => mode === '0').map(({ path, id }) => `0 ${id}\t${path}\n`);
  const there = changes.filter(({ mode }) => mode !== '0').map(({ mode, id, path }) => `${mode} ${id}\t${path}\n`);
  run(['update-index', '--add', '--index-info'], [...gone, ...there].join(''));
  return run(['write-tree']);
}

function commitBy(tree: Sha, ...parents: Sha[]): Sha {
  const identify = ['-c', 'user.name=T', '-c', 'user.email=t@localhost'];
  return git(gitDir, ...identify, 'commit-tree', tree, '-m', 'x', ...parents.flatMap((id) => ['-p', id])) as Sha;
}

describe('trees', () => {
  test('differ as git says, and the differences put into one make the other', async () => {
    await fc.assert(
      fc.asyncProperty(files, files, async (before, after) => {
        const [from, to] = [treeBy(before), treeBy(after)];
        const raw = git(gitDir, 'diff-tree', '-r', '-z', '--raw', '--no-renames', from, to).split('\0');
        const said = raw.flatMap((field, at) => (field.startsWith(':') ? [[raw[at + 1], field.split(' ')[4]]] : []));
        const changes = await diffTrees(gitDir, from, to);
        const letters = { added: 'A', modified: 'M', deleted: 'D', 'type-changed': 'T' };
        expect(changes.map(({ path, status }) => [path, letters[status]])).toEqual(said);
        const differences = await compareTrees(gitDir, from, to);
        expect(await editTree(gitDir, from, new Map(differences.map((each) => [each.path, each.to])))).toBe(to);
      }),
      { numRuns: 40 },
    );
  });

  test('merge as git merges them, whether or not it had to be asked', async () => {
    await fc.assert(
      fc.asyncProperty(files, edits, edits, async (base, mine, other) => {
        const [b, o, t] = [treeBy(base), treeBy(edited(base, mine)), treeBy(edited(base, other))];
        const start = commitBy(b);
        const merged = await mergeTrees(gitDir, { base: b, ours: o, theirs: t });
        const said = mergedBy(commitBy(o, start), commitBy(t, start));
        expect({ ...merged, conflicts: merged.conflicts.length > 0 }).toEqual(said);
      }),
      { numRuns: 60, examples: meetings },
    );
  });
});

test('a conflict below a name that is not UTF-8 is one, and lists of checksums are united there', async () => {
  const write = (content: Buffer) => writeObject(gitDir, 'tree', content);
  const record = (mode: string, name: string, id: Sha) =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(id, 'hex')]);
  const side = async (text: string, ...others: Buffer[]) => {
    const blob = await writeObject(gitDir, 'blob', text);
    const folder = await write(Buffer.concat([record('100644', 'go.sum', blob), record('100644', 'text', blob)]));
    return write(Buffer.concat([record('40000', 'd\xFF', folder), ...others]));
  };
  // A file that one side removes, so that git has to merge.
  const gone = record('100644', 'z', await writeObject(gitDir, 'blob', 'z\n'));
  const sides = { base: await side('m\n', gone), ours: await side('a\nm\n'), theirs: await side('b\nm\n', gone) };
  const { tree, conflicts } = await mergeTrees(gitDir, sides);
  expect(conflicts).toMatchObject([{ path: 'd\uFFFD/text', place: 'd\xFF/text', kind: 'contents', marked: true }]);
  expect([...(await readTree(gitDir, tree)).keys()]).toEqual(['d\xFF']);
  const [sums] = await listTree(gitDir, tree);
  expect(git(gitDir, 'cat-file', 'blob', sums?.id ?? '')).toBe('a\nb\nm');
});

function mergedBy(ours: Sha, theirs: Sha): { tree: string; conflicts: boolean } {
  git(gitDir, 'update-ref', 'refs/heads/target', ours);
  git(gitDir, 'update-ref', 'refs/heads/unit', theirs);
  const settings = ['-c', 'merge.directoryRenames=true'];
  const args = [...settings, 'merge-tree', '--write-tree', '--name-only', '-z', '--no-messages', 'target', 'unit'];
  let output: string;
  try {
    output = execFileSync('git', args, { env: { ...process.env, GIT_DIR: gitDir }, encoding: 'utf8' });
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  const [tree = '', ...conflicts] = output.split('\0').filter((field) => field !== '');
  return { tree, conflicts: conflicts.length > 0 };
}

describe('objects', () => {
  test('a commit is what git takes it for', async () => {
    const tree = treeBy({ a: { mode: '100755', text: 'x\n' }, 'd/b': { mode: '100644', text: 'y\n' } });
    const parent = commitBy(tree);
    const ref = 'refs/coppice-local/test/one';
    const written = await writeCommit(gitDir, {
      ref,
      parents: [parent],
      tree,
      message: 'Über\n\nText\n',
      identity,
      seconds: 1_700_000_000,
      folders: { '.coppice': tree },
      files: { '.coppice/new/ü.json': '{}\n', 'd/b': 'other\n' },
    });
    expect(git(gitDir, 'rev-parse', ref)).toBe(written);
    expect(git(gitDir, 'fsck', '--strict', '--no-dangling')).toBe('');
    expect(git(gitDir, 'show', '-s', '--format=%P|%an|%ae|%ct|%B', ref)).toBe(
      `${parent}|Coppice|coppice@localhost|1700000000|Über\n\nText`,
    );
    expect(git(gitDir, '-c', 'core.quotePath=false', 'ls-tree', '-r', '--name-only', ref).split('\n')).toEqual([
      ...['.coppice/a', '.coppice/d/b', '.coppice/new/ü.json', 'a', 'd/b'],
    ]);
    expect(git(gitDir, 'show', `${ref}:d/b`)).toBe('other');
    expect([await messageOf(gitDir, written), await parentsOf(gitDir, written)]).toEqual(['Über\n\nText\n', [parent]]);
    expect((await listTree(gitDir, written, '.coppice/new')).map(({ path }) => path)).toEqual(['.coppice/new/ü.json']);
  });

  test('are read while others are, large and small, and what is not there is nothing', async () => {
    const contents = Array.from({ length: 60 }, (_, i) => `${i}\n`.repeat(i % 7 === 0 ? 200_000 : i));
    const ids = await Promise.all(contents.map((text) => writeObject(gitDir, 'blob', text)));
    const missing = '1'.repeat(40);
    const asked = ids.flatMap((id) => [readObject(gitDir, id), lookUp(gitDir, id), readObject(gitDir, missing)]);
    const answers = await Promise.all(asked);
    for (const [at, text] of contents.entries()) {
      const read = answers[3 * at];
      expect(read !== null && read !== undefined && 'content' in read && read.content.toString()).toBe(text);
      expect(answers[3 * at + 1]).toMatchObject({ id: ids[at], type: 'blob', size: Buffer.byteLength(text) });
      expect(answers[3 * at + 2]).toBeNull();
    }
  });

  test('a reader that was killed or closed is followed by another', async () => {
    const id = await writeObject(gitDir, 'blob', 'still here\n');
    const reading = Promise.all([readObject(gitDir, id), readObject(gitDir, id)]);
    closeReader(gitDir);
    expect((await reading).map((object) => object?.content.toString())).toEqual(['still here\n', 'still here\n']);
    execFileSync('pkill', ['-KILL', '-P', `${process.pid}`, 'git']);
    const answers = await Promise.allSettled([readObject(gitDir, id)]);
    // It may have been killed with the question in its hand.
    expect(answers[0]?.status === 'fulfilled' || String(answers[0]?.reason).includes('SIGKILL')).toBe(true);
    expect((await readObject(gitDir, id))?.content.toString()).toBe('still here\n');
  });

  test('what another process packs and removes is still found', async () => {
    const commit = commitBy(treeBy({ packed: { mode: '100644', text: 'x\n' } }));
    git(gitDir, 'update-ref', 'refs/heads/packed', commit);
    expect(await treeOf(gitDir, commit)).toBe(git(gitDir, 'rev-parse', `${commit}^{tree}`));
    git(gitDir, 'repack', '-adq');
    expect((await readTree(gitDir, await treeOf(gitDir, commit))).has('packed')).toBe(true);
  });

  test('a repository that is not there is said so', async () => {
    await expect(readObject('/nowhere', '1'.repeat(40))).rejects.toThrow('not a git repository');
  });
});

describe('what old tools wrote', () => {
  let shared: string;
  beforeAll(() => {
    shared = gitDir;
    gitDir = makeState();
  });
  afterAll(() => {
    closeReader(gitDir);
    gitDir = shared;
  });

  test('modes are what git takes them for, and trees are written as git writes them', async () => {
    await fc.assert(
      fc.asyncProperty(files, files, async (before, after) => {
        const [now, to] = [treeBy(before), treeBy(after)];
        const old = await aged(now);
        expect(await listTree(gitDir, old)).toEqual(await listTree(gitDir, now));
        expect(await diffTrees(gitDir, old, now)).toEqual([]);
        const differences = await compareTrees(gitDir, old, to);
        expect(differences).toEqual(await compareTrees(gitDir, now, to));
        const changes = differences.map(({ path, to: entry }) => {
          return { path: Buffer.from(path, 'latin1').toString(), mode: '0', id: '0'.repeat(40), ...entry };
        });
        const made = await editTree(gitDir, old, new Map(differences.map((each) => [each.path, each.to])));
        expect(made).toBe(treeFrom(old, changes));
      }),
      { numRuns: 25 },
    );
  });

  test.each([
    ['A <a@b> 1300000000 +0100', 1_300_000_000],
    ['A <a@b>1300000000 +0000', 1_300_000_000],
    ['A <a@b> 0001300000000 +0000', 1_300_000_000],
    ['A <a@b> 18446744073709551615 +0000', 0],
    ['A <a@b> -5 +0000', 0],
    ['A <a@b> ', 0],
    ['A a@b 1300000000 +0000', 0],
  ])('a commit by %j has a date', async (who, seconds) => {
    const header = `tree ${treeBy({})}\nauthor ${who}\ncommitter ${who}`;
    expect(await dateOf(gitDir, await writeObject(gitDir, 'commit', `${header}\n\nold\n`))).toBe(seconds);
  });
});
