// Reads bubblewrap's reports about itself (`--json-status-fd`), and with them makes sure of two things: that the
// command really ran, and that nothing of its tree is still alive. Reports go to unnamed files: a pipe whose reader
// died would kill bubblewrap half-way and leave its child waiting forever.

import type { ChildProcess } from 'node:child_process';
import { closeSync, readFileSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { killProcess } from '../../git/processes.ts';

/**
 * Longest waits: for a report before a kill, and for the kernel to finish the kill (a process may hang in slow I/O).
 */
const REPORT_MS = 1000;
const GONE_MS = 10_000;

export class StatusReport {
  private readonly sandbox: number;
  private readonly outermost: number;

  /**
   * Descriptors of the report files: the sandbox's own, and the outermost bubblewrap's (the same if there is one
   * layer).
   */
  constructor(sandbox: number, outermost: number) {
    this.sandbox = sandbox;
    this.outermost = outermost;
  }

  /** The command's exit code; undefined if it never ran. */
  exitCode(): number | undefined {
    return readReport(this.sandbox)['exit-code'];
  }

  /**
   * Kills the whole tree. Bubblewrap's child asks to die with its parent only after it has started, so we wait for the
   * child and kill it by its own id too.
   */
  async kill(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + REPORT_MS;
    while (isUnfinished(child) && this.firstProcess() === undefined && performance.now() < deadline) await delay(1);
    if (!isUnfinished(child)) return;
    const first = this.firstProcess();
    if (first !== undefined) killProcess(first);
    child.kill('SIGKILL');
  }

  /** A namespace's first process becomes a zombie only after the kernel has reaped everything in it. */
  async treeGone(): Promise<void> {
    const first = this.firstProcess();
    if (first === undefined) return;
    for (const deadline = performance.now() + GONE_MS; isRunning(first) && performance.now() < deadline;)
      await delay(1);
  }

  close(): void {
    for (const fd of new Set([this.sandbox, this.outermost])) closeSync(fd);
  }

  /** First process of the outermost namespace, as the worker sees it: when it is gone, all others are too. */
  private firstProcess(): number | undefined {
    return readReport(this.outermost)['child-pid'];
  }
}

interface Report {
  readonly 'child-pid'?: number;
  readonly 'exit-code'?: number;
}

/** All complete lines of a report in one object; their keys are distinct. */
function readReport(fd: number): Report {
  const buffer = Buffer.alloc(4096);
  const text = buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0));
  const lines = text.split('\n').slice(0, -1);
  return Object.assign({}, ...lines.map((line) => JSON.parse(line) as Report)) as Report;
}

function isUnfinished(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}
