// The record that a running `coppice dev` keeps in its home for other commands: the addresses of Temporal and of its
// Web UI, and the state remote. If the process is gone, its record counts as absent.

import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { codecOf } from '../formats/state-documents/codec.ts';
import { isAlive } from '../git/processes.ts';

export interface DevRecord {
  readonly pid: number;
  readonly temporalAddress: string;
  readonly stateRemote: string;
  /** The Web UI's address; absent = an earlier release. */
  readonly ui?: string;
}

const devRecord = codecOf<DevRecord>()({
  name: 'dev.json',
  version: 1,
  since: '0.1.0',
  schema: z.object({
    pid: z.number(),
    temporalAddress: z.string(),
    stateRemote: z.string(),
    ui: z.string().optional(),
  }),
});

export async function readDevRecord(home: string): Promise<DevRecord | null> {
  try {
    const record = devRecord.read(await readFile(path(home), 'utf8'));
    return isAlive(record.pid) ? record : null;
  } catch {
    return null;
  }
}

export async function writeDevRecord(home: string, record: DevRecord): Promise<void> {
  await writeFile(`${path(home)}.new`, devRecord.write(record));
  await rename(`${path(home)}.new`, path(home));
}

export async function removeDevRecord(home: string): Promise<void> {
  await rm(path(home), { force: true });
}

function path(home: string): string {
  return join(home, 'dev.json');
}
