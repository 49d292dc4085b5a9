// The arguments of bubblewrap as pure data. If the worker is root, there are two layers: the *stage* is built with
// root's rights in its own mount namespace, and shows the sources at paths that the sandbox uid can reach, wherever
// they are (/root is 0700); the *sandbox* itself is then built by that uid, exactly as for a worker that is not root.

import path from 'node:path';

import { type Mount, isBelow } from './mount.ts';
import { failure } from '../../contracts/failures.ts';
import type { SandboxCommand } from './contract.ts';
import { tmpfsBytes } from './limits.ts';
import { sandboxHome, sandboxUser, type SystemView } from './system-view.ts';

export interface SandboxOptions {
  readonly view: SystemView;
  readonly network: boolean;
  /** Forbid user namespaces inside; not every kernel and container supports this. */
  readonly disableUserns: boolean;
}

export interface Stage {
  /** Arguments of the outer bubblewrap, up to the program. */
  readonly args: readonly string[];
  /** Returns where the sandbox finds a `source` of the host. */
  readonly find: (source: string, writable: boolean) => string;
}

const STAGE = '/stage';

/** Arguments of the sandbox, up to the program. `find` returns the path of a source for the process that builds it. */
export function sandboxArguments(
  command: SandboxCommand,
  { view, network, disableUserns }: SandboxOptions,
  find: Stage['find'] = (source) => source,
): string[] {
  const size = tmpfsBytes(command.limits);
  const show = (source: string, target = source) => ['--ro-bind', find(source, false), target];
  const tmpfs = (target: string, mode: string, bytes: number) => [
    '--perms',
    mode,
    '--size',
    `${bytes}`,
    '--tmpfs',
    target,
  ];
  const etc = network ? [...view.etc, ...view.networkEtc] : view.etc;
  const covered = new Set(etc);
  return checked([
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--hostname', 'coppice'],
    ...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
    ...(disableUserns ? ['--disable-userns'] : []),
    ...(network ? [] : ['--unshare-net']),
    ...view.folders.flatMap((folder) => show(folder)),
    ...view.links.flatMap((link) => ['--symlink', link.target, link.path]),
    ...etc.flatMap((name) => show(name)),
    ...view.generated.filter(({ target }) => !covered.has(target)).flatMap((file) => show(file.source, file.target)),
    ...['--proc', '/proc', '--dev', '/dev', ...tmpfs('/dev/shm', '1777', size.other), '--remount-ro', '/dev'],
    ...tmpfs('/tmp', '1777', size.tmp),
    ...tmpfs('/var/tmp', '1777', size.other),
    ...tmpfs(sandboxHome, '0700', size.other),
    ...view.toolchains.flatMap((toolchain) => show(toolchain.source, toolchain.target)),
    ...command.mounts.flatMap((mount) =>
      mount.type === 'tmpfs'
        ? tmpfs(absolute(mount.target), '0755', size.other)
        : [
            mount.writable ? '--bind' : '--ro-bind',
            find(absolute(mount.source), mount.writable),
            absolute(mount.target),
          ],
    ),
    // Bubblewrap's own root is a tmpfs without a size limit.
    ...['--remount-ro', '/'],
    ...Object.entries(environment(command.env, view.path)).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--chdir', absolute(command.cwd ?? '/work')],
  ]);
}

function environment(given: SandboxCommand['env'], searchPath: string): Record<string, string> {
  const all = { PATH: searchPath, HOME: sandboxHome, USER: sandboxUser, LANG: 'C.UTF-8', TMPDIR: '/tmp', ...given };
  return Object.fromEntries(Object.entries(all).filter(([name]) => !isLoaderVariable(name)));
}

/** `NAME=value` of variables that would affect the program that sets the limits; env(1) sets them after it. */
export function loaderSettings(given: SandboxCommand['env'] = {}): string[] {
  const settings = Object.entries(given).filter(([name]) => isLoaderVariable(name));
  return settings.map(([name, value]) => `${name}=${value}`);
}

function isLoaderVariable(name: string): boolean {
  return name.startsWith('LD_') || name === 'GLIBC_TUNABLES';
}

/** The outer layer, for a worker that is root. */
export function stageArguments(view: SystemView, mounts: readonly Mount[]): Stage {
  const staged = new Map<string, string>();
  const binds: string[] = [];
  const stage = (source: string, writable: boolean) => {
    const key = `${writable}:${source}`;
    if (isBelow(source, [...view.folders, '/etc']) && !writable) return source;
    if (!staged.has(key)) {
      const target = `${STAGE}/${staged.size}`;
      staged.set(key, target);
      binds.push(writable ? '--bind' : '--ro-bind', source, target);
    }
    return staged.get(key) ?? source;
  };
  for (const { source } of [...view.generated, ...view.toolchains]) stage(source, false);
  for (const mount of mounts) if (mount.type === 'bind') stage(mount.source, mount.writable);
  const args = [
    // A process namespace of its own, so that nothing survives if the worker dies between the change of uid, which
    // clears the parent-death signal, and the start of the inner bubblewrap.
    ...['--die-with-parent', '--unshare-pid'],
    ...view.folders.flatMap((folder) => ['--ro-bind', folder, folder]),
    ...view.links.flatMap((link) => ['--symlink', link.target, link.path]),
    // The host's /proc: a fresh one may be mounted inside only where a complete one is visible.
    ...['--ro-bind', '/etc', '/etc', '--bind', '/proc', '/proc', '--dev-bind', '/dev', '/dev', '--dir', '/tmp'],
    ...['--perms', '0755', '--dir', STAGE, ...binds],
  ];
  return { args: checked(args), find: stage };
}

function absolute(name: string): string {
  if (!path.isAbsolute(name) || name.split('/').includes('..')) {
    throw failure('BadInput', `A sandbox path must be absolute and without '..': ${name}`);
  }
  return name;
}

/** Bubblewrap gets its arguments NUL-separated, so a NUL inside one would start another option. */
function checked(args: string[]): string[] {
  const bad = args.find((arg) => arg.includes('\0'));
  if (bad !== undefined) throw failure('BadInput', `A sandbox argument contains NUL: ${bad.replaceAll('\0', '\\0')}`);
  return args;
}
