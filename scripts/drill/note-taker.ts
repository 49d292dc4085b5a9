// The scripted agent of `npm run drill:hosts`: writes one line per turn into its unit's file, and in each turn first
// adds lines that an interrupted turn may have missed. Remembers every request.

import type { ReplyFunction } from '../../test/fakes/model-server.ts';

export interface Asked {
  readonly unit: string;
  /** The host that the request's key belongs to. */
  readonly host: string;
  /** Counts from 0. */
  readonly turn: number;
  readonly at: number;
}

const thinkingMs = 400;

/** Each host has its own key, so that the model knows which host asks. */
export function keyOf(host: string): string {
  return `key-of-${host}`;
}

function hostOf(key: string): string {
  return key.replace('key-of-', '');
}

export class NoteTaker {
  readonly asked: Asked[] = [];
  /** The last conversation of each unit, as sent. */
  private readonly last = new Map<string, string>();
  private readonly turns: number;

  /** The tool's name in our own loop, and in Claude Code. */
  private readonly shell: 'bash' | 'Bash';

  constructor(turns: number, shell: 'bash' | 'Bash') {
    this.turns = turns;
    this.shell = shell;
  }

  readonly reply: ReplyFunction = ({ user, turn, key, messages }) => {
    const unit = user.split('/').at(-1) ?? '';
    this.last.set(unit, JSON.stringify(messages));
    this.asked.push({ unit, host: hostOf(key), turn, at: performance.now() });
    // If the outcome of the last command is unknown, the agent checks before it ends.
    const news = messages.slice(messages.findLastIndex(({ role }) => role === 'assistant'));
    const isUnsure = JSON.stringify(news).includes('interrupted, outcome unknown');
    if (turn >= this.turns && !isUnsure) return { text: 'Done.' };
    const file = `notes/${unit}.txt`;
    const lines = Array.from({ length: Math.min(turn + 1, this.turns) }, (_, n) => n).join(' ');
    const command = `mkdir -p notes; for n in ${lines}; do grep -qx $n ${file} || echo $n >> ${file}; sleep 0.1; done`;
    return { delayMs: thinkingMs, tools: [{ name: this.shell, input: { command } }] };
  };

  /** Content of a unit's file if nothing was lost and nothing was done twice. */
  notes(): string {
    return Array.from({ length: this.turns }, (_, n) => `${n}\n`).join('');
  }

  /** How often a text occurs in the unit's conversation. */
  heard(unit: string, text: string): number {
    return (this.last.get(unit) ?? '').split(text).length - 1;
  }

  /** Number of a unit's requests that repeated a turn. */
  repeated(unit: string): number {
    const turns = this.asked.filter((each) => each.unit === unit).map(({ turn }) => turn);
    return turns.length - new Set(turns).size;
  }

  /** True if the unit's session was on the host when it was killed, according to the model's requests. */
  wasHit(unit: string, { host, at }: { readonly host: string; readonly at: number }): boolean {
    return this.asked.findLast((each) => each.unit === unit && each.at <= at)?.host === host;
  }

  /** Milliseconds from `at` to the next request of the unit's session; null if there was none. */
  resumedAfter(unit: string, at: number): number | null {
    const next = this.asked.find((each) => each.unit === unit && each.at > at);
    return next === undefined ? null : next.at - at;
  }
}
