// Opens the sandbox as a worker would and really tries it, in a temporary folder instead of its home.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { mkdtemp } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import type { Env, SandboxEnvironment } from '../../domain/environment.ts';
import type { Finding } from '../../domain/doctor/finding.ts';
import type { Sandbox } from '../../activities/sandbox/contract.ts';
import { ok, warn } from '../../domain/doctor/finding.ts';
import { openSandbox } from '../../activities/sandbox/open-sandbox.ts';
import { homeFolder, sandboxEnvironment } from '../../domain/environment.ts';

export interface SandboxProbe {
  readonly sandbox: Sandbox;
  readonly allows: SandboxEnvironment;
}

/** Throws `SandboxUnavailable`, and `BadInput` for settings that a worker would refuse. */
export async function openSandboxProbe(env: Env): Promise<SandboxProbe> {
  const allows = sandboxEnvironment(env);
  const home = await mkdtemp(join(tmpdir(), 'coppice-doctor-'));
  process.once('exit', () => rmSync(home, { recursive: true, force: true }));
  const guarded = homeFolder(env, homedir());
  const log = { warn: () => undefined };
  return { sandbox: await openSandbox({ ...allows, home, guarded, secrets: [], env, log }), allows };
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
