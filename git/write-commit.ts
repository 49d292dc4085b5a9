// One commit from data: its parents, a tree to start from and files to put over it. Ids depend on nothing but the input,
// so writing the same commit twice gives the same id. Never touches a worktree or an index.

import { type Sha, asSha } from '../domain/ids.ts';
import type { Identity } from './identity.ts';
import { runGit } from './run-git.ts';

export interface NewCommit {
  /** The local ref that keeps the commit; moved by force. */
  readonly ref: string;
  readonly parents: readonly Sha[];
  /** The commit's tree before `files` are put into it; null = empty. */
  readonly tree: Sha | null;
  /** Trees put in at a path, before `files`. */
  readonly folders?: Readonly<Record<string, Sha>>;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly message: string;
  readonly identity: Identity;
  /** Seconds since the epoch, for author and committer. */
  readonly seconds: number;
}

/** Writes blobs, trees and the commit in one process (`git fast-import`). */
export async function writeCommit(gitDir: string, commit: NewCommit): Promise<Sha> {
  const who = `${commit.identity.name} <${commit.identity.email}> ${commit.seconds} +0000`;
  const parts: (string | Uint8Array)[] = [
    // Without a parent fast-import would go on from what the ref has.
    ...(commit.parents.length === 0 ? [`reset ${commit.ref}\n\n`] : []),
    `commit ${commit.ref}\nmark :1\nauthor ${who}\ncommitter ${who}\n`,
    ...data(commit.message),
    ...commit.parents.map((parent, index) => `${index === 0 ? 'from' : 'merge'} ${parent}\n`),
    // Without this, the first parent's files (or those of the ref's old commit) would stay.
    'deleteall\n',
    ...(commit.tree === null ? [] : [`M 040000 ${commit.tree} ""\n`]),
    ...Object.entries(commit.folders ?? {}).map(([path, tree]) => `M 040000 ${tree} ${quotePath(path)}\n`),
    ...Object.entries(commit.files ?? {}).flatMap(([path, content]) => [
      `M 100644 inline ${quotePath(path)}\n`,
      ...data(content),
    ]),
    'get-mark :1\n',
    'done\n',
  ];
  const input = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const { stdout } = await runGit(gitDir, ['fast-import', '--quiet', '--force', '--done', '--date-format=raw'], {
    input,
  });
  return asSha(stdout.toString('utf8'));
}

function data(content: string | Uint8Array): (string | Uint8Array)[] {
  const bytes = Buffer.from(content);
  return [`data ${bytes.length}\n`, bytes, '\n'];
}

function quotePath(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
