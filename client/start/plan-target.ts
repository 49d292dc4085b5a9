// Finds the target that a plan is checked against: its branch, its files and its coppice.yaml.

import type { Config } from '../../contracts/documents/config.ts';
import type { Env } from '../../domain/environment.ts';
import type { Remote } from '../../git/remote.ts';
import type { Target } from '../../git/inspect-target.ts';
import { failure } from '../../contracts/failures.ts';
import { withoutDefaultBudgets } from './default-budgets.ts';
import { inspectTarget } from '../../git/inspect-target.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { readRepository } from '../repository.ts';
import { remoteFor } from '../../git/remote-for.ts';

export interface PlanTarget {
  /** https, ssh or scp-like URL, or a path. */
  readonly repository: string;
  /** Absent = the branch that its coppice.yaml names, else its default branch. */
  readonly branch?: string | undefined;
}

/** As for a run, the branch named by the default branch's configuration counts. */
export async function targetOf(remote: Remote, branch: string | null): Promise<Target> {
  const target = await inspectTarget(remote, branch);
  if (branch !== null) return target;
  const named = parseConfig(target.configText ?? '', 'coppice.yaml').config?.branch ?? null;
  return named === null || named === target.branch ? target : inspectTarget(remote, named);
}

/** Throws what a run would throw about the repository, its branch and its coppice.yaml. */
export async function openTarget(
  { repository, branch }: PlanTarget,
  env: Env,
): Promise<{ readonly target: Target; readonly config: Config }> {
  const remote = remoteFor(readRepository(repository).display, env);
  const target = await targetOf(remote, branch ?? null);
  const { config, errors } = parseConfig(target.configText ?? 'version: 1\n', 'coppice.yaml');
  if (errors !== undefined) {
    throw failure('BadConfig', `coppice.yaml on ${target.branch} has errors`, { details: { errors } });
  }
  return { target, config: withoutDefaultBudgets(config) };
}
