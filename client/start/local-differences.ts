// The differences between the clone here and the target, in words, before anything is spent: a run sees only what is on
// the remote, and a plan may depend on work that was never pushed. Ignores clones of other repositories.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Target } from '../../git/inspect-target.ts';
import type { Unpushed, WorkingCopy } from '../../git/working-copy.ts';
import type { Remote } from '../../git/remote.ts';
import { findWorkingCopy, originsOf, unpushedOf } from '../../git/working-copy.ts';
import { maxConfigBytes } from '../../formats/config-file/config-file.ts';
import { readRepository } from '../repository.ts';
import { readUserFile } from '../read-user-file.ts';
import { count } from '../../domain/text/count.ts';

export interface Here {
  /** The command's working directory. */
  readonly folder: string;
  /** Files that may differ, such as the plan, which need not be on the remote. */
  readonly except: readonly string[];
}

/** A sentence for each difference; empty if `folder` is not in a clone of the target. */
export async function localDifferences(here: Here, remote: Remote, target: Target): Promise<string[]> {
  const copy = await findWorkingCopy(here.folder);
  if (copy === null || !(await isCloneOf(copy, remote.url))) return [];
  const { branch, tip, configText } = target;
  const except = here.except.map((path) => resolve(here.folder, path));
  const [unpushed, config] = await Promise.all([
    unpushedOf(copy, { remote, branch, tip }, [...except, join(copy.top, 'coppice.yaml')]),
    configDifference(copy, { branch, configText }),
  ]);
  return [...workDifference(unpushed, branch), ...config];
}

async function isCloneOf(copy: WorkingCopy, repository: string): Promise<boolean> {
  const wanted = readRepository(repository).canonical;
  const named = [copy.top, ...(await originsOf(copy))];
  return named.some((url) => {
    try {
      // git resolves a relative path from the clone's top, not from the folder of the command.
      return readRepository(/^\.\.?(?:\/|$)/.test(url) ? resolve(copy.top, url) : url).canonical === wanted;
    } catch {
      return false;
    }
  });
}

function workDifference({ commits, newest, files }: Unpushed, branch: string): string[] {
  const what = [
    ...(commits === 0
      ? []
      : [
          `${count(commits, 'commit')} here ${isOrAre(commits)} not on the remote’s ${branch} (${latest(commits, newest)})`,
        ]),
    ...(files === 0 ? [] : [`${count(files, 'changed file')} here ${isOrAre(files)} not committed`]),
  ];
  return what.length === 0
    ? []
    : [`${what.join(', and ')}: agents do not see this. If the plan needs it, push it first`];
}

function latest(commits: number, newest: string): string {
  return `${commits === 1 ? '' : 'the latest: '}${JSON.stringify(newest.slice(0, 80))}`;
}

async function configDifference(
  { top }: WorkingCopy,
  { branch, configText }: Pick<Target, 'branch' | 'configText'>,
): Promise<string[]> {
  const path = join(top, 'coppice.yaml');
  const text = existsSync(path) ? await readUserFile(path, maxConfigBytes).catch(() => null) : null;
  if (text === null || text === configText) return [];
  if (configText === null) return [`the coppice.yaml here is not on the remote’s ${branch}, so it is not used`];
  return [`the coppice.yaml here differs from the one on the remote’s ${branch}, which is used`];
}

function isOrAre(n: number): string {
  return n === 1 ? 'is' : 'are';
}
