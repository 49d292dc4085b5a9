// Opens the sandbox as a worker would and really tries it, in a temporary folder instead of its home. Also checks
// whether the programs of a repository's commands can be found inside.

import { execFile } from 'node:child_process';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { mkdtemp } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { promisify } from 'node:util';
import type { Config } from '../../contracts/documents/config.ts';
import type { Env, SandboxEnvironment } from '../../domain/environment.ts';
import type { Finding } from '../../domain/doctor/finding.ts';
import type { Sandbox } from '../../activities/sandbox/contract.ts';
import { fail, ok, warn } from '../../domain/doctor/finding.ts';
import { openSandbox } from '../../activities/sandbox/open-sandbox.ts';
import { programsOf } from '../../formats/setup/shell-programs.ts';
import { homeFolder, sandboxEnvironment } from '../../domain/environment.ts';
import { whyNotShown } from '../../activities/sandbox/system-view.ts';

export interface SandboxProbe {
  readonly sandbox: Sandbox;
  readonly allows: SandboxEnvironment;
}

/** Throws `SandboxUnavailable`, and `BadInput` for settings that a worker would refuse. */
export async function openSandboxProbe(env: Env): Promise<SandboxProbe> {
  const allows = sandboxEnvironment(env);
  const home = await mkdtemp(join(tmpdir(), 'coppice-doctor-'));
  process.once('exit', () => rmSync(home, { recursive: true, force: true }));
  return { sandbox: await openSandbox({ ...allows, home, secrets: [], env, log: { warn: () => undefined } }), allows };
}

export function judgeSandbox({ sandbox, allows }: SandboxProbe): Finding {
  if (sandbox.driver === 'none') {
    return warn(
      'turned off: agents’ commands run with the files, rights and network of the worker',
      'Unset COPPICE_SANDBOX, unless this host is disposable.',
    );
  }
  const shown = allows.toolchains.length === 0 ? '' : `, with ${allows.toolchains.join(', ')}`;
  return ok(`bubblewrap works${shown}; network for ${allows.networkAllowed}`);
}

/** Whether setup and verification would find their programs, network and variables in this host's sandboxes. */
export async function checkToolchains({ sandbox, allows }: SandboxProbe, config: Config, env: Env): Promise<Finding> {
  const commands = [...(config.setup === null ? [] : [config.setup.run]), ...config.verify.map(({ run }) => run)];
  const programs = [...new Set(commands.flatMap(programsOf))];
  const inside = programs.length === 0 ? new Map<string, string>() : await lookInside(sandbox, programs);
  const missing = programs.filter((name) => !inside.has(name));
  if (missing.length > 0) {
    return fail(
      `not found inside the sandbox: ${missing.join(', ')}`,
      await whereTheyAre(missing, env, allows.toolchains),
    );
  }
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
  const found = programs.filter((name) => inside.get(name)?.startsWith('/'));
  return ok(found.length === 0 ? 'no programs are needed' : `found inside the sandbox: ${found.join(', ')}`);
}

/**
 * Which proxies and certificate authorities of this host a setup with network access gets. Values may hold passwords.
 */
export async function checkSetupNetwork({ sandbox, allows }: SandboxProbe): Promise<Finding> {
  const { env, unusable } = await sandbox.networkAccess();
  const names = Object.keys(env);
  if (names.length === 0) return ok('this host sets no proxy and no certificates of its own');
  if (allows.networkAllowed === 'none') {
    return ok(`COPPICE_SANDBOX_NETWORK allows no network, so no command gets ${names.join(', ')}`);
  }
  if (unusable.length > 0) {
    return warn(
      unusable.map(({ name, path, why }) => `${name} names ${path}, which ${why}`).join('; '),
      'Fix the worker’s variable or unset it: a setup that needs the network gets it unchanged.',
    );
  }
  return ok(`a setup with the network gets ${names.join(', ')}`);
}

/** Where the shell inside finds each program: a path, or only the name for a shell builtin. */
async function lookInside(sandbox: Sandbox, programs: readonly string[]): Promise<Map<string, string>> {
  const script = 'for name; do at=$(command -v "$name") && echo "$name=$at"; done; true';
  const limits = { timeoutSeconds: 5, memoryMb: 256, outputBytes: 65_536 };
  const { output } = await sandbox.run({ argv: ['sh', '-c', script, 'sh', ...programs], cwd: '/', mounts: [], limits });
  const lines = Buffer.from(output)
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('='));
  return new Map(lines.map(([name = '', at = '']) => [name, at]));
}

/**
 * The hints for missing programs: what to install, and one setting with everything that the worker must show beside what
 * it shows already.
 */
async function whereTheyAre(missing: readonly string[], env: Env, shown: readonly string[]): Promise<string> {
  const home = homeFolder(env, homedir());
  const hints: string[] = [];
  const folders: string[] = [];
  const there: string[] = [];
  for (const name of missing) {
    const folder = (env['PATH'] ?? '').split(delimiter).find((each) => each !== '' && existsSync(join(each, name)));
    const real = folder === undefined ? null : await realProgram(name, join(folder, name));
    if (folder === undefined) hints.push(`Install ${name} on every host.`);
    else if (real === null) {
      hints.push(
        `${join(folder, name)} only starts a toolchain that is installed elsewhere: add that toolchain’s folder to the worker’s COPPICE_SANDBOX_PATHS.`,
      );
    } else {
      folders.push(toolchainOf(join(folder, name), home), toolchainOf(real, home));
      there.push(name);
    }
  }
  if (there.length > 0) {
    const all = [...new Set([...shown, ...folders])];
    const outer = all.filter((each) => !all.some((other) => each.startsWith(`${other}/`)));
    const has = there.length === 1 ? 'has' : 'have';
    hints.unshift(`Start the worker with COPPICE_SANDBOX_PATHS=${outer.join(':')}, which ${has} ${there.join(', ')}.`);
  }
  return hints.join(' ');
}

/** Where a program really is, past links and rustup's proxies; null for a shim whose program nobody names. */
async function realProgram(name: string, path: string): Promise<string | null> {
  const real = realpathSync(path);
  if (basename(real) === 'rustup') {
    const { stdout } = await promisify(execFile)('rustup', ['which', name]).catch(() => ({ stdout: '' }));
    return stdout.trim() || null;
  }
  return basename(dirname(path)) === 'shims' ? null : real;
}

/** The folder to show for a program: what holds its `bin`, unless a worker would refuse that because of its own home. */
function toolchainOf(program: string, home: string): string {
  const folder = dirname(program);
  const whole = basename(folder) === 'bin' ? dirname(folder) : folder;
  return whyNotShown(whole, home) === null ? whole : folder;
}
