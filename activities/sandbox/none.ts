// The driver without a sandbox, for a host that its operator can afford to lose (COPPICE_SANDBOX=none): the same
// contract over a plain process group. Commands can read and write whatever the worker can, and use its network. Mounts
// are not made; an argument, variable or cwd that is a path below a mount target is replaced by the host's path.

import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { killGroup } from '../../git/processes.ts';

import type { Mount } from './mount.ts';
import type { Sandbox, SandboxCommand, SandboxResult } from './contract.ts';
import { type Identity, identityConfig } from '../../git/identity.ts';
import { prlimitArguments, type HardLimits } from './limits.ts';
import type { PipeFolder } from './output-pipe.ts';
import { readExitCode, runTree } from './run-tree.ts';

export interface NoneSetup {
  readonly folder: string;
  readonly hard: HardLimits;
  readonly pipes: PipeFolder;
  readonly hostPath: string;
  readonly identity: Identity;
  readonly redact: Sandbox['redact'];
  readonly networkAccess: Sandbox['networkAccess'];
}

export class NoSandbox implements Sandbox {
  readonly driver = 'none';
  readonly redact: Sandbox['redact'];
  readonly networkAccess: Sandbox['networkAccess'];
  private readonly setup: NoneSetup;

  constructor(setup: NoneSetup) {
    this.setup = setup;
    this.redact = setup.redact;
    this.networkAccess = setup.networkAccess;
  }

  async run(command: SandboxCommand): Promise<SandboxResult> {
    const scratch = await mkdtemp(path.join(this.setup.folder, 'scratch-'));
    try {
      await writeFile(path.join(scratch, '.gitconfig'), identityConfig(this.setup.identity));
      return await this.runWith(command, scratch);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  async giveTo(): Promise<void> {
    // Commands run as the worker itself.
  }

  private async runWith(command: SandboxCommand, scratch: string): Promise<SandboxResult> {
    const mounts: Mount[] = [{ type: 'bind', source: scratch, target: '/tmp', writable: true }, ...command.mounts];
    const cwd = hostPath(command.cwd ?? '/work', mounts);
    const given = Object.entries(command.env ?? {}).map(([name, value]) => [name, hostPath(value, mounts)] as const);
    const base = {
      PATH: this.setup.hostPath,
      HOME: scratch,
      USER: 'coppice',
      LANG: 'C.UTF-8',
      TMPDIR: hostPath('/tmp', mounts),
    };
    const tree = await runTree(
      {
        argv: [
          'prlimit',
          ...prlimitArguments(command.limits, this.setup.hard),
          '--',
          ...command.argv.map((arg) => hostPath(arg, mounts)),
        ],
        env: { ...base, ...Object.fromEntries<string>(given) },
        cwd: existsSync(cwd) ? cwd : '/',
        stdio: [],
        detached: true,
        onStart: () => undefined,
        kill: (child) => killGroup(child.pid),
        gone: async (child) => killGroup(child.pid),
      },
      command,
      this.setup.pipes,
    );
    const { ending, code, signal, ...measured } = tree;
    if (ending === 'timed-out' || ending === 'cancelled') return { status: ending, ...measured };
    if (signal !== null) return { status: 'killed', signal, ...measured };
    return { ...readExitCode(code ?? 0), ...measured };
  }
}

/** Maps `/work/src` to the host's path, and `--file=/work/x` likewise; the last mount that covers the path applies. */
export function hostPath(text: string, mounts: readonly Mount[]): string {
  const at = text.startsWith('/') ? 0 : text.indexOf('=/') + 1;
  if (at === 0 && !text.startsWith('/')) return text;
  const inside = text.slice(at);
  const mount = mounts.findLast(({ target }) => inside === target || inside.startsWith(`${target}/`));
  if (mount?.type !== 'bind') return text;
  return text.slice(0, at) + mount.source + inside.slice(mount.target.length);
}
