// The repository of the folder that a command is run in.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { failure } from '../../contracts/failures.ts';

/**
 * The URL of `origin`. Throws `BadInput` outside a repository, or in one without an origin. `hint`: how to name a
 * repository in place of it.
 */
export async function originHere(
  hint = 'Run the command in your clone, or name the repository with --repo.',
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', ['remote', 'get-url', 'origin']);
    return stdout.trim();
  } catch (cause) {
    throw failure('BadInput', 'this folder is in no git repository with an origin', {
      cause,
      hint,
    });
  }
}
