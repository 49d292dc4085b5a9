// Whole outputs of commands that print more than the model is shown, as files that can be read, but not written, in the
// sandbox. They stay on this host and are removed with the slice.

import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Their folder inside the sandbox. */
export const outputsFolder = '/run/coppice-output';
/** Maximum bytes of one file, and of all files of a slice. */
const largest = 20_000_000;
const all = 100_000_000;

export interface OutputRecorder {
  add(chunk: Uint8Array): void;
  /** Returns the path inside the sandbox; null if the output was at most `shown` bytes, or there is no room. */
  finish(): string | null;
}

export class LongOutputs {
  private readonly folder: string;
  private count = 0;
  private written = 0;

  /** `folder` belongs to the worker. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Shows a text of ours as a file. */
  put(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text, { mode: 0o644 });
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
    /** These files are a courtesy: a full disk, or a lack of descriptors, must not end the command. */
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
          // Do not buffer an output that will have no file.
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
