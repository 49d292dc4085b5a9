// What bubblewrap reports about itself (`--json-status-fd`), and with it the two things a driver must be sure of: that
// the command really ran, and that nothing of its tree is alive any more.

import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** Descriptors of the child: its options, where the two bubblewraps report, and the gate before the command. */
export const childFds = { options: 3, status: 4, gate: 5, stageStatus: 6 };
/** Longest waits for a report before a kill, and for the kernel to finish one (a process may hang in slow I/O). */
const REPORT_MS = 1000;
const GONE_MS = 10_000;

export class StatusReader {
  /** The command's exit code; undefined when it never ran. */
  exitCode: number | undefined;
  /** First process of the outermost namespace, as the worker sees it: when it is gone, all of them are. */
  #firstProcess: number | undefined;
  #ended = false;
  readonly #reported = Promise.withResolvers<void>();
  #allRead: Promise<unknown> = Promise.resolve();

  watch(child: ChildProcess, staged: boolean): void {
    child.once('exit', () => {
      this.#ended = true;
      this.#reported.resolve();
    });
    const inner = readLines(streamOf(child, childFds.status), (report) => {
      this.exitCode ??= report['exit-code'];
      if (!staged) this.#started(report['child-pid']);
    });
    const outer = staged
      ? readLines(streamOf(child, childFds.stageStatus), (report) => this.#started(report['child-pid']))
      : undefined;
    this.#allRead = Promise.all([inner, outer]);
  }

  #started(pid: number | undefined): void {
    if (pid === undefined) return;
    this.#firstProcess = pid;
    this.#reported.resolve();
  }

  /**
   * Kills the whole tree. Bubblewrap's child asks to die with its parent only after it has started, so the child is
   * waited for and killed by its own id too.
   */
  async kill(child: ChildProcess): Promise<void> {
    await Promise.race([this.#reported.promise, delay(REPORT_MS)]);
    if (this.#ended) return;
    if (this.#firstProcess !== undefined) killIfThere(this.#firstProcess);
    child.kill('SIGKILL');
  }

  /** A namespace's first process becomes a zombie only after the kernel has reaped everything in it. */
  async treeGone(): Promise<void> {
    await this.#allRead;
    const deadline = performance.now() + GONE_MS;
    while (this.#firstProcess !== undefined && isRunning(this.#firstProcess) && performance.now() < deadline) {
      await delay(1);
    }
  }
}

interface Report {
  readonly 'child-pid'?: number;
  readonly 'exit-code'?: number;
}

/** Node types only the first five descriptors of a child. */
export function streamOf(child: ChildProcess, fd: number): Duplex {
  return (child.stdio as readonly unknown[])[fd] as Duplex;
}

function readLines(stream: Duplex, onReport: (report: Report) => void): Promise<void> {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onReport(JSON.parse(line) as Report);
  });
  return new Promise((resolve) => {
    stream.once('close', resolve);
    stream.once('error', () => stream.destroy());
  });
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}
