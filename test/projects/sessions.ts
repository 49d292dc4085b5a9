// Worktrees of agents and of verifications of a project, on a host with a pool, and commands in them as Coppice runs them.

import type { OwnedWorktree } from '../../activities/worktrees/worktree.ts';
import type { Remote } from '../git/make-repository.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { Tool } from './tools.ts';
import { certificateVariables, proxyVariables } from '../../domain/environment.ts';
import { claim, contextFor, openHost } from '../git/open-host.ts';
import { commandEnv } from '../../activities/sandbox/policy.ts';
import { makeState } from '../git/make-repository.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { preparationOf } from '../../activities/worktrees/setup/preparation.ts';

/** The part of the host's environment that leads to the network. */
export function networkEnv(): Record<string, string> {
  const names = [...proxyVariables, ...certificateVariables];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** `configText`: coppice.yaml of the project. */
export async function openSessions(remote: Remote, configText: string, { toolchains }: Tool) {
  const { config, errors } = parseConfig(configText, 'coppice.yaml');
  if (config === undefined) throw new Error(JSON.stringify(errors));
  const env = networkEnv();
  const logged: string[] = [];
  const log = { warn: (message: string) => void logged.push(message), info: () => undefined };
  const host = await openHost(undefined, env, { poolMegabytes: 4096, networkAllowed: 'setup', toolchains, log });
  const state = makeState();
  const policy = { envAllowed: [], networkAllowed: 'setup' } as const;
  const { signal } = new AbortController();
  let units = 0;
  let setUps = 0;
  const watch = { signal, onStart: (what: string) => void (setUps += what === 'setup' ? 1 : 0) };
  const prepared = (purpose: 'agent' | 'verification') =>
    preparationOf(config, { policy, env }, { purpose, branch: 'main', target: remote.tip() });
  return {
    logged,
    /** How many setups have run for worktrees so far, in the background or not counted. */
    setUps: () => setUps,
    /** A worktree of a fresh unit. Waits until the pool has nothing more to prepare. */
    async agent(): Promise<OwnedWorktree> {
      const store = await claim(host, contextFor(remote, state), { unit: `unit-${(units += 1)}` });
      const open = store.openWorktree((place) => host.worktrees.openWorktree(place, prepared('agent'), watch));
      const worktree = (await open) as OwnedWorktree;
      await host.worktrees.settled();
      return worktree;
    },
    /** A worktree in which a candidate is verified. */
    async verification(commit: Sha): Promise<OwnedWorktree> {
      const repository = await host.git.open(contextFor(remote, state));
      const upstream = await repository.fetchBranch('main');
      const worktree = await repository.openWorktree({ commit, branch: 'main', upstream }, (place) =>
        host.worktrees.openWorktree(place, prepared('verification'), watch),
      );
      await host.worktrees.settled();
      return worktree as OwnedWorktree;
    },
    /** What a command says, as an agent would run it, without the network. */
    async run({ mounts }: OwnedWorktree, command: string): Promise<string> {
      const result = await host.sandbox.run({
        argv: ['sh', '-c', command],
        mounts,
        env: commandEnv(config, policy, env),
        limits: { memoryMb: 4096, timeoutSeconds: 300, outputBytes: 4 * 1024 * 1024 },
      });
      const said = Buffer.from(result.output).toString();
      if (result.status !== 'exited' || result.exitCode !== 0) throw new Error(`${command}: ${result.status} ${said}`);
      return said;
    },
    stop: () => host.worktrees.stop(),
  };
}
