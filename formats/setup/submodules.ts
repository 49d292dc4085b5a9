// Which submodules a worktree gets, by coppice.yaml. Uses picomatch, so never imported by workflow code.

import type { Config } from '../../contracts/documents/config.ts';
import { matchesAny } from '../globs/path-globs.ts';

/** By the path of a submodule at the top of the repository. */
export type WantsSubmodule = (path: string) => boolean;

/** A setup that clones into the folder of a submodule finds it empty, as in a clone without submodules. */
export function wantedSubmodules({ worktree, setup }: Pick<Config, 'worktree' | 'setup'>): WantsSubmodule {
  const { submodules = false } = worktree;
  const own = new Set(setup === null ? [] : clonedBy(setup.run));
  return (path) => !own.has(path) && (typeof submodules === 'boolean' ? submodules : matchesAny(path, submodules));
}

/** The folders that a command clones into, where it says so itself. */
function clonedBy(command: string): string[] {
  return command.split(/[;&|\n()]+/).flatMap((step) => {
    const words = step.trim().split(/\s+/);
    const last = words.at(-1) ?? '';
    const isClone = words[0] === 'git' && words.includes('clone');
    return isClone ? [last.replaceAll(/["']/g, '').replace(/^\.\//, '').replace(/\/+$/, '')] : [];
  });
}
