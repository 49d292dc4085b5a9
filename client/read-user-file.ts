// Reads a file that a user named. Throws a named failure if it is missing, too large for its kind, or not a file. A
// device or a FIFO would be read for ever, so the type is checked before anything is read. A pipe made by the shell,
// `<(…)` or /dev/stdin, is a FIFO too: save its text in a file first.

import { codeOf } from '../domain/errors.ts';
import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { failure } from '../contracts/failures.ts';
import { fileProblem } from './file-problem.ts';

export async function readUserFile(path: string, maxBytes: number): Promise<string> {
  const file = await openFile(path);
  try {
    const stats = await file.stat({ bigint: true });
    if (!stats.isFile()) throw noFile(path, kindOf(stats));
    return await readBounded(file, path, maxBytes);
  } finally {
    await file.close();
  }
}

/** Opens without waiting: a plain open of a FIFO without a writer would hang. */
async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (cause) {
    // A socket cannot be opened at all.
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENXIO') throw noFile(path, 'a socket or a device');
    throw unreadable(path, cause);
  }
}

/** Reads at most one byte more than `maxBytes`, so that a file that grows meanwhile does not fill the memory. */
async function readBounded(file: FileHandle, path: string, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(chunkBytes) }).catch((cause: unknown) => {
      throw unreadable(path, cause);
    });
    if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8');
    chunks.push(buffer.subarray(0, bytesRead));
    size += bytesRead;
    if (size > maxBytes) throw failure('BadInput', `${path} is larger than ${maxBytes} bytes`);
  }
}

const chunkBytes = 256 * 1024;

function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

function noFile(path: string, kind: string): Error {
  return failure('BadInput', `${path} is ${kind}, not a file`);
}

function unreadable(path: string, cause: unknown): Error {
  const isMissing = ['ENOENT', 'ENOTDIR'].includes(String(codeOf(cause)));
  return failure('BadInput', `cannot read ${path}: ${fileProblem(cause)}`, {
    cause,
    ...(isMissing ? { hint: 'Check its path, from the folder you are in.' } : {}),
  });
}
