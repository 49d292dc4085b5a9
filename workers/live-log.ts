// A command's output, line by line while it runs: safe text without the host's secrets. A line is shown only when it is
// complete, because part of a secret would not be recognised.

import type { Sandbox } from '../activities/sandbox/contract.ts';
import { readableOutput } from '../activities/sandbox/readable-output.ts';

/** An endless line is shown in pieces of this size. */
const longest = 64 * 1024;
const newline = 0x0a;

export class LiveLog {
  private readonly sandbox: Pick<Sandbox, 'redact'>;
  private readonly print: (line: string) => void;
  private rest = Buffer.alloc(0);

  constructor(sandbox: Pick<Sandbox, 'redact'>, print: (line: string) => void) {
    this.sandbox = sandbox;
    this.print = print;
  }

  begin(command: string): void {
    this.print(`$ ${command}`);
  }

  add(chunk: Uint8Array): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    const end = this.rest.length > longest ? this.rest.length : this.rest.lastIndexOf(newline) + 1;
    if (end === 0) return;
    this.show(this.rest.subarray(0, end));
    this.rest = this.rest.subarray(end);
  }

  /** `log` is the whole log of the command; its last line says how it ended. */
  end(log: string): void {
    if (this.rest.length > 0) this.show(this.rest);
    this.rest = Buffer.alloc(0);
    this.print(log.trimEnd().split('\n').at(-1) ?? '');
  }

  private show(bytes: Uint8Array): void {
    const text = readableOutput(this.sandbox, bytes, Number.POSITIVE_INFINITY);
    for (const line of text.replace(/\n$/, '').split('\n')) this.print(line);
  }
}
