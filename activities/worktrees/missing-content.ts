// What a worktree of a commit lacks compared with a clone by hand. Safe to run twice.

import type { Config } from '../../contracts/documents/config.ts';
import type { LocalRepository } from '../repository/local-repository.ts';
import type { MissingContent } from '../../domain/worktrees/missing-content.ts';
import type { Sha } from '../../contracts/ids.ts';
import { fetchLfs } from '../repository/lfs.ts';
import { inertText } from '../../git/inert-text.ts';
import { listFiles, textOf } from '../../git/trees.ts';
import { listLfsFiles } from '../../git/lfs-files.ts';
import { submoduleMode } from '../../domain/repository/file-modes.ts';
import { treeOf } from '../../git/tree-reader.ts';
import { submodulesAt } from './submodules/find-submodules.ts';
import { wantedSubmodules } from '../../formats/setup/submodules.ts';

export async function missingContent(
  repository: LocalRepository,
  commit: Sha,
  config: Pick<Config, 'setup' | 'worktree'>,
): Promise<MissingContent> {
  const { state } = repository;
  const tree = await treeOf(state, commit);
  const { wanted } = await submodulesAt(repository, { tree, upstream: commit, wants: wantedSubmodules(config) });
  const fetched = new Set(wanted.map(({ path }) => path));
  const links = (await listFiles(state, tree)).filter(({ mode }) => mode === submoduleMode);
  const paths = links.map(({ path }) => textOf(path)).filter((path) => !fetched.has(path));
  const filled = config.worktree.lfs === true ? await fetchLfs(repository, tree, commit) : [];
  const withContent = new Set(filled.map(({ path }) => path));
  const pointers = (await listLfsFiles(state, tree)).filter(({ path }) => !withContent.has(path));
  return {
    submodules: paths.map((path) => inertText(path)),
    pointers: pointers.map(({ path }) => inertText(textOf(path))),
  };
}
