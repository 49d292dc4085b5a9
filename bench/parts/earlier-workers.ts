// The product of an earlier commit, taken out of the repository's history into a folder, as worker processes beside ours:
// the merge queue as it was before trains, when every unit was built, verified and landed by itself.

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The last commit whose queue landed units one by one. It takes the same messages as ours. */
export const earlierCommit = '357aca0';
const root = join(import.meta.dirname, '..', '..');

/** Why the code cannot be had; null = it can. */
export function lacksEarlier(): string | null {
  try {
    execFileSync('git', ['-C', root, 'cat-file', '-e', `${earlierCommit}^{commit}`], { stdio: 'ignore' });
    return null;
  } catch {
    return `the repository's history has no commit ${earlierCommit} (a clone with all of it has)`;
  }
}

/** The program that was `coppice` then. It uses the packages that are installed here. */
export function unpackEarlier(folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync('git', ['-C', root, 'archive', earlierCommit], { maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return [process.execPath, join(folder, 'client', 'cli', 'main.ts')];
}
