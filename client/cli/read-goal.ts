// `--goal TEXT|FILE`: a file of that name is read, anything else is the goal itself.

import { stat } from 'node:fs/promises';
import { failure } from '../../contracts/failures.ts';
import { readUserFile } from '../read-user-file.ts';

import { maxGoalBytes } from '../start/planner-plan.ts';
const longestName = 4096;
/** One word with an extension that texts have. */
const looksLikeFile = /^\S+\.(?:md|markdown|txt|rst|adoc)$/i;

/** Throws `BadInput` for a file that cannot be read, or is too large. */
export async function readGoalOption(given: string): Promise<string> {
  if (given.includes('\n') || given.length > longestName) return given;
  const found = await stat(given).catch(() => null);
  if (found?.isDirectory() === true || (found === null && looksLikeFile.test(given)))
    throw failure('BadInput', `${given} is ${found === null ? 'no file that exists' : 'a folder'}`, {
      hint: 'Name a file with the goal, or say in a sentence what should change.',
    });
  if (found?.isFile() !== true) return given;
  const text = await readUserFile(given, maxGoalBytes);
  if (text.includes('\0') || text.includes('\uFFFD')) throw failure('BadInput', `${given} is no text in UTF-8`);
  return text;
}
