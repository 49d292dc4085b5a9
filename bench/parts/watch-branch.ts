// What has come to the branch of a bare repository on this machine, and when: read from the time of its ref's file, so
// that watching costs the machine next to nothing.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { statSync } from 'node:fs';

export interface BranchWatch {
  /** Waits until the branch moves: the files below `units/` that are new there, and when it moved, in milliseconds. */
  next(): Promise<{ readonly units: readonly string[]; readonly at: number }>;
}

/** Fails if the branch stands still for two minutes. */
export function watchBranch(repository: string): BranchWatch {
  const ref = join(repository, 'refs', 'heads', 'main');
  const unitsNow = (): string[] => {
    const git = ['-C', repository, 'ls-tree', '--name-only', 'main', 'units/'];
    const paths = execFileSync('git', git, { encoding: 'utf8' }).split('\n');
    return paths.filter((path) => path !== '').map((path) => path.replace('units/', ''));
  };
  const known = new Set(unitsNow());
  let seen = statSync(ref).mtimeMs;
  return {
    async next() {
      const deadline = Date.now() + 120_000;
      while (Date.now() < deadline) {
        const { mtimeMs } = statSync(ref, { throwIfNoEntry: false }) ?? { mtimeMs: seen };
        if (mtimeMs !== seen) {
          seen = mtimeMs;
          const units = unitsNow().filter((name) => !known.has(name));
          for (const name of units) known.add(name);
          return { units, at: mtimeMs };
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`nothing has landed in ${repository} for two minutes`);
    },
  };
}
