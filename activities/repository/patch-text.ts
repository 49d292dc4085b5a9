// Patches as people and agents are shown them: made from git objects alone, and bounded.

import type { Sha } from '../../contracts/ids.ts';
import { escapeControls } from '../../domain/text/inert.ts';
import { failureType } from '../../contracts/failures.ts';
import { plainDiff } from '../../git/count-lines.ts';
import { runGit } from '../../git/run-git.ts';

/** A longer patch is not read. */
const mostPatchBytes = 8_000_000;

/** Of these paths; none = all. `from` and `to` are commits or trees. */
export async function patchBetween(
  state: string,
  { from, to, paths }: { readonly from: Sha; readonly to: Sha; readonly paths: readonly string[] },
): Promise<string> {
  const args = ['diff-tree', '-r', ...plainDiff, '--patch', from, to, '--', ...paths];
  try {
    const options = { maxBytes: mostPatchBytes };
    return (await runGit(state, ['--literal-pathspecs', ...args], options)).stdout.toString('utf8');
  } catch (error) {
    if (failureType(error) !== 'GitFailed') throw error;
    return '(too long to show)';
  }
}

const longestLine = 1000;

/** Whole lines, with control characters written out; only the beginning of a very long one. */
export function boundedLines(text: string, most: number): string {
  const lines = text
    .replace(/^\s*\n|\s+$/g, '')
    .split('\n')
    .map((line) => escapeControls(line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
  let length = 0;
  const fitting = lines.filter((line) => (length += line.length + 1) <= most);
  const left = lines.length - fitting.length;
  return [...fitting, ...(left > 0 ? [`[${left} more lines]`] : [])].join('\n');
}
