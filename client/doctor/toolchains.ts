// Whether the programs of a repository's commands can be found and started in this host's sandboxes, for `coppice
// doctor`; if not, what the worker must show.

import type { Config } from '../../contracts/documents/config.ts';
import type { Env } from '../../domain/environment.ts';
import type { Finding } from '../../domain/doctor/finding.ts';
import type { PinnedTool } from '../../formats/project/needs/tool-versions.ts';
import type { Sandbox } from '../../activities/sandbox/contract.ts';
import type { SandboxProbe } from './sandbox.ts';
import { isAbsolute } from 'node:path';
import { allowedEnv } from '../../activities/sandbox/policy.ts';
import { fail, ok, warn } from '../../domain/doctor/finding.ts';
import { isLauncher, locateProgram } from './find-program.ts';
import { isShownAnyway } from '../../activities/sandbox/system-view.ts';
import { programsOf } from '../../formats/setup/shell-programs.ts';

/** Whether setup and verification would find their programs, network and variables in this host's sandboxes. */
export async function checkToolchains(
  { sandbox, allows }: SandboxProbe,
  config: Config,
  { env, pinned }: { readonly env: Env; readonly pinned: readonly PinnedTool[] },
): Promise<Finding> {
  const commands = [...(config.setup === null ? [] : [config.setup.run]), ...config.verify.map(({ run }) => run)];
  const programs = [...new Set(commands.flatMap(programsOf))];
  const passed = allowedEnv(config.sandbox.env, allows, env);
  const wanted = [...new Set([...programs, ...pinned.map(({ program }) => program)])];
  const inside = wanted.length === 0 ? new Map<string, Inside>() : await lookInside(sandbox, wanted, passed);
  const missing = programs.flatMap((name) => missingFrom(name, inside.get(name)));
  if (missing.length > 0) return fail(describe(missing), await whatToShow(missing, env, allows.toolchains));
  if (config.setup?.network === true && allows.networkAllowed === 'none') {
    return warn(
      'setup needs the network, but this host allows none',
      'Set COPPICE_SANDBOX_NETWORK=setup on the worker.',
    );
  }
  const withheld = config.sandbox.env.filter((name) => !allows.envAllowed.includes(name) || env[name] === undefined);
  if (withheld.length > 0) {
    return warn(
      `coppice.yaml asks for variables that this host does not pass on: ${withheld.join(', ')}`,
      'Set them, and name them in COPPICE_SANDBOX_ENV on the worker.',
    );
  }
  // Commands may start them by way of others, and may not.
  const unseen = pinned.filter(({ program }) => missingFrom(program, inside.get(program)).length > 0);
  if (unseen.length > 0) {
    const what = unseen.map(({ program, from }) => `${from} pins a version of ${program}`).join('; ');
    const absent = unseen.flatMap(({ program }) => missingFrom(program, inside.get(program)));
    return warn(`${what}, and none is found inside the sandbox`, await whatToShow(absent, env, allows.toolchains));
  }
  const found = programs.filter((name) => inside.get(name)?.at.startsWith('/'));
  return ok(found.length === 0 ? 'no programs are needed' : `found inside the sandbox: ${found.join(', ')}`);
}

/** A program as the shell inside sees it. */
interface Inside {
  /** Its path, or only its name for a builtin of the shell. */
  readonly at: string;
  /** The interpreter that it names and that is not there. */
  readonly lacks: string | null;
  /** False for a launcher of programs elsewhere that does not start one. */
  readonly starts: boolean;
}

interface Missing {
  readonly name: string;
  readonly problem: string;
  /** The program that must be shown: itself, or one that `env` looks up for it. */
  readonly wanted: string;
}

function missingFrom(name: string, inside: Inside | undefined): Missing[] {
  if (inside === undefined) return [{ name, problem: absent, wanted: name }];
  const { lacks, starts } = inside;
  if (lacks !== null) {
    return [{ name, problem: `needs ${lacks}, which is not there`, wanted: isAbsolute(lacks) ? name : lacks }];
  }
  return starts ? [] : [{ name, problem: 'only starts a program that is not there', wanted: name }];
}

const absent = 'not found';

function describe(missing: readonly Missing[]): string {
  const names = missing.filter(({ problem }) => problem === absent).map(({ name }) => name);
  const useless = missing.filter(({ problem }) => problem !== absent);
  return [
    ...(names.length === 0 ? [] : [`not found inside the sandbox: ${names.join(', ')}`]),
    ...useless.map(({ name, problem }) => `inside the sandbox, ${name} ${problem}`),
  ].join('; ');
}

/** Prints `name=path=interpreter that is not there` for each of its arguments that the shell finds. */
const lookScript = `
lacks() {
  first=$(head -c 256 "$1" 2>/dev/null | tr -d '\\0' | head -n 1)
  case $first in '#!'*) ;; *) return ;; esac
  set -f; set -- \${first#??}
  case $1 in
    */env)
      shift
      while :; do case $1 in -*|*=*) shift ;; *) break ;; esac; done
      command -v "$1" >/dev/null || echo "$1" ;;
    *) [ -x "$1" ] || echo "$1" ;;
  esac
}
for name; do at=$(command -v "$name") && echo "$name=$at=$(lacks "$at")"; done; true`;

async function lookInside(
  sandbox: Sandbox,
  programs: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Map<string, Inside>> {
  const limits = { timeoutSeconds: 5, memoryMb: null, outputBytes: 65_536 };
  const run = (argv: readonly string[]) => sandbox.run({ argv, cwd: '/', mounts: [], env, limits });
  const { output } = await run(['sh', '-c', lookScript, 'sh', ...programs]);
  const lines = Buffer.from(output).toString('utf8').trim().split('\n').filter(Boolean);
  const found = lines.map(async (line) => {
    const [name = '', at = '', lacks = ''] = line.split('=');
    const tried = lacks === '' && isLauncher(at) ? await run([at, '--version']) : null;
    const starts = tried === null || (tried.status === 'exited' && tried.exitCode === 0);
    return [name, { at, lacks: lacks || null, starts }] as const;
  });
  return new Map(await Promise.all(found));
}

/**
 * The hints for missing programs: what to install, and one setting with everything that the worker must show beside what
 * it shows already.
 */
async function whatToShow(missing: readonly Missing[], env: Env, shown: readonly string[]): Promise<string> {
  const names = [...new Set(missing.map(({ wanted }) => wanted))];
  const located = await Promise.all(names.map(async (name) => ({ name, ...(await locateProgram(name, env)) })));
  const hints = located.flatMap((each) => (each.status === 'hidden' ? [each.hint] : []));
  const there = located.filter((each) => each.status === 'found');
  if (there.length === 0) return hints.join(' ');
  const ofLaunched = (launched: boolean) => there.filter((each) => each.launched === launched);
  const found = (some: typeof there) => some.flatMap((each) => each.onPath).filter((folder) => !isShownAnyway(folder));
  const onPath = [...new Set([...found(ofLaunched(true)), ...shown, ...found(ofLaunched(false))])];
  const needs = [...new Set(there.flatMap((each) => each.needs))].filter(
    (need) => !isShownAnyway(need) && !onPath.some((folder) => need === folder || need.startsWith(`${folder}/`)),
  );
  const outermost = needs.filter((need) => !needs.some((other) => need.startsWith(`${other}/`)));
  const setting = [...onPath, ...outermost].join(':');
  const shows = there.map(({ name }) => name).join(', ');
  return [`Start the worker with COPPICE_SANDBOX_PATHS=${setting}, which shows ${shows}.`, ...hints].join(' ');
}
