// Whether commands of a plan could run in a worktree of the target: their syntax, the program that they begin with, and the
// script of package.json that they name. Nothing of them is run.

import type { SessionPlace } from '../drivers/contract.ts';
import { readableOutput } from '../../sandbox/readable-output.ts';

interface TryPlace extends Omit<SessionPlace, 'folder'> {
  readonly signal: AbortSignal;
  /** The text of the target's package.json; null if it has none. */
  readonly packageText: string | null;
}

/** Why, for each that could not. */
export async function tryCommands(place: TryPlace, commands: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const failing = new Map<string, string>();
  for (const command of commands) {
    const why = missingScript(command, place.packageText) ?? (await tryCommand(place, command));
    if (why !== null) failing.set(command, why);
  }
  return failing;
}

/** `$1`: the command, `$2`: the program that it begins with, or nothing. */
const script = `sh -n -c "$1" 2>&1 || exit 3
[ -z "$2" ] || command -v -- "$2" > /dev/null || exit 4`;
const timeoutSeconds = 20;

async function tryCommand(place: TryPlace, command: string): Promise<string | null> {
  const program = /^\s*(?:\w+=\S*\s+)*([\w./@+-]+)/.exec(command)?.[1] ?? '';
  const { sandbox, mounts, env, signal, limits } = place;
  const result = await sandbox.run({
    argv: ['sh', '-c', script, 'sh', command, program],
    mounts,
    env,
    network: false,
    limits: { ...limits, timeoutSeconds, outputBytes: 2000 },
    signal,
  });
  if (result.status !== 'exited') return null;
  if (result.exitCode === 4) return `there is no ${program}`;
  if (result.exitCode !== 3) return null;
  const said = readableOutput(sandbox, result.output, 300).trim().split('\n').at(-1) ?? '';
  return `the shell cannot read it (${said})`;
}

/** `npm test` and `npm run NAME`, and the same of pnpm, Yarn and Bun. */
const namesScript = /^\s*(npm|pnpm|yarn|bun)\s+(?:(test)\b|run(?:-script)?\s+([\w:.-]+))/;

function missingScript(command: string, packageText: string | null): string | null {
  const [, manager = '', test, run] = namesScript.exec(command) ?? [];
  const name = test ?? run;
  // Bun has a test runner of its own.
  if (name === undefined || (manager === 'bun' && test !== undefined)) return null;
  if (packageText === null) return `there is no package.json for ${manager}`;
  const scripts = scriptsOf(packageText);
  return scripts === null || name in scripts ? null : `package.json has no script ${name}`;
}

function scriptsOf(text: string): object | null {
  try {
    const read: unknown = JSON.parse(text);
    const { scripts = {} } = (typeof read === 'object' && read !== null ? read : {}) as { scripts?: unknown };
    return typeof scripts === 'object' && scripts !== null ? scripts : null;
  } catch {
    return null;
  }
}
