// A host for sandbox tests: COPPICE_HOME below a folder that only its owner can enter, like /root, a worktree in it,
// and shortcuts to run a shell line.

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Sandbox, SandboxCommand, SandboxLimits } from '../../activities/sandbox/contract.ts';
import { openSandbox, type SandboxPolicy } from '../../activities/sandbox/open-sandbox.ts';

export interface TestHost {
  readonly home: string;
  readonly worktree: string;
  readonly sandbox: Sandbox;
  readonly warnings: string[];
  readonly shell: (line: string, more?: Partial<SandboxCommand>) => Promise<ShellResult>;
  readonly remove: () => void;
}

export interface ShellResult {
  /** What the result says beside the output: `exited 0`, `killed SIGKILL`, `timed-out`, `cancelled`. */
  readonly end: string;
  readonly text: string;
  readonly size: number;
  readonly seconds: number;
}

export const limits: SandboxLimits = { timeoutSeconds: 20, memoryMb: 1024, outputBytes: 64 * 1024 };

export async function makeHost(policy: Partial<SandboxPolicy> = {}): Promise<TestHost> {
  const closed = mkdtempSync(path.join(tmpdir(), 'coppice-sandbox-'));
  const home = path.join(closed, 'home');
  const worktree = path.join(home, 'worktree');
  mkdirSync(worktree, { recursive: true });
  const warnings: string[] = [];
  const log = { warn: (message: string) => void warnings.push(message) };
  const sandbox = await openSandbox({
    driver: 'bwrap',
    home,
    toolchains: [],
    envAllowed: [],
    networkAllowed: 'setup',
    secrets: [],
    log,
    ...policy,
  });
  await sandbox.giveTo(worktree);
  const shell: TestHost['shell'] = async (line, more = {}) => {
    const mounts = [
      { type: 'bind', source: worktree, target: '/work', writable: true } as const,
      ...(more.mounts ?? []),
    ];
    const result = await sandbox.run({ argv: ['bash', '-c', line], limits, ...more, mounts });
    const detail =
      result.status === 'exited' ? ` ${result.exitCode}` : result.status === 'killed' ? ` ${result.signal}` : '';
    const text = Buffer.from(result.output).toString();
    return { end: result.status + detail, text, size: result.outputSize, seconds: result.seconds };
  };
  return { home, worktree, sandbox, warnings, shell, remove: () => rmSync(closed, { recursive: true, force: true }) };
}

/** Processes of the whole machine whose command line contains `mark`, this one excepted. */
export function processesWith(mark: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && commandLine(pid).includes(mark));
}

/** Waits until no process of the machine has `mark` in its command line; false when some still do after 10 s. */
export async function allGone(mark: string): Promise<boolean> {
  // One that turns into another program just now has no command line for a moment.
  for (let tries = 0, missed = 0; tries < 500; tries++) {
    missed = processesWith(mark).length === 0 ? missed + 1 : 0;
    if (missed === 5) return true;
    await pause(20);
  }
  return false;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Real, effective, saved and file-system uid of a process, as the host sees them. */
export function uidsOf(pid: number): number[] {
  const line = /^Uid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  return line.split(/\s+/).map(Number);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
