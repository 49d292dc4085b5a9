// Resource limits of one command, as arguments for prlimit(1). It runs *inside* the sandbox, because process counts are
// then kept per user namespace, so that two sessions with the same uid do not starve each other (Linux 5.14 and later).

import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

import type { SandboxLimits } from './contract.ts';

const MIB = 1024 * 1024;
const defaults = { processes: 1024, fileMb: 4096, openFiles: 8192 };

/** The worker's hard limits; a limit can be lowered from there, but not raised. */
export interface HardLimits {
  readonly processes: number;
  readonly fileBytes: number;
  readonly openFiles: number;
  readonly dataBytes: number;
}

export function prlimitArguments(limits: SandboxLimits, hard: HardLimits): string[] {
  return [
    `--nproc=${Math.min(limits.processes ?? defaults.processes, hard.processes)}`,
    `--fsize=${Math.min((limits.fileMb ?? defaults.fileMb) * MIB, hard.fileBytes)}`,
    `--nofile=${Math.min(defaults.openFiles, hard.openFiles)}`,
    // Not the address space: V8 reserves far more than it uses.
    ...(limitsMapping(limits) ? [`--data=${Math.min((limits.memoryMb ?? 0) * MIB, hard.dataBytes)}`] : []),
    '--core=0',
  ];
}

/** False if a process may map as much as it likes: more than the machine has limits nothing but reservations. */
export function limitsMapping({ memoryMb }: Pick<SandboxLimits, 'memoryMb'>): boolean {
  return memoryMb !== null && memoryMb * MIB <= totalmem();
}

/** Bytes of each in-memory file system; together they are at most the command's memory. */
export function tmpfsBytes(limits: SandboxLimits): { tmp: number; other: number } {
  const bytes = limitsMapping(limits) ? (limits.memoryMb ?? 0) * MIB : totalmem() / 2;
  const quarter = Math.max(1, Math.floor(bytes / 4));
  return { tmp: quarter * 2, other: quarter };
}

export function readHardLimits(table = readFileSync('/proc/self/limits', 'utf8')): HardLimits {
  const hard = (name: string) => {
    const value = new RegExp(`^${name}\\s+\\S+\\s+(\\S+)`, 'm').exec(table)?.[1];
    return value === undefined || value === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(value);
  };
  return {
    processes: hard('Max processes'),
    fileBytes: hard('Max file size'),
    openFiles: hard('Max open files'),
    dataBytes: hard('Max data size'),
  };
}
