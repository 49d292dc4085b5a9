// `--goal TEXT|FILE`: a file of that name is read, anything else is the goal itself.

import { stat } from 'node:fs/promises';
import { readUserFile } from '../read-user-file.ts';

const maxGoalBytes = 256 * 1024;
const longestName = 4096;

/** Throws `BadInput` for a file that cannot be read, or is too large. */
export async function readGoalOption(given: string): Promise<string> {
  if (given.includes('\n') || given.length > longestName) return given;
  const isFile = await stat(given).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile ? readUserFile(given, maxGoalBytes) : given;
}
