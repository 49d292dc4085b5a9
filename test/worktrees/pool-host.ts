// A host with a pool, and units that take its worktrees, for the tests of this folder.

import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { OwnedWorktree } from '../../activities/worktrees/worktree.ts';
import type { Preparation, Watch } from '../../activities/worktrees/setup/preparation.ts';
import type { Remote } from '../git/make-repository.ts';
import type { NetworkPolicy, SetupCommand } from '../../contracts/documents/config.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { UnitStore } from '../../activities/repository/contract.ts';
import { claim, contextFor, openHost } from '../git/open-host.ts';
import { temporaryFolder } from '../git/make-repository.ts';

export interface PoolHostOptions {
  readonly home?: string;
  readonly megabytes?: number;
  readonly networkAllowed?: NetworkPolicy;
}

export async function openPoolHost({
  home = temporaryFolder(),
  megabytes = 1000,
  networkAllowed = 'none',
}: PoolHostOptions = {}) {
  const logged: string[] = [];
  const log = { warn: (message: string) => void logged.push(message), info: () => undefined };
  return { ...(await openHost(home, {}, { poolMegabytes: megabytes, networkAllowed, log })), logged };
}

export type PoolHost = Awaited<ReturnType<typeof openPoolHost>>;

/** Every run of it leaves another stamp; it reads `deps.txt` and nothing else. */
export const stamping: SetupCommand = {
  run: 'mkdir -p node_modules && cp deps.txt node_modules/ && date +%s%N > node_modules/stamp',
  network: false,
  timeoutSeconds: 60,
  inputs: ['deps.txt'],
};

export const files = { '.gitignore': 'node_modules\n', 'deps.txt': 'one\n', 'src/a.txt': 'a\n', 'src/b.txt': 'b\n' };

export function preparation(remote: Remote, change: Partial<Preparation> = {}): Preparation {
  const policy = {
    env: {},
    hostAllows: 'none',
    egress: false,
    memoryMb: 1024,
    copy: [],
    lfs: true,
    wantsSubmodule: () => true,
  } as const;
  return { purpose: 'agent', setup: stamping, ...policy, branch: 'main', target: remote.tip(), ...change };
}

export const watch = () => ({ signal: new AbortController().signal, onStart: () => undefined });

let units = 0;

/** A worktree of a unit that nobody has worked on, or continues with `store`. */
export async function take(
  host: PoolHost,
  { remote, state }: { remote: Remote; state: string },
  { forMany = false, ...change }: Partial<Preparation> & Pick<Watch, 'forMany'> = {},
  store?: UnitStore,
) {
  const owned = store ?? (await claim(host, contextFor(remote, state), { unit: `unit-${(units += 1)}` }));
  const prepared = { ...preparation(remote), target: owned.base, ...change };
  const worktree = (await owned.openWorktree((place) =>
    host.worktrees.openWorktree(place, prepared, { ...watch(), forMany }),
  )) as OwnedWorktree;
  return { store: owned, worktree, path: worktree.path, stamp: readStamp(worktree.path) };
}

export async function verificationWorktree(
  host: PoolHost,
  where: { remote: Remote; state: string },
  commit: Sha,
  change: Partial<Preparation> = {},
) {
  const repository = await host.git.open(contextFor(where.remote, where.state));
  const prepared: Preparation = { ...preparation(where.remote), purpose: 'verification', ...change };
  const upstream = await repository.fetchBranch('main');
  const at = { commit, branch: 'main', upstream };
  return repository.openWorktree(at, (place) => host.worktrees.openWorktree(place, prepared, watch()));
}

export function readStamp(path: string): string | null {
  try {
    return readFileSync(join(path, 'node_modules/stamp'), 'utf8').trim();
  } catch {
    return null;
  }
}

/** What a command says in a worktree's sandbox, as an agent would run it. */
export async function inside(
  host: PoolHost,
  worktree: Pick<OwnedWorktree, 'mounts'>,
  command: string,
): Promise<string> {
  const limits = { timeoutSeconds: 60, memoryMb: 1024, outputBytes: 100_000 };
  const { mounts } = worktree;
  const result = await host.sandbox.run({ argv: ['sh', '-c', command], mounts, limits });
  if (result.status !== 'exited' || result.exitCode !== 0) {
    throw new Error(`${command}: ${result.status} ${Buffer.from(result.output).toString()}`);
  }
  return Buffer.from(result.output).toString();
}

/** Folders of the templates that the host's pool has. */
export function templatesOf(host: PoolHost): string[] {
  return globSync('pool/*/*/template.json', { cwd: host.home }).map((name) => dirname(join(host.home, name)));
}

/** A setup that gives a killer the time to hit it. */
export const slow: SetupCommand = {
  ...stamping,
  run: `${stamping.run} && for n in 1 2 3 4 5; do mkdir -p node_modules/$n; head -c 300000 /dev/urandom > node_modules/$n/f; sleep 0.05; done; touch node_modules/finished`,
};
