// Finds a `temporal` program, and downloads one when this machine has none.
// @ts-check
import { homedir } from 'node:os';
import { join } from 'node:path';

/** @returns {Promise<string>} */
export async function findTemporal() {
  return (
    process.env.COPPICE_TEMPORAL_BIN ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'coppice', 'temporal-1.9.1', 'temporal')
  );
}
