// What lands under the repository's `.gitattributes` is what a clone would commit, so that a fresh clone of it is clean.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Content, cleanUp, git, makeRemote, makeState, put, temporaryFolder } from './make-repository.ts';
import type { Sha } from '../../contracts/ids.ts';
import { attributesOf } from '../../activities/landing/merge/attributes.ts';
import { prepareGitDir } from '../../activities/landing/merge/merge-trees.ts';
import { type Host, claim, contextFor, edit, message, openHost } from './open-host.ts';

let host: Host;
beforeAll(async () => {
  host = await openHost();
});
afterAll(cleanUp);

async function work(files: Record<string, Content>, changes: Record<string, Content>) {
  // The rules come later: the files are stored as they are given.
  const rules = (name: string): boolean => name.endsWith('.gitattributes');
  const named = Object.entries({ 'README.md': 'hello\n', ...files });
  const [remote, state] = [makeRemote(Object.fromEntries(named.filter(([name]) => !rules(name)))), makeState()];
  remote.push(Object.fromEntries(named.filter(([name]) => rules(name))));
  const store = await claim(host, contextFor(remote, state));
  await edit(host, store, changes);
  const saved = await store.save({});
  return { store, state, saved };
}

/** The result's files as a fresh clone has them stored, and what `git status` says there. */
async function result(files: Record<string, Content>, changes: Record<string, Content>) {
  const { store, state, saved } = await work(files, changes);
  const filtered = await store.filteredFiles();
  const made = await store.makeResult(message);
  await store.close();
  const stored = (path: string) => execFileSync('git', ['cat-file', 'blob', `${made?.result}:${path}`], { cwd: state });
  const raw = (path: string) =>
    execFileSync('git', ['cat-file', 'blob', `${saved.checkpoint}:${path}`], { cwd: state });
  const clone = join(temporaryFolder(), 'clone');
  git(state, 'update-ref', 'refs/heads/result', String(made?.result));
  git('/', 'clone', '-q', '-b', 'result', state, clone);
  const changed = made?.changed.map(({ path }) => path) ?? [];
  return {
    stored: (path: string) => stored(path).toString(),
    raw: (path: string) => raw(path).toString(),
    status: git(clone, 'status', '--porcelain'),
    changed,
    filtered,
  };
}

describe('attributes that need no program', () => {
  it('hold for the files that the unit changed, and checkpoints stay byte for byte', async () => {
    const { stored, raw, status, changed } = await result(
      { '.gitattributes': '* text=auto\n*.bat eol=crlf\n*.bin -text\n*.c ident\n', 'other.txt': 'o\n' },
      {
        'a.txt': 'a\r\nb\r\n',
        'run.bat': 'x\r\n',
        'raw.bin': 'r\r\n',
        'main.c': '/* $Id: 123 $ */\n',
        'mixed.dat': Buffer.from([0, 13, 10]),
      },
    );
    expect([stored('a.txt'), stored('run.bat'), stored('raw.bin'), stored('main.c'), stored('mixed.dat')]).toEqual([
      'a\nb\n',
      'x\n',
      'r\r\n',
      '/* $Id$ */\n',
      '\0\r\n',
    ]);
    expect([raw('a.txt'), raw('main.c')]).toEqual(['a\r\nb\r\n', '/* $Id: 123 $ */\n']);
    expect(status).toBe('');
    expect(changed).toHaveLength(5);
  });

  it('leave alone what the unit did not touch, and CRLF that the target has under text=auto', async () => {
    const files = { 'old.txt': 'a\r\n', 'other.txt': 'x\r\n', '.gitattributes': '* text=auto\n' };
    const { stored } = await result(files, { 'old.txt': 'a\r\nb\r\n', 'new.txt': 'n\r\n' });
    expect([stored('old.txt'), stored('other.txt'), stored('new.txt')]).toEqual(['a\r\nb\r\n', 'x\r\n', 'n\n']);
  });

  it('hold in folders, by macros, and as the unit leaves them', async () => {
    const files = {
      'a/.gitattributes': '[attr]lines text eol=lf\n',
      '.gitattributes': '[attr]lines text\nb/* lines\n',
    };
    const { stored, status } = await result(files, {
      'b/x': 'x\r\n',
      'c/.gitattributes': '*.md text\n',
      'c/y.md': 'y\r\n',
      'd.md': 'd\r\n',
    });
    expect([stored('b/x'), stored('c/y.md'), stored('d.md')]).toEqual(['x\n', 'y\n', 'd\r\n']);
    expect(status).toBe('');
  });

  it('re-encode a file that was written in its encoding, and no other', async () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('größe\n', 'utf16le')]);
    const files = { '.gitattributes': '*.rc working-tree-encoding=UTF-16\n' };
    const { stored, status } = await result(files, { 'new.rc': utf16, 'plain.rc': 'neu\n' });
    expect([stored('new.rc'), stored('plain.rc')]).toEqual(['größe\n', 'neu\n']);
    expect(status).toBe('');
  });

  it('keep files as they are where git refuses to convert one of them', async () => {
    const files = { '.gitattributes': '* text=auto\n*.rc working-tree-encoding=UTF-16\n' };
    const { stored } = await result(files, { 'bad.rc': Buffer.from([0x00, 0xd8, 0x00]), 'a.txt': 'a\r\n' });
    expect(stored('a.txt')).toBe('a\r\n');
  });

  it('make nothing of a change that is line ends alone', async () => {
    const { store } = await work({ '.gitattributes': '* text=auto\n', 'a.txt': 'a\n' }, { 'a.txt': 'a\r\n' });
    expect(await store.changes()).toEqual([]);
    expect(await store.makeResult(message)).toBeNull();
    await store.close();
  });

  it('hold for names that are none of UTF-8, of globs or of options', async () => {
    const name = 'dir/*[x] -q\n"é.txt';
    const { stored } = await result({ '.gitattributes': '* text=auto\n' }, { [name]: 'x\r\n', '-n.txt': 'y\r\n' });
    expect([stored(name), stored('-n.txt')]).toEqual(['x\n', 'y\n']);
  });
});

