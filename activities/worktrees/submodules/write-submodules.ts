// Writes submodules into files that no command has touched yet: a checkout of each at its commit, and its git folder below
// `.git/modules`, with the objects of its mirror. As `git submodule update` leaves them.

import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Submodule } from './find-submodules.ts';
import { gitText, runGit } from '../../../git/run-git.ts';
import { isPublicUrl, ownConfig } from '../git-folder.ts';
import { quotedValue } from '../../../git/identity.ts';

/** `files` and `git`: what commands see as `/work` and `/work/.git`. */
export async function writeSubmodules(
  repository: LocalRepository,
  submodules: readonly Submodule[],
  { files, git, lowPriority }: { readonly files: string; readonly git: string; readonly lowPriority: boolean },
): Promise<void> {
  for (const each of submodules) {
    const [folder, gitDir] = [join(files, each.path), join(git, each.gitFolder)];
    await mkdir(folder, { recursive: true });
    await writeModuleFolder(repository, each, gitDir);
    await runGit(each.mirror, ['read-tree', '--reset', '-u', each.commit], {
      env: { GIT_WORK_TREE: folder, GIT_INDEX_FILE: join(gitDir, 'index') },
      lowPriority,
    });
    if (each.parent !== '') await appendFile(join(git, each.parent, 'config'), sectionText(each));
    await writeFile(join(folder, '.git'), `gitdir: ${posix.relative(`/${each.path}`, `/.git/${each.gitFolder}`)}\n`);
  }
}

async function writeModuleFolder(repository: LocalRepository, submodule: Submodule, gitDir: string): Promise<void> {
  const { modules, sandbox } = repository;
  const { commit, mirror, path, gitFolder, remote } = submodule;
  for (const folder of ['hooks', 'info', 'objects/info', 'objects/pack', 'refs/heads', 'refs/tags']) {
    await mkdir(join(gitDir, folder), { recursive: true });
  }
  const alternate =
    sandbox.driver === 'bwrap' ? `/git/modules/${basename(mirror)}` : join(modules.folder, basename(mirror));
  await writeFile(join(gitDir, 'objects', 'info', 'alternates'), `${alternate}/objects\n`);
  await writeFile(join(gitDir, 'info', 'exclude'), '');
  const own = [`[core]`, `\tworktree = ${quotedValue(posix.relative(`/.git/${gitFolder}`, `/${path}`))}`];
  const origin = [
    '[remote "origin"]',
    ...(isPublicUrl(remote.url) ? [`\turl = ${quotedValue(remote.url)}`] : []),
    '\tfetch = +refs/heads/*:refs/remotes/origin/*',
  ];
  await writeFile(join(gitDir, 'config'), [...ownConfig, ...own, ...origin, ''].join('\n'));
  await writeFile(join(gitDir, 'packed-refs'), await refsOf(mirror));
  await writeFile(join(gitDir, 'HEAD'), `${commit}\n`);
}

/** The mirror's branches, as a clone has them, and its tags. */
async function refsOf(mirror: string): Promise<string> {
  const format = '--format=%(objectname) %(refname)';
  const text = await gitText(mirror, ['for-each-ref', format, 'refs/heads/', 'refs/tags/']);
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => `${line.replace(' refs/heads/', ' refs/remotes/origin/')}\n`).join('');
}

/** For the configuration of a worktree's `.git`: what `git submodule init` would write there. */
export function submoduleConfig(submodules: readonly Submodule[]): string {
  return submodules.flatMap((each) => (each.parent === '' ? [sectionText(each)] : [])).join('');
}

function sectionText({ section, remote }: Submodule): string {
  const url = isPublicUrl(remote.url) ? remote.url : section.url;
  return `[submodule ${quotedValue(section.name)}]\n\tactive = true\n\turl = ${quotedValue(url)}\n`;
}
