// Opens the sandbox as a worker would and really tries it, in a temporary folder instead of its home. Also checks
// whether the programs of a repository's commands can be found inside.

import { existsSync, realpathSync, rmSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Config } from '../../contracts/documents/config.ts';
import type { Env, SandboxEnvironment } from '../../domain/environment.ts';
import type { Finding } from '../../domain/doctor/finding.ts';
import type { Sandbox } from '../../activities/sandbox/contract.ts';
import { fail, ok, warn } from '../../domain/doctor/finding.ts';
import { openSandbox } from '../../activities/sandbox/open-sandbox.ts';
import { programsOf } from '../../formats/setup/shell-programs.ts';
import { sandboxEnvironment } from '../../domain/environment.ts';

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
      missing.map((name) => whereItIs(name, env)).join(' '),
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

/** The hint for a missing program: what to install, or what to set if this machine has it outside the sandbox. */
function whereItIs(name: string, env: Env): string {
  const folder = (env['PATH'] ?? '').split(delimiter).find((each) => each !== '' && existsSync(join(each, name)));
  if (folder === undefined) return `Install ${name} on every host.`;
  const real = basename(realpathSync(join(folder, name)));
  if (real === 'rustup' || basename(folder) === 'shims') {
    return `${join(folder, name)} only starts a toolchain that is installed elsewhere: add that toolchain’s folder to the worker’s COPPICE_SANDBOX_PATHS.`;
  }
  const toolchain = basename(folder) === 'bin' ? dirname(folder) : folder;
  return `Start the worker with COPPICE_SANDBOX_PATHS=${toolchain}, which has ${name}.`;
}
