// Which submodules a worktree gets, each with a mirror that has its commit; submodules of submodules too, as in a clone
// with `--recurse-submodules`. URLs are those of the target branch, so that no agent decides what a host fetches.
// Safe to run twice: it only fetches.

import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Remote } from '../../../git/remote.ts';
import type { Sha } from '../../../contracts/ids.ts';
import {
  type SubmoduleEntry,
  type SubmoduleSection,
  listSubmodules,
  pathText,
  readModulesFile,
} from '../../../git/submodules.ts';
import type { WantsSubmodule } from '../../../formats/setup/submodules.ts';
import { errorText } from '../../../domain/errors.ts';
import { failure, failureType } from '../../../contracts/failures.ts';
import { inertText } from '../../../git/inert-text.ts';
import { moduleWith } from '../../repository/modules.ts';
import { submoduleUrl } from '../../../domain/repository/submodule-url.ts';
import { treeOf } from '../../../git/tree-reader.ts';

export interface Submodule {
  /** Relative to the worktree. */
  readonly path: string;
  readonly commit: Sha;
  /** Its git folder, relative to the worktree's `.git`: `modules/<name>`, and so on for those inside it. */
  readonly gitFolder: string;
  /** GIT_DIR of its mirror, which has the commit. */
  readonly mirror: string;
  readonly remote: Remote;
  /** In the repository that has it. */
  readonly section: SubmoduleSection;
  /** The git folder of that repository, like `gitFolder`; empty = `.git` itself. */
  readonly parent: string;
}

/** A submodule at the top of a tree that a worktree should have. */
export interface WantedSubmodule {
  readonly path: string;
  readonly commit: Sha;
  readonly section: SubmoduleSection;
}

export interface SubmodulesAt {
  readonly tree: Sha;
  /** A commit of the target branch. */
  readonly upstream: Sha;
  readonly wants: WantsSubmodule;
}

/** A repository with submodules: the target, or one of its submodules. */
interface Parent {
  readonly gitDir: string;
  readonly tree: Sha;
  readonly url: string;
  readonly sections: ReadonlyMap<string, SubmoduleSection>;
  readonly path: string;
  readonly gitFolder: string;
}

/** Of a whole worktree; nobody has as many, and those in one another may multiply. */
const mostSubmodules = 1000;

/** By path: those at the top that are not left out. */
export async function wantedSubmodules(
  { state }: LocalRepository,
  { tree, upstream, wants }: SubmodulesAt,
): Promise<readonly WantedSubmodule[]> {
  const entries = await listSubmodules(state, tree);
  if (entries.length === 0) return [];
  return wantedOf(entries, await readModulesFile(state, await treeOf(state, upstream))).filter(({ path }) =>
    wants(path),
  );
}

function wantedOf(
  entries: readonly SubmoduleEntry[],
  sections: ReadonlyMap<string, SubmoduleSection>,
): WantedSubmodule[] {
  return entries.flatMap(({ path: bytes, commit }) => {
    const path = pathText(bytes);
    const section = path === null ? undefined : sections.get(path);
    return path === null || section === undefined || section.isOff ? [] : [{ path, commit, section }];
  });
}

/**
 * Each after the one that it is in. Throws `RepositoryRefused`, `RepositoryUnusable` (its remote does not have the
 * commit) and `RepositoryUnreachable`, all with the submodule's path and how to do without it.
 */
export async function findSubmodules(repository: LocalRepository, at: SubmodulesAt): Promise<readonly Submodule[]> {
  const { state, origin } = repository;
  const found: Submodule[] = [];
  const addAll = async (wanted: readonly WantedSubmodule[], parent: Omit<Parent, 'sections'>): Promise<void> => {
    for (const each of wanted) {
      if (found.length >= mostSubmodules) throw failure('RepositoryUnusable', tooMany);
      const submodule = await explained(`${parent.path}${each.path}`, () => fetchOne(repository, each, parent));
      found.push(submodule);
      const tree = await treeOf(submodule.mirror, submodule.commit);
      const entries = await listSubmodules(submodule.mirror, tree);
      if (entries.length === 0) continue;
      const inside = { gitDir: submodule.mirror, tree, url: submodule.remote.url, path: `${submodule.path}/` };
      const sections = await readModulesFile(submodule.mirror, tree);
      await addAll(wantedOf(entries, sections), { ...inside, gitFolder: `${submodule.gitFolder}/` });
    }
  };
  const top = await wantedSubmodules(repository, at);
  await addAll(top, { gitDir: state, tree: at.tree, url: origin.url, path: '', gitFolder: '' });
  return found;
}

const tooMany = `it has more than ${mostSubmodules} submodules, which a worktree cannot have; \`worktree.submodules\` in coppice.yaml can leave some out`;

async function fetchOne(
  repository: LocalRepository,
  { path, commit, section }: WantedSubmodule,
  parent: Omit<Parent, 'sections'>,
): Promise<Submodule> {
  const remote = remoteOf(repository, section, parent.url);
  const mirror = await moduleWith(repository, remote, commit);
  if (mirror === null) {
    throw failure('RepositoryUnusable', `it is recorded at ${commit}, which ${inertText(remote.url)} does not have`);
  }
  return {
    path: `${parent.path}${path}`,
    commit,
    gitFolder: `${parent.gitFolder}modules/${folderName(section.name)}`,
    mirror,
    remote,
    section,
    parent: parent.gitFolder.replace(/\/$/, ''),
  };
}

/** `parent`: the URL of the repository that has the submodule. Throws `RepositoryRefused`. */
export function remoteOf({ modules }: LocalRepository, { url }: SubmoduleSection, parent: string): Remote {
  return modules.remoteOf(submoduleUrl(url, parent), parent);
}

/** The name, as git does it, unless it is no folder's. */
function folderName(name: string): string {
  const isPlain = name.split('/').every((part) => /^[^\\\n]+$/.test(part) && part !== '.' && part !== '..');
  return isPlain ? name : encodeURIComponent(name).replaceAll('.', '%2E');
}

/** Adds what a failure is about, and the way out. */
async function explained<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const type = failureType(error);
    if (type !== 'RepositoryRefused' && type !== 'RepositoryUnusable' && type !== 'RepositoryUnreachable') throw error;
    const wayOut = 'to work without it, leave it out with `worktree.submodules` in coppice.yaml';
    throw failure(type, `submodule ${inertText(path)}: ${errorText(error)}; ${wayOut}`);
  }
}
