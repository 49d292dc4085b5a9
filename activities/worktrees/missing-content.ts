// Finds submodules and Git LFS pointers in the tree of a commit, from git objects only. Safe to run twice.

import type { MissingContent } from '../../domain/worktrees/missing-content.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { LocalRepository } from '../repository/local-repository.ts';
import type { WantsSubmodule } from '../../formats/setup/submodules.ts';
import { wantedSubmodules } from './submodules/find-submodules.ts';
import { inertText } from '../../git/inert-text.ts';
import { isLfsPointer, largestPointer } from '../../domain/worktrees/missing-content.ts';
import { listTree, readBlobs, treeOf, type TreeEntry } from '../../git/tree-reader.ts';
import { lookUp } from '../../git/object-reader.ts';
import { isFileMode, submoduleMode } from '../../domain/repository/file-modes.ts';

const atOnce = 500;

export async function missingContent(
  repository: LocalRepository,
  commit: Sha,
  wants: WantsSubmodule,
): Promise<MissingContent> {
  const gitDir = repository.state;
  const entries = await listTree(gitDir, commit);
  const at = { tree: await treeOf(gitDir, commit), upstream: commit, wants };
  const fetched = new Set((await wantedSubmodules(repository, at)).map(({ path }) => path));
  const submodules = entries
    .filter(({ path, mode }) => mode === submoduleMode && !fetched.has(path))
    .map(({ path }) => inertText(path));
  return { submodules, pointers: (await usesLfs(gitDir, entries)) ? await pointersOf(gitDir, entries) : [] };
}

/** Without this attribute, git leaves a pointer as it is in clones too. */
async function usesLfs(gitDir: string, entries: readonly TreeEntry[]): Promise<boolean> {
  const files = entries.filter(({ path, mode }) => isFileMode(mode) && /(?:^|\/)\.gitattributes$/.test(path));
  const texts = await readBlobs(
    gitDir,
    files.map(({ id }) => id),
  );
  return texts.some((text) => /\bfilter=lfs\b/.test(text));
}

async function pointersOf(gitDir: string, entries: readonly TreeEntry[]): Promise<string[]> {
  const files = entries.filter(({ mode }) => isFileMode(mode));
  const found: string[] = [];
  for (let at = 0; at < files.length; at += atOnce) {
    const part = files.slice(at, at + atOnce);
    const sizes = await Promise.all(part.map(({ id }) => lookUp(gitDir, id)));
    const small = part.filter((_, i) => (sizes[i]?.size ?? Infinity) <= largestPointer);
    const texts = await readBlobs(
      gitDir,
      small.map(({ id }) => id),
    );
    found.push(...small.filter((_, i) => isLfsPointer(texts[i] ?? '')).map(({ path }) => inertText(path)));
  }
  return found;
}
