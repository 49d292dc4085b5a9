// The submodules of a tree: its entries of that mode, and what `.gitmodules` says of them. From git objects only.

import { entryAt, listFiles, textOf } from './trees.ts';
import type { Sha } from '../contracts/ids.ts';
import { gitText } from './run-git.ts';
import { isFile, submoduleMode } from '../domain/repository/file-modes.ts';

export interface SubmoduleEntry {
  /** In bytes, as trees have it (trees.ts). */
  readonly path: string;
  readonly commit: Sha;
}

/** A section of `.gitmodules`. */
export interface SubmoduleSection {
  readonly name: string;
  readonly url: string;
  /** `update = none`: clones leave it empty. */
  readonly isOff: boolean;
}

const modulesFile = '.gitmodules';

export async function listSubmodules(gitDir: string, tree: Sha): Promise<readonly SubmoduleEntry[]> {
  const files = await listFiles(gitDir, tree);
  return files.flatMap(({ path, mode, id }) => (mode === submoduleMode ? [{ path, commit: id }] : []));
}

/** By path, as text. A section without path or URL is none; of two for one path, the last one counts. */
export async function readModulesFile(gitDir: string, tree: Sha): Promise<ReadonlyMap<string, SubmoduleSection>> {
  const entry = await entryAt(gitDir, tree, modulesFile);
  if (!isFile(entry)) return new Map();
  const args = ['config', '--no-includes', '--null', '--blob', entry.id, '--get-regexp', String.raw`^submodule\.`];
  // Exit code 1: it has no such key.
  const text = await gitText(gitDir, args, { accept: [0, 1] });
  const sections = new Map<string, Map<string, string>>();
  for (const record of text.split('\0')) {
    const [, name, key, value] = /^submodule\.([^]*)\.([a-z][a-z0-9-]*)\n([^]*)$/.exec(record) ?? [];
    if (name === undefined || key === undefined || value === undefined) continue;
    sections.set(name, (sections.get(name) ?? new Map<string, string>()).set(key, value));
  }
  const byPath = new Map<string, SubmoduleSection>();
  for (const [name, keys] of sections) {
    const [path, url] = [keys.get('path'), keys.get('url')];
    if (path === undefined || url === undefined) continue;
    byPath.set(path.replace(/\/+$/, ''), { name, url, isOff: keys.get('update') === 'none' });
  }
  return byPath;
}

export async function hasModulesFile(gitDir: string, tree: Sha): Promise<boolean> {
  return isFile(await entryAt(gitDir, tree, modulesFile));
}

/** The path for people and file systems; null if it is not UTF-8, or has a line break, which git's own files cannot hold. */
export function pathText(path: string): string | null {
  const text = textOf(path);
  return /[\uFFFD\n]/.test(text) ? null : text;
}
