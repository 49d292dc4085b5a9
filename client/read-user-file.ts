// Reads a file that a user named. Throws a named failure for one that is missing or larger than anything of its kind,
// before it is in memory.

import { readFile, stat } from 'node:fs/promises';
import { failure } from '../domain/failures.ts';

export async function readUserFile(path: string, maxBytes: number): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= maxBytes) return await readFile(path, 'utf8');
  } catch (cause) {
    throw failure('BadInput', `cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  throw failure('BadInput', `${path} is larger than ${maxBytes} bytes`);
}
