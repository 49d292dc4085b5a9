// Opens the host's sandbox: inspects the system once, tries what works here, and returns a driver. Called once by each
// worker process. It never falls back to running without a sandbox; only the operator's own setting does that.

import { errorText } from '../../domain/errors.ts';
import { execFile } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import type { NetworkPolicy } from '../../contracts/documents/config.ts';
import type { Env } from '../../domain/environment.ts';
import { failure } from '../../contracts/failures.ts';
import { BubblewrapSandbox, type BubblewrapSetup } from './bubblewrap.ts';
import type { Sandbox } from './contract.ts';
import { readHardLimits } from './limits.ts';
import { identityOf } from '../../git/identity.ts';
import { type NetworkAccess, networkAccess } from './network-access.ts';
import { NoSandbox } from './none.ts';
import { PipeFolder } from './output-pipe.ts';
import { redactor } from './secrets.ts';
import { lookAtSystem } from './system-view.ts';

export interface SandboxPolicy {
  readonly driver: 'bwrap' | 'none';
  /** COPPICE_HOME. */
  readonly home: string;
  /** What no toolchain may show; absent = `home`. */
  readonly guarded?: string;
  /** COPPICE_SANDBOX_PATHS: folders of the host shown read-only. */
  readonly toolchains: readonly string[];
  /** COPPICE_SANDBOX_ENV: names of variables that repositories may request. */
  readonly envAllowed: readonly string[];
  /** COPPICE_SANDBOX_NETWORK. */
  readonly networkAllowed: NetworkPolicy;
  /** Values to remove from the output of commands. */
  readonly secrets: readonly string[];
  /** Environment with the proxies and certificate authorities for setups with the network. */
  readonly env?: Env;
  readonly log: { warn(message: string): void };
}

/** The outside uid of sandboxed processes if the worker is root. It has no account; two workers may share it. */
const unprivileged = { uid: 60_600, gid: 60_600 };

const probeSeconds = 20;

/** Throws `SandboxUnavailable` with what was tried and what to do. */
export async function openSandbox(policy: SandboxPolicy): Promise<Sandbox> {
  const folder = path.join(policy.home, 'sandbox');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await chmod(folder, 0o755);
  const hard = readHardLimits();
  const pipes = await PipeFolder.in(folder);
  const redact = redactor(policy.secrets);
  const { env = {} } = policy;
  const hostPath = process.env['PATH'] ?? '/usr/bin:/bin';
  const identity = identityOf(env);
  if (policy.driver === 'none') {
    policy.log.warn(
      'COPPICE_SANDBOX=none: commands of agents and repositories run on this host WITHOUT a sandbox, with the rights, files and network of the worker. Use it only on a host that you can lose.',
    );
    const outward = (): Promise<NetworkAccess> => networkAccess(env, folder, null);
    return new NoSandbox({ folder, hard, pipes, hostPath, identity, redact, networkAccess: outward });
  }
  const asRoot = process.getuid?.() === 0;
  const owner = asRoot ? unprivileged : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const { home, guarded = home, toolchains } = policy;
  const view = lookAtSystem({ home, guarded, toolchains, ...owner, hostPath, identity });
  const programs = {
    bwrap: await findProgram('bwrap'),
    setpriv: asRoot ? await findProgram('setpriv') : '',
    prlimit: await findProgram('prlimit'),
    choom: await findProgram('choom'),
    env: await findProgram('env'),
  };
  const networkAllowed = policy.networkAllowed !== 'none';
  const dropTo = asRoot ? unprivileged : undefined;
  const outward = (): Promise<NetworkAccess> => networkAccess(env, folder, view);
  return firstThatWorks({ programs, view, hard, pipes, redact, networkAccess: outward, networkAllowed, dropTo });
}

async function firstThatWorks(setup: Omit<BubblewrapSetup, 'disableUserns' | 'staged'>): Promise<Sandbox> {
  const tried: string[] = [];
  // Without the stage, only what the uid can reach by itself can be shown; the probe tells if that is enough.
  for (const staged of setup.dropTo === undefined ? [false] : [true, false]) {
    for (const disableUserns of [true, false]) {
      const sandbox = new BubblewrapSandbox({ ...setup, staged, disableUserns });
      const problem = await probe(sandbox);
      if (problem === undefined) return sandbox;
      tried.push(
        `${staged ? 'with' : 'without'} a stage, user namespaces inside ${disableUserns ? 'off' : 'on'}: ${problem}`,
      );
    }
  }
  throw failure('SandboxUnavailable', `bubblewrap does not work on this host. Tried: ${tried.join('; ')}`);
}

async function probe(sandbox: Sandbox): Promise<string | undefined> {
  try {
    const limits = { timeoutSeconds: probeSeconds, memoryMb: 256, outputBytes: 4096 };
    const result = await sandbox.run({ argv: ['true'], cwd: '/', mounts: [], limits });
    if (result.status === 'exited' && result.exitCode === 0) return undefined;
    return `${result.status} ${result.output.toString().trim()}`;
  } catch (error) {
    return errorText(error);
  }
}

async function findProgram(name: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `command -v ${name}`]);
    return stdout.trim();
  } catch {
    const packages = name === 'bwrap' ? 'the package bubblewrap' : 'the package util-linux';
    throw failure('SandboxUnavailable', `The program ${name} is not on PATH; install ${packages}`);
  }
}
