// What a running `coppice dev` leaves in its home for the commands beside it: where Temporal serves, and its state
// remote. The record of a process that is gone counts as absent.

import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const devRecord = z.object({
  pid: z.number(),
  temporalAddress: z.string(),
  uiAddress: z.string(),
  stateRemote: z.string(),
});

export type DevRecord = z.infer<typeof devRecord>;

export async function readDevRecord(home: string): Promise<DevRecord | null> {
  try {
    const record = devRecord.parse(JSON.parse(await readFile(path(home), 'utf8')));
    process.kill(record.pid, 0);
    return record;
  } catch {
    return null;
  }
}

export async function writeDevRecord(home: string, record: DevRecord): Promise<void> {
  await writeFile(`${path(home)}.new`, JSON.stringify(record));
  await rename(`${path(home)}.new`, path(home));
}

export async function removeDevRecord(home: string): Promise<void> {
  await rm(path(home), { force: true });
}

function path(home: string): string {
  return join(home, 'dev.json');
}
