// What a verification does at the moment: told with heartbeats, and in the verdict when its time is over. The clock starts
// when it is made, on the host: waiting for a slot costs nothing.

import type { Sandbox } from '../../sandbox/contract.ts';
import type { Verdict } from '../../../contracts/activities/verification.ts';
import { OutputCollector } from '../../../git/collect-output.ts';
import { readableOutput } from '../../sandbox/readable-output.ts';

/** Bytes of output in a verdict, and of what a command printed to make it from. */
const outputBytes = 8 * 1024;
const keptBytes = 4 * outputBytes;
/** A longer timer would end at once. */
const longestMs = 2 ** 31 - 1;

interface Told {
  readonly say: (doing: string) => void;
  readonly sawOutput: () => void;
}

export class VerificationWatch {
  private readonly told: Told;
  private readonly timeoutSeconds: number;
  private readonly clock = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private command = 'setup';
  private output = new OutputCollector(keptBytes);
  /** Aborts when the verification is cancelled, or overdue. */
  readonly signal: AbortSignal;

  constructor(told: Told, { cancelled, timeoutSeconds }: { cancelled: AbortSignal; timeoutSeconds: number }) {
    this.told = told;
    this.timeoutSeconds = timeoutSeconds;
    this.timer = setTimeout(() => this.clock.abort(), Math.min(longestMs, timeoutSeconds * 1000));
    this.signal = AbortSignal.any([cancelled, this.clock.signal]);
  }

  get isOverdue(): boolean {
    return this.clock.signal.aborted;
  }

  /** A check begins; before the first one, it is the setup's turn. */
  begin(command: string): void {
    this.command = command;
    this.output = new OutputCollector(keptBytes);
  }

  readonly onStart = (doing: string): void => this.told.say(doing);

  readonly onOutput = (chunk: Uint8Array): void => {
    this.output.add(chunk);
    this.told.sawOutput();
  };

  /** The verdict when the time is over, with what the command has printed until then. */
  overdue(sandbox: Sandbox): Verdict {
    const output = readableOutput(sandbox, this.output.finish(), outputBytes - 200).trimEnd();
    const end = `[the whole verification took longer than ${this.timeoutSeconds} s, which is \`queue.timeout\`]`;
    return { status: 'overdue', command: this.command, output: `${output}\n${end}`.trimStart() };
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
