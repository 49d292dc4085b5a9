// Real repositories for tests: a bare remote with a first commit, and a way for a stranger to push more commits.

import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import type { Sha } from '../../contracts/ids.ts';

const env = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Stranger',
  GIT_AUTHOR_EMAIL: 'stranger@example.org',
  GIT_COMMITTER_NAME: 'Stranger',
  GIT_COMMITTER_EMAIL: 'stranger@example.org',
};

/** Plain git as a person runs it; trimmed output. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** A folder that `cleanUp` removes. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coppice-test-'));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

export function cleanUp(): void {
  const gone = folders.splice(0);
  if (gone.length > 0) execFileSync('rm', ['-rf', ...gone]);
}

/** What a commit puts into the tree: text, a symlink, an executable, or null to delete. */
export type Content = string | Uint8Array | { link: string } | { executable: string } | null;

export interface Remote {
  readonly url: string;
  /** Commits on top of the branch in the remote, as somebody with a clone of their own. */
  push(files: Record<string, Content>, options?: { branch?: string; message?: string }): Sha;
  tip(branch?: string): Sha;
}

export function makeRemote(files: Record<string, Content> = { 'README.md': 'hello\n' }): Remote {
  const folder = temporaryFolder();
  cpSync(templateWith(files), folder, { recursive: true, verbatimSymlinks: true });
  const [url, clone] = [join(folder, 'remote.git'), join(folder, 'clone')];
  const config = join(clone, '.git', 'config');
  writeFileSync(config, `${readFileSync(config, 'utf8')}[remote "origin"]\n\turl = ${url}\n${fetched}`);
  const push: Remote['push'] = (changes, { branch = 'main', message = 'a change' } = {}) => {
    git(clone, 'fetch', '-q', 'origin');
    const exists = git(clone, 'branch', '-r', '--list', `origin/${branch}`) !== '';
    if (exists) git(clone, 'checkout', '-q', '-B', branch, `origin/${branch}`);
    commitAll(clone, changes, message);
    git(clone, 'push', '-q', 'origin', `HEAD:refs/heads/${branch}`);
    return git(clone, 'rev-parse', 'HEAD') as Sha;
  };
  return { url, push, tip: (branch = 'main') => git(url, 'rev-parse', `refs/heads/${branch}`) as Sha };
}

const fetched = '\tfetch = +refs/heads/*:refs/remotes/origin/*\n';

/** By content: many tests begin with the same files, and each start of git costs. */
const templates = new Map<string, string>();

/** A folder with a bare remote and a clone of it that does not know its address. */
function templateWith(files: Record<string, Content>): string {
  const key = JSON.stringify(files);
  const known = templates.get(key);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'coppice-test-template-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const [url, clone] = [join(folder, 'remote.git'), join(folder, 'clone')];
  git('/', 'init', '-q', '--bare', '-b', 'main', url);
  git('/', 'init', '-q', '-b', 'main', clone);
  git(clone, 'config', 'core.autocrlf', 'false');
  commitAll(clone, files, 'first');
  git(clone, 'push', '-q', url, 'HEAD:refs/heads/main');
  templates.set(key, folder);
  return folder;
}

function commitAll(clone: string, changes: Record<string, Content>, message: string): void {
  for (const [path, content] of Object.entries(changes)) put(clone, path, content);
  git(clone, 'add', '-A', '-f');
  git(clone, 'commit', '-q', '--allow-empty', '-m', message);
}

/** Adds a submodule to `main`, as somebody with a clone would. */
export function addSubmodule({ url }: Remote, path: string, of: string): Sha {
  return commitInClone(url, `add ${path}`, (clone) =>
    git(clone, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', of, path),
  );
}

/** Moves a submodule of `main`. */
export function moveSubmodule({ url }: Remote, path: string, to: Sha): Sha {
  return commitInClone(url, `move ${path}`, (clone) =>
    git(clone, 'update-index', '--cacheinfo', `160000,${to},${path}`),
  );
}

function commitInClone(url: string, subject: string, change: (clone: string) => void): Sha {
  const clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '-q', url, clone);
  change(clone);
  git(clone, 'commit', '-q', '-m', subject);
  git(clone, 'push', '-q', 'origin', 'HEAD:main');
  return git(clone, 'rev-parse', 'HEAD') as Sha;
}

export function put(root: string, path: string, content: Content): void {
  const at = join(root, path);
  rmSync(at, { recursive: true, force: true });
  if (content === null) return;
  mkdirSync(dirname(at), { recursive: true });
  if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(at, content);
  else if ('link' in content) symlinkSync(content.link, at);
  else {
    writeFileSync(at, content.executable);
    chmodSync(at, 0o755);
  }
}

export function makeState(): string {
  const url = join(temporaryFolder(), 'state.git');
  git('/', 'init', '-q', '--bare', url);
  return url;
}

/** Makes a bare repository call a shell script at a moment of every push. `$1` and the input are those of git's hook. */
export function setHook(
  repository: string,
  name: 'pre-receive' | 'post-receive' | 'reference-transaction',
  script: string,
): void {
  writeFileSync(join(repository, 'hooks', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** From now on, a bare repository notes what is pushed to it. Returns a function that lists it: new values of a ref. */
export function notePushes(repository: string): (ref: string) => Sha[] {
  const notes = join(repository, 'pushes');
  writeFileSync(notes, '');
  setHook(repository, 'post-receive', `cat >> '${notes}'`);
  return (ref) =>
    readFileSync(notes, 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, , name]) => name === ref)
      .map(([, commit = '']) => commit as Sha);
}
