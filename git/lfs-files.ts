// The files of a tree that are in Git LFS: pointers to which the repository's attributes give that filter.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import type { Sha } from '../contracts/ids.ts';
import { isFile } from '../domain/repository/file-modes.ts';
import { largestPointer } from '../domain/worktrees/missing-content.ts';
import { type PlacedEntry, listFiles } from './trees.ts';
import { lookUp } from './object-reader.ts';
import { readBlobs } from './tree-reader.ts';
import { runGit } from './run-git.ts';

/** `path`: in bytes, as trees have it. `oid`: of the content, 64 hexadecimal digits. `size`: of the content, in bytes. */
export interface LfsFile extends PlacedEntry {
  readonly oid: string;
  readonly size: number;
}

const atOnce = 500;
const remembered = 16;
const known = new Map<string, Promise<readonly LfsFile[]>>();

/** In git's order. Trees do not change, so the last answers are remembered. */
export function listLfsFiles(gitDir: string, tree: Sha): Promise<readonly LfsFile[]> {
  const key = `${gitDir}:${tree}`;
  const found = known.get(key) ?? findLfsFiles(gitDir, tree);
  if (!known.has(key) && known.size >= remembered) known.clear();
  known.set(key, found);
  found.catch(() => known.delete(key));
  return found;
}

async function findLfsFiles(gitDir: string, tree: Sha): Promise<readonly LfsFile[]> {
  const files = (await listFiles(gitDir, tree)).filter(isFile);
  const rules = files.filter(({ path }) => /(?:^|\/)\.gitattributes$/.test(path));
  const texts = await readBlobs(
    gitDir,
    rules.map(({ id }) => id),
  );
  if (!texts.some((text) => /\bfilter=lfs\b/.test(text))) return [];
  const pointers = await pointersAmong(gitDir, files);
  if (pointers.length === 0) return [];
  const filtered = await withFilter(gitDir, tree, pointers);
  return pointers.filter(({ path }) => filtered.has(path));
}

async function pointersAmong(gitDir: string, files: readonly PlacedEntry[]): Promise<LfsFile[]> {
  const found: LfsFile[] = [];
  for (let at = 0; at < files.length; at += atOnce) {
    const part = files.slice(at, at + atOnce);
    const sizes = await Promise.all(part.map(({ id }) => lookUp(gitDir, id)));
    const small = part.filter((_, i) => (sizes[i]?.size ?? Infinity) <= largestPointer);
    const contents = await readBlobs(
      gitDir,
      small.map(({ id }) => id),
    );
    for (const [i, entry] of small.entries()) {
      const pointer = readPointer(contents[i] ?? '');
      if (pointer !== null) found.push({ ...entry, ...pointer });
    }
  }
  return found;
}

/** Null for a text that git-lfs leaves as it is. */
function readPointer(text: string): Pick<LfsFile, 'oid' | 'size'> | null {
  const [version = '', ...lines] = text.replaceAll('\r\n', '\n').trimEnd().split('\n');
  if (version !== 'version https://git-lfs.github.com/spec/v1') return null;
  const own = lines.filter((line) => !/^ext-\d+-\w+ sha256:[0-9a-f]{64}$/.test(line));
  const [, oid] = /^oid sha256:([0-9a-f]{64})$/.exec(own[0] ?? '') ?? [];
  const [, size] = /^size (\d+)$/.exec(own[1] ?? '') ?? [];
  return oid === undefined || size === undefined || own.length > 2 ? null : { oid, size: Number(size) };
}

/** In a git folder without attributes of its own, unlike ours. */
async function withFilter(gitDir: string, tree: Sha, files: readonly LfsFile[]): Promise<ReadonlySet<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'coppice-attributes-'));
  try {
    for (const name of ['objects', 'refs']) await mkdir(join(folder, name));
    await writeFile(join(folder, 'HEAD'), 'ref: refs/heads/none\n');
    const env = { GIT_OBJECT_DIRECTORY: join(gitDir, 'objects'), GIT_INDEX_FILE: join(folder, 'index') };
    await runGit(folder, ['read-tree', tree], { env });
    const input = Buffer.from(files.map(({ path }) => `${path}\0`).join(''), 'latin1');
    const { stdout } = await runGit(folder, ['check-attr', '--cached', '-z', '--stdin', 'filter'], { env, input });
    const fields = stdout.toString('latin1').split('\0');
    return new Set(fields.filter((_, i) => i % 3 === 0 && fields[i + 2] === 'lfs'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
