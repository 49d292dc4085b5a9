// The submodules of one unit's worktree: what a snapshot must know of them, and what an agent did in them that cannot be
// part of its change, because they are other repositories.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { OwnedWorktree } from '../worktree.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { Remote } from '../../../git/remote.ts';
import type { SubmoduleWork } from '../../repository/contract.ts';
import { type SubmoduleLinks, noLinks } from '../snapshot/links.ts';
import { type WantedSubmodule, gitFolderOf, remoteOf, sectionsOf, submodulesAt } from './find-submodules.ts';
import { bytesOf, compareTrees, editTree, entryAt, textOf } from '../../../git/trees.ts';
import { discard } from '../remove.ts';
import { failureType } from '../../../contracts/failures.ts';
import { inertText } from '../../../git/inert-text.ts';
import { type SubmoduleSection, hasModulesFile, listSubmodules, pathText } from '../../../git/submodules.ts';
import { moduleWith } from '../../repository/modules.ts';
import { prepareQuarantine, runScript } from '../snapshot/snapshot.ts';
import { readProduct } from '../snapshot/product.ts';
import { submoduleMode } from '../../../domain/repository/file-modes.ts';
import { records, treeOf } from '../../../git/tree-reader.ts';

/** Where a unit's work stands. */
interface Work {
  readonly base: Sha;
  readonly tree: Sha;
}

const listedBytes = 256 * 1024;

/** Lists files that differ from a submodule's commit, or are new in it. Each line of `modules`: commit, mirror, path. */
const ownFilesScript = `
while IFS='	' read -r commit mirror path; do
  [ "$(realpath -e -- "$GIT_WORK_TREE/$path" 2>/dev/null)" = "$(realpath -e -- "$GIT_WORK_TREE")/$path" ] || continue
  cd "$GIT_WORK_TREE/$path" 2>/dev/null || continue
  find . -name .git -prune -o ! -type f ! -type d ! -type l -print -quit | grep -q . && continue
  (
    export GIT_WORK_TREE=$PWD GIT_INDEX_FILE=$OUT/module-index
    export GIT_ALTERNATE_OBJECT_DIRECTORIES=$MODULES/$mirror/objects
    rm -f "$GIT_INDEX_FILE"
    git read-tree "$commit" || exit
    git update-index -q --refresh > /dev/null
    git diff-files --name-only -z --ignore-submodules
    find . -mindepth 2 -name .git -prune -printf '/%P\\n' | sed 's|/\\.git$|/|' > "$OUT/inner"
    git ls-files -z --others --exclude-standard --exclude-from="$OUT/inner"
  ) | FOLDER=$path xargs -0 -r sh -c 'for name; do printf "%s/%s\\0" "$FOLDER" "$name"; done' sh
done < "$OUT/modules" | head -c ${listedBytes} > "$OUT/own"
`;

export class UnitSubmodules {
  private readonly repository: LocalRepository;
  private known: (Work & { readonly links: Promise<SubmoduleLinks> }) | null = null;
  /** Whether the worktree may have submodules, whatever base it is on now. */
  private hadAny = false;
  /** Files that setups and checks have changed in submodules. */
  private readonly ofOurs = new Set<string>();

  constructor(repository: LocalRepository) {
    this.repository = repository;
  }

  /** For snapshots of a worktree. */
  links(worktree: OwnedWorktree, { base, tree }: Work): Promise<SubmoduleLinks> {
    if (this.known?.base !== base || this.known.tree !== tree) {
      this.known = { base, tree, links: this.findLinks(worktree, { base, tree }) };
    }
    return this.known.links;
  }

  private async findLinks({ wantsSubmodule: wants }: OwnedWorktree, work: Work): Promise<SubmoduleLinks> {
    const { state } = this.repository;
    const { base } = work;
    const tree = await treeOf(state, base);
    this.hadAny ||= await hasModulesFile(state, tree);
    if (!this.hadAny) return noLinks;
    // The work may have kept one that the target has removed.
    const entries = [...(await listSubmodules(state, tree)), ...(await listSubmodules(state, work.tree))];
    const { wanted: filled, names } = await submodulesAt(this.repository, { tree, upstream: base, wants });
    const all = [...new Set(entries.flatMap(({ path }) => pathText(path) ?? []))];
    return { all, filled: filled.map(({ path, section }) => ({ path, gitFolder: gitFolderOf(section, names) })) };
  }

