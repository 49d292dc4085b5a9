// The scripted agent of `npm run drill:hosts`: it writes one line a turn into its unit's file, and each turn first makes up
// for what an interrupted one may have left out. Remembers when it was asked for what.

import type { ReplyFunction } from '../../test/fakes/model-server.ts';

export interface Asked {
  readonly unit: string;
  /** Whose key it was. */
  readonly host: string;
  /** From 0. */
  readonly turn: number;
  readonly at: number;
}

const thinkingMs = 400;

/** Each host has one of its own, so that the model knows which host asks. */
export function keyOf(host: string): string {
  return `key-of-${host}`;
}

function hostOf(key: string): string {
  return key.replace('key-of-', '');
}

export class NoteTaker {
  readonly asked: Asked[] = [];
  /** The last conversation of each unit, as it was sent. */
  private readonly last = new Map<string, string>();
  private readonly turns: number;

  /** As our own loop and as Claude Code know it. */
  private readonly shell: 'bash' | 'Bash';

  constructor(turns: number, shell: 'bash' | 'Bash') {
    this.turns = turns;
    this.shell = shell;
  }

  readonly reply: ReplyFunction = ({ user, turn, key, messages }) => {
    const unit = user.split('/').at(-1) ?? '';
    this.last.set(unit, JSON.stringify(messages));
    this.asked.push({ unit, host: hostOf(key), turn, at: performance.now() });
    // Those who are told that the outcome of the last command is not known looks before it ends.
    const news = messages.slice(messages.findLastIndex(({ role }) => role === 'assistant'));
    const isUnsure = JSON.stringify(news).includes('interrupted, outcome unknown');
    if (turn >= this.turns && !isUnsure) return { text: 'Done.' };
    const file = `notes/${unit}.txt`;
    const lines = Array.from({ length: Math.min(turn + 1, this.turns) }, (_, n) => n).join(' ');
    const command = `mkdir -p notes; for n in ${lines}; do grep -qx $n ${file} || echo $n >> ${file}; sleep 0.1; done`;
    return { delayMs: thinkingMs, tools: [{ name: this.shell, input: { command } }] };
  };

  /** What the file of a unit is when nothing was lost and nothing was done twice. */
  notes(): string {
    return Array.from({ length: this.turns }, (_, n) => `${n}\n`).join('');
  }

  /** How often a text is in the unit's conversation. */
  heard(unit: string, text: string): number {
    return (this.last.get(unit) ?? '').split(text).length - 1;
  }

  /** Turns of a unit for which the model was asked again, each counted as often. */
  repeated(unit: string): number {
    const turns = this.asked.filter((each) => each.unit === unit).map(({ turn }) => turn);
    return turns.length - new Set(turns).size;
  }

  /** Whether the unit's session was there when the host was killed, as far as the model knows. */
  wasHit(unit: string, { host, at }: { readonly host: string; readonly at: number }): boolean {
    return this.asked.findLast((each) => each.unit === unit && each.at <= at)?.host === host;
  }

  /** Milliseconds from `at` until the unit's session asked again; null when it never did. */
  resumedAfter(unit: string, at: number): number | null {
    const next = this.asked.find((each) => each.unit === unit && each.at > at);
    return next === undefined ? null : next.at - at;
  }
}
