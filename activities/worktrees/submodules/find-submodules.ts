// Which submodules a worktree gets, each with a mirror that has its commit; submodules of submodules too, as in a clone
// with `--recurse-submodules`. URLs are those of the target branch, so that no agent decides what a host fetches.
// Safe to run twice: it only fetches.

import { createHash } from 'node:crypto';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Remote } from '../../../git/remote.ts';
import type { Sha } from '../../../contracts/ids.ts';
import {
  type SubmoduleEntry,
  type SubmoduleSection,
  hasModulesFile,
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
  readonly url: string;
  /** The names of all its submodules. */
  readonly names: readonly string[];
  /** Before the paths of its submodules, and before their git folders; empty for the target. */
  readonly path: string;
  readonly gitFolder: string;
}

/** Of a whole worktree; nobody has as many, and those in one another may multiply. */
const mostSubmodules = 1000;

/** Those at the top that are not left out, and the names of all. */
export async function submodulesAt(
  { state }: LocalRepository,
  { tree, upstream, wants }: SubmodulesAt,
): Promise<{ readonly wanted: readonly WantedSubmodule[]; readonly names: readonly string[] }> {
  const sections = await sectionsOf(state, { tree, upstream });
  if (sections.size === 0) return { wanted: [], names: [] };
  const wanted = wantedOf(await listSubmodules(state, tree), sections).filter(({ path }) => wants(path));
  return { wanted, names: namesOf(sections) };
}

/**
 * By path in the tree, with the URLs of the target: a unit may put a submodule elsewhere, under the name that it has, but
 * not say where it comes from.
 */
export async function sectionsOf(
  state: string,
  { tree, upstream }: Pick<SubmodulesAt, 'tree' | 'upstream'>,
): Promise<ReadonlyMap<string, SubmoduleSection>> {
  const target = await treeOf(state, upstream);
  if (!(await hasModulesFile(state, target))) return new Map();
  const ofTarget = await readModulesFile(state, target);
  if (tree === target) return ofTarget;
  const byName = new Map([...ofTarget.values()].map((section) => [section.name, section]));
  const moved = [...(await readModulesFile(state, tree))].flatMap(([path, { name }]) => {
    const section = byName.get(name);
    return section === undefined ? [] : [[path, section] as const];
  });
  return new Map([...ofTarget, ...moved]);
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
  const { origin } = repository;
  const found: Submodule[] = [];
  const addAll = async (wanted: readonly WantedSubmodule[], parent: Parent): Promise<void> => {
    for (const each of wanted) {
      if (found.length >= mostSubmodules) throw failure('RepositoryUnusable', tooMany);
      const submodule = await explained(`${parent.path}${each.path}`, () => fetchOne(repository, each, parent));
      found.push(submodule);
      const tree = await treeOf(submodule.mirror, submodule.commit);
      if (!(await hasModulesFile(submodule.mirror, tree))) continue;
      const entries = await listSubmodules(submodule.mirror, tree);
      const sections = await readModulesFile(submodule.mirror, tree);
      const { path, gitFolder, remote } = submodule;
      const inside = { url: remote.url, names: namesOf(sections), path: `${path}/`, gitFolder: `${gitFolder}/` };
      await addAll(wantedOf(entries, sections), inside);
    }
  };
  const { wanted: top, names } = await submodulesAt(repository, at);
  await addAll(top, { url: origin.url, names, path: '', gitFolder: '' });
  return found;
}

function namesOf(sections: ReadonlyMap<string, SubmoduleSection>): readonly string[] {
  return [...sections.values()].map(({ name }) => name);
}

const tooMany = `it has more than ${mostSubmodules} submodules, which a worktree cannot have; \`worktree.submodules\` in coppice.yaml can leave some out`;

async function fetchOne(
  repository: LocalRepository,
  { path, commit, section }: WantedSubmodule,
  parent: Parent,
): Promise<Submodule> {
  const remote = remoteOf(repository, section, parent.url);
  const mirror = await moduleWith(repository, remote, commit);
  if (mirror === null) {
    throw failure('RepositoryUnusable', `it is recorded at ${commit}, which ${inertText(remote.url)} does not have`);
  }
  return {
    path: `${parent.path}${path}`,
    commit,
    gitFolder: `${parent.gitFolder}${gitFolderOf(section, parent.names)}`,
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

/**
 * Below the git folder of the repository that has it, whose submodules have these names. By its name, as git does it, unless
 * no folder can have that, or it would be inside another one's.
 */
export function gitFolderOf({ name }: SubmoduleSection, names: readonly string[]): string {
  const isPlain = name.split('/').every((part) => /^[^\\\t\n]{1,200}$/.test(part) && part !== '.' && part !== '..');
  const isApart = names.every((other) => !name.startsWith(`${other}/`) && !other.startsWith(`${name}/`));
  const isUsable = isPlain && isApart && name.length < 1000;
  return `modules/${isUsable ? name : createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
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