  /**
   * The tree with those submodules back at the base's commit that are at one which their remote does not have: it was in a
   * worktree that is gone.
   */
  async withoutLost(work: Work): Promise<Sha> {
    const { state } = this.repository;
    const lost = await this.unknown(work);
    if (lost.length === 0) return work.tree;
    const before = await treeOf(state, work.base);
    const edits = lost.map(async ({ path }) => [bytesOf(path), await entryAt(state, before, bytesOf(path))] as const);
    return editTree(state, work.tree, new Map(await Promise.all(edits)));
  }

  /** Call after a command of ours has run. */
  async commandRan(worktree: OwnedWorktree, work: Work, signal?: AbortSignal): Promise<void> {
    for (const path of await this.ownFiles(worktree, work, signal)) this.ofOurs.add(path);
  }

  async workIn(worktree: OwnedWorktree, work: Work, signal?: AbortSignal): Promise<SubmoduleWork> {
    const [unknown, files] = [await this.unknown(work), await this.ownFiles(worktree, work, signal)];
    return {
      unknown: unknown.map((each) => ({ ...each, path: inertText(each.path) })),
      files: files.filter((path) => !this.ofOurs.has(path)),
    };
  }

  /** Submodules that the work moves to a commit that nobody else could fetch. */
  private async unknown({ base, tree }: Work): Promise<SubmoduleWork['unknown']> {
    const { state, origin } = this.repository;
    const baseTree = await treeOf(state, base);
    const moved = (await compareTrees(state, baseTree, tree)).filter(({ to }) => to?.mode === submoduleMode);
    if (moved.length === 0) return [];
    const sections = await sectionsOf(state, { tree, upstream: base });
    const unknown: SubmoduleWork['unknown'][number][] = [];
    for (const { path: bytes, to } of moved) {
      const path = textOf(bytes);
      const section = sections.get(path);
      if (to === null) continue;
      const remote = section === undefined ? null : this.remoteFor(section, origin.url);
      const mirror = remote === null ? null : await moduleWith(this.repository, remote, to.id);
      if (mirror === null) unknown.push({ path, commit: to.id, url: inertText(remote?.url ?? '') });
    }
    return unknown;
  }

  /** Null for one that this host may not fetch. */
  private remoteFor(section: SubmoduleSection, parent: string): Remote | null {
    try {
      return remoteOf(this.repository, section, parent);
    } catch (error) {
      if (failureType(error) === 'RepositoryRefused') return null;
      throw error;
    }
  }

  private async ownFiles(worktree: OwnedWorktree, work: Work, signal?: AbortSignal): Promise<readonly string[]> {
    const { repository } = this;
    const at = { tree: work.tree, upstream: work.base, wants: worktree.wantsSubmodule };
    const lines = await Promise.all((await submodulesAt(repository, at)).wanted.map((each) => this.lineFor(each)));
    if (lines.length === 0) return [];
    const out = await mkdtemp(join(worktree.folder, 'modules-'));
    try {
      // With the tree's own attributes: git itself may have checked files out again.
      await prepareQuarantine(out, new Map(), '');
      await writeFile(join(out, 'modules'), lines.join(''));
      await repository.sandbox.giveTo(out);
      const { path, root } = worktree;
      const asked = { base: work.base, out, script: ownFilesScript, masks: [], signal };
      const result = await runScript(repository, { path, root }, asked);
      signal?.throwIfAborted();
      if (result.status !== 'exited' || result.exitCode !== 0) return [];
      return records(await readProduct(join(out, 'own'))).map((name) => inertText(name));
    } finally {
      await discard(repository.home, out);
    }
  }

  /** Empty for one that is not at a commit of its mirror, or whose path no line can hold. */
  private async lineFor({ path, commit, section }: WantedSubmodule): Promise<string> {
    try {
      const remote = remoteOf(this.repository, section, this.repository.origin.url);
      const mirror = await moduleWith(this.repository, remote, commit);
      return mirror === null || path.includes('\n') ? '' : `${commit}\t${basename(mirror)}\t${path}\n`;
    } catch (error) {
      if (failureType(error) === undefined) throw error;
      return '';
    }
  }
}
