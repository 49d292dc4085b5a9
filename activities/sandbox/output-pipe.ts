// Real pipes for a command's output. Node gives children sockets, which cannot be reopened as /dev/stdout, and cannot
// give both streams the same pipe, which would lose the order of arrival. Named pipes are made in batches and unlinked
// as soon as they are open, so that nothing stays behind.

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

import { isAlive } from '../../git/processes.ts';

const BATCH = 16;
const run = promisify(execFile);

export interface OutputPipe {
  /** Descriptor for the child; close it once the child has it. */
  readonly writeEnd: number;
  readonly reader: Socket;
}

export class PipeFolder {
  private readonly folder: string;
  private readonly ready: string[] = [];
  private making: Promise<void> | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Creates this process's folder below `parent` and removes those of dead processes. */
  static async in(parent: string): Promise<PipeFolder> {
    for (const name of await readdir(parent)) {
      const pid = /^pipes-(\d+)-/.exec(name)?.[1];
      if (pid !== undefined && !isAlive(Number(pid)))
        await rm(path.join(parent, name), { recursive: true, force: true });
    }
    return new PipeFolder(await mkdtemp(path.join(parent, `pipes-${process.pid}-`)));
  }

  async openPipe(): Promise<OutputPipe> {
    const name = await this.take();
    const readEnd = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
    const reader = new Socket({ fd: readEnd, readable: true, writable: false });
    const writeEnd = openSync(name, constants.O_WRONLY);
    unlinkSync(name);
    return { writeEnd, reader };
  }

  /** Descriptor of an unnamed file, positioned at its start: stdin without a feeder, or a report without a reader. */
  openFile(content: string | Uint8Array): number {
    const name = path.join(this.folder, `file-${randomUUID()}`);
    writeFileSync(name, content, { mode: 0o644 });
    const file = openSync(name, 'r+');
    unlinkSync(name);
    return file;
  }

  private async take(): Promise<string> {
    for (;;) {
      const name = this.ready.pop();
      if (name !== undefined) return name;
      this.making ??= this.makeBatch().finally(() => (this.making = undefined));
      await this.making;
    }
  }

  private async makeBatch(): Promise<void> {
    const names = Array.from({ length: BATCH }, () => path.join(this.folder, randomUUID()));
    await run('mkfifo', names);
    // Other users open /dev/stdout through /proc, where only the pipe's own mode counts.
    for (const name of names) await chmod(name, 0o622);
    this.ready.push(...names);
  }
}
