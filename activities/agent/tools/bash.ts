// The `bash` tool: each call is a fresh shell in a fresh sandbox. A folder of the session carries over the working
// directory and exported variables. All processes of a call end with it.

import type { ToolPlace } from './place.ts';
import type { SandboxResult } from '../../sandbox/contract.ts';
import type { OutputRecorder } from './long-outputs.ts';
import type { ToolOutcome } from '../drivers/contract.ts';
import { tool } from './tool.ts';
import { z } from 'zod';
import { readableOutput } from '../../sandbox/readable-output.ts';
import { shellFolder } from '../session/session-folder.ts';

/** Bytes of one call's output that the model sees. */
const outputBytes = 30_000;

/** The command is passed on stdin, so that its length has no limit; its own stdin is empty. */
const script = `
state=$1
trap 'export -p > "$state/env"; pwd > "$state/cwd"' EXIT
[ -f "$state/env" ] && . "$state/env"
[ ! -f "$state/cwd" ] || cd -- "$(cat "$state/cwd")" || exit
command=$(cat)
[ -z "$2" ] || set -u
eval "$command" < /dev/null
`;

const forget = 'rm -rf -- "$1"/env "$1"/cwd';

const input = z.object({ command: z.string().max(10_000_000).optional(), restart: z.boolean().optional() });

export const bash = tool({
  name: 'bash',
  description: 'Runs a command in a shell of the sandbox.',
  input,
  builtIn: 'bash_20250124',
  run: runBash,
});

async function runBash(place: ToolPlace, { command, restart }: z.infer<typeof input>): Promise<ToolOutcome> {
  if (restart === true) {
    await runShell(place, forget, '');
    if (command === undefined) return { output: 'The shell was restarted.', isError: false, exitCode: null };
  }
  if (command === undefined) return { output: 'command is required', isError: true, exitCode: null };
  const recorder = place.outputs.record(outputBytes);
  const result = await runShell(place, script, command, recorder);
  const whole = recorder.finish();
  const output = readableOutput(place.sandbox, result.output, outputBytes);
  const kept =
    whole === null ? '' : `[all ${result.outputSize} bytes are in ${whole}, as long as this session stays on its host]`;
  const ending = describeEnding(result, place.limits.timeoutSeconds);
  const exitCode = result.status === 'exited' ? result.exitCode : null;
  return {
    output: [output.trimEnd(), kept, ending].filter((part) => part !== '').join('\n') || '(no output)',
    isError: exitCode !== 0,
    exitCode,
  };
}

/** Where the next command begins. */
export async function shellDirectory(place: ToolPlace): Promise<string> {
  const { output } = await runShell(place, readDirectory, '');
  return new TextDecoder().decode(output).slice(0, longestPath) || atTop;
}

/** Lets the next command begin there. False if it is not there: then it begins where it would have begun. */
export async function enterDirectory(place: ToolPlace, directory: string): Promise<boolean> {
  const result = await runShell(place, writeDirectory, directory);
  return result.status === 'exited' && result.exitCode === 0;
}

/** In the sandbox, because the shell's folder belongs to its user. */
const readDirectory = '[ ! -f "$1/cwd" ] || { directory=$(cat "$1/cwd"); printf %s "$directory"; }';
const writeDirectory = 'directory=$(cat); cd -- "$directory" && [ "$(pwd)" = "$directory" ] && pwd > "$1/cwd"';
const atTop = '/work';
const longestPath = 4_096;

function runShell(place: ToolPlace, code: string, stdin: string, recorder?: OutputRecorder): Promise<SandboxResult> {
  return place.sandbox.run({
    argv: ['bash', '--noprofile', '--norc', '-c', code, 'bash', shellFolder, place.strict === true ? 'strict' : ''],
    mounts: place.mounts,
    env: place.env,
    network: place.network,
    stdin,
    limits: { ...place.limits, outputBytes: 4 * outputBytes },
    ...(recorder === undefined ? {} : { onOutput: (chunk) => recorder.add(chunk) }),
    signal: place.signal,
  });
}

function describeEnding(result: SandboxResult, timeoutSeconds: number): string {
  switch (result.status) {
    case 'exited':
      return result.exitCode === 0 ? '' : `[exit code ${result.exitCode}]`;
    case 'killed':
      return `[killed by ${result.signal}; outcome unknown]`;
    case 'timed-out':
      return `[timed out after ${timeoutSeconds} s; everything that the command started was ended]`;
    case 'cancelled':
      return '[cancelled]';
  }
}
