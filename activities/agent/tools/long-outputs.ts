// The whole output of commands that print more than a model is shown, as files that the agent can read in its sandbox
// and nobody can write there. They stay on this host and end with the slice.

import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Where they are inside the sandbox. */
export const outputsFolder = '/run/coppice-output';
/** Bytes of one file; and of all files of a slice. */
const largest = 20_000_000;
const all = 100_000_000;

export interface OutputRecorder {
  add(chunk: Uint8Array): void;
  /** The path inside the sandbox; null when the output was not longer than `shown` bytes, or there is no room. */
  finish(): string | null;
}

export class LongOutputs {
  private readonly folder: string;
  private count = 0;
  private written = 0;

  /** `folder` is the worker's own. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** `shown`: bytes that the model sees anyway. */
  record(shown: number): OutputRecorder {
    let early: Uint8Array[] = [];
    let size = 0;
    let file: { readonly name: string; readonly fd: number } | null = null;
    let failed = false;
    const write = (chunk: Uint8Array): void => {
      const room = Math.min(largest - size, all - this.written);
      const kept = chunk.subarray(0, Math.max(0, room));
      if (file !== null && kept.length > 0) writeSync(file.fd, kept);
      this.written += kept.length;
      size += chunk.length;
    };
    /** A courtesy: a full disk, or a worker without descriptors, must not end anything. */
    const attempt = (work: () => void): void => {
      if (failed) return;
      try {
        work();
      } catch {
        failed = true;
      }
    };
    return {
      add: (chunk) => {
        if (failed) return;
        if (file !== null) return attempt(() => write(chunk));
        early.push(Buffer.from(chunk));
        const seen = early.reduce((sum, { length }) => sum + length, 0);
        if (seen <= shown || this.written >= all) {
          // Nothing is kept in memory of an output that will have no file.
          if (seen > shown) early = [];
          return;
        }
        const begun = early;
        early = [];
        attempt(() => {
          file = this.open();
          for (const part of begun) write(part);
        });
      },
      finish: () => {
        if (file === null) return null;
        closeSync(file.fd);
        return failed ? null : `${outputsFolder}/${file.name}`;
      },
    };
  }

  private open(): { name: string; fd: number } {
    const name = `${(this.count += 1)}.txt`;
    return { name, fd: openSync(join(this.folder, name), 'wx', 0o644) };
  }
}
