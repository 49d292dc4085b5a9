// The memory of another process on this machine, from /proc.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const mib = 1024 ** 2;

/** Resident memory in MB, the lowest of several readings: a garbage collection may come at any time. */
export async function residentMb(pid: number, { looks, everyMs }: { looks: number; everyMs: number }): Promise<number> {
  let least = Infinity;
  for (let look = 0; look < looks; look++) {
    if (look > 0) await sleep(everyMs);
    least = Math.min(least, residentBytes(pid));
  }
  return least / mib;
}

function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has no memory: it has ended`);
  return Number(kib) * 1024;
}
