// The order in which test files start: those that take long first, so that no process has one left when the others are
// done. Vitest goes by the size of a file when it has not run here before, as in CI, and the size of a test says nothing
// about the workers and sandboxes that it starts; the folder does.

import { relative, resolve } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const tests = resolve(import.meta.dirname, '..');

/** From the heaviest: what starts workers, then workflows and sandboxes, then the rest. */
export const heavyFolders = [
  'hostile',
  'e2e',
  'workflows',
  'agent',
  'worktrees',
  'landing',
  'gateway',
  'git',
  'docs',
] as const;

export class HeavyFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- it is vitest's, and not of an array
    return heavyFirst(await super.sort(files), ({ moduleId }) => moduleId);
  }
}

/** Sorts by folders of test/; those of one folder, and of folders that are not heavy, keep their order. */
export function heavyFirst<File>(files: readonly File[], pathOf: (file: File) => string): File[] {
  const rankOf = (file: File): number => {
    const [folder] = relative(tests, pathOf(file)).split('/');
    const rank = heavyFolders.findIndex((name) => name === folder);
    return rank === -1 ? heavyFolders.length : rank;
  };
  return files.toSorted((a, b) => rankOf(a) - rankOf(b));
}