describe('the attributes of a tree as one list', () => {
  /** What git says of each file: in a clone, and by the list alone. */
  async function said(files: Record<string, string>) {
    const clone = join(temporaryFolder(), 'clone');
    git('/', 'init', '-q', clone);
    for (const [path, content] of Object.entries(files)) put(clone, path, content);
    git(clone, 'add', '-A', '-f');
    const [gitDir, alone] = [join(clone, '.git'), temporaryFolder()];
    await prepareGitDir(alone, await attributesOf(gitDir, git(clone, 'write-tree') as Sha));
    const paths = Object.keys(files).filter((path) => !path.endsWith('.gitattributes'));
    const args = ['-z', 'merge', 'conflict-marker-size', '--', ...paths];
    return { inClone: git(clone, 'check-attr', ...args), alone: git(alone, '--git-dir=.', 'check-attr', ...args) };
  }

  const rules =
    '\uFEFFlog merge=union\r\n"q\\"\\303\\251" conflict-marker-size=9\n/top merge\nsub/* -merge\n!x merge=a\n';

  it.each(['plain', 'my folder', ' a ', 'app/[slug]', '#x', '!x', '"a"', 'ü', 'a\tb', 'a\nb', 'a\\b', '[attr]x', '*?'])(
    'says the same in a folder %j',
    async (folder) => {
      const names = ['log', 'q"é', 'top', 'sub/x', 'sub/log', 'sub/sub/top', 'sub/sub/y', '!x'];
      const inFolder = Object.fromEntries(names.map((name) => [`${folder}/${name}`, '']));
      const { inClone, alone } = await said({ ...inFolder, log: '', [`${folder}/.gitattributes`]: rules });
      expect(alone).toBe(inClone);
      expect(alone).toContain('/log\0merge\0union');
    },
  );

  it('leaves out what git does not take from a folder', async () => {
    const ignored = '[attr]own merge=union\n# comment\n\n"bad merge=union\n![x] merge=union\n[x] merge\n';
    const { inClone, alone } = await said({
      'a/.gitattributes': ignored,
      'a/x': '',
      'a/ao': '',
      'a/"bad': '',
      'a/!x': '',
    });
    expect(alone).toBe(inClone);
  });
});

describe('a filter that no host runs', () => {
  const attributes = '*.png filter=lfs diff=lfs merge=lfs -text\n*.key filter=git-crypt\n*.txt -filter\n';
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4'.repeat(64)}\nsize 12345\n`;
  const files = { '.gitattributes': attributes, 'old.png': pointer, 'a.key': 'secret\n' };

  it('names what would be stored raw, whether it is new or changed', async () => {
    const { filtered } = await result(files, {
      'new.png': 'raw',
      'a.key': 'changed',
      'b.txt': 'b\n',
      'sub/x.png': 'raw',
    });
    expect(filtered).toEqual([
      { path: 'a.key', filter: 'git-crypt' },
      { path: 'new.png', filter: 'lfs' },
      { path: 'sub/x.png', filter: 'lfs' },
    ]);
  });

  it('has nothing against pointers, moves, modes and deletions', async () => {
    const { filtered, stored } = await result(files, {
      'old.png': null,
      'moved.png': pointer,
      'other.png': pointer.replace('4', '5'),
      'a.key': null,
      'b.key': { executable: 'secret\n' },
      'empty.png': '',
    });
    expect(filtered).toEqual([]);
    expect(stored('moved.png')).toBe(pointer);
  });
});
