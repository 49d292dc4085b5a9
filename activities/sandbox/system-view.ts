// The host files that every sandbox shows read-only: programs and libraries, the few files of /etc that they need, the
// operator's toolchain folders, and generated files instead of the host's user and host tables. Looked up once.

import {
  chmodSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { type Identity, identityConfig } from '../../git/identity.ts';
import { failure } from '../../contracts/failures.ts';

export const sandboxHome = '/home/coppice';
export const sandboxUser = 'coppice';

export interface SystemView {
  /** Folders shown at their own path. */
  readonly folders: readonly string[];
  /** `/bin` → `usr/bin` and the like, on systems with a merged /usr. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
  /** Files and folders of /etc, shown at their own paths. */
  readonly etc: readonly string[];
  /** Further files of /etc, for commands with the network. */
  readonly networkEtc: readonly string[];
  /** Generated files, by the path where they are shown. */
  readonly generated: readonly { readonly source: string; readonly target: string }[];
  /** Toolchain folders: the real path, and the path where they are shown. */
  readonly toolchains: readonly { readonly source: string; readonly target: string }[];
  /** PATH inside. */
  readonly path: string;
}

const rootFolders = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
/** Few, because each costs a mount per command. */
const etcPatterns = [
  ...['ld.so.cache', 'alternatives', 'localtime', 'os-release', 'services', 'protocols', 'mime.types'],
  ...['ssl/certs', 'ssl/openssl.cnf', 'pki/tls/certs', 'pki/ca-trust/extracted', 'crypto-policies'],
  ...['fonts', 'java', 'java-*'],
  // Not its settings.xml, which may hold passwords.
  ...['maven/m2.conf', 'maven/logging'],
];
const networkEtcNames = ['/etc/resolv.conf', '/etc/hosts'];
const usualPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** Paths where the sandbox or its callers mount something else. */
const reserved = ['/proc', '/dev', '/sys', '/tmp', '/var/tmp', '/work', '/git', '/etc', sandboxHome];

export interface ViewInput {
  /** Where generated files go. */
  readonly home: string;
  /** COPPICE_HOME of the worker, which no toolchain may show. */
  readonly guarded: string;
  readonly toolchains: readonly string[];
  readonly uid: number;
  readonly gid: number;
  readonly hostPath: string;
  /** For commits in repositories that tests make, where nothing else names an author. */
  readonly identity: Identity;
}

export function lookAtSystem(input: ViewInput): SystemView {
  const folders = ['/usr'];
  const links: SystemView['links'][number][] = [];
  for (const folder of rootFolders) {
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) links.push({ path: folder, target: readlinkSync(folder) });
    else if (stat?.isDirectory()) folders.push(folder);
  }
  for (const folder of input.toolchains) refuseHidden(folder, input.guarded);
  const toolchains = input.toolchains
    .filter((folder) => !isVisible(folder, folders))
    .flatMap((folder, index) => toolchain(folder, `/toolchains/${index}`));
  return {
    folders,
    links,
    etc: globSync(etcPatterns, { cwd: '/etc' })
      .map((name) => `/etc/${name}`)
      .filter((name) => existsSync(name))
      .toSorted(),
    networkEtc: networkEtcNames.filter((name) => existsSync(name)),
    generated: writeGenerated(input),
    toolchains,
    path: pathInside(
      input,
      [...folders, ...links.map((link) => link.path), ...toolchains.map((shown) => shown.target)],
      toolchains,
    ),
  };
}

/** Whether every sandbox shows a path, whatever COPPICE_SANDBOX_PATHS says. */
export function isShownAnyway(entry: string): boolean {
  return isVisible(entry, ['/usr', ...rootFolders]);
}

function isVisible(entry: string, visible: readonly string[]): boolean {
  return visible.some((folder) => contains(folder, entry));
}

function contains(folder: string, entry: string): boolean {
  return entry === folder || entry.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/**
 * One folder, shown at its own path and, if that is a link, at its real path too, because programs look up both. If the
 * sandbox uses that path otherwise (a checkout below /work, for example), it is shown at `elsewhere`.
 */
function toolchain(folder: string, elsewhere: string): SystemView['toolchains'][number][] {
  const source = realpathSync(folder);
  const own = ownPaths(folder, source);
  const taken = own.some((target) => reserved.some((name) => contains(name, target)));
  return (taken ? [elsewhere] : own).map((target) => ({ source, target }));
}

/** Throws `BadInput`. */
function refuseHidden(folder: string, home: string): void {
  const why = whyNotShown(folder, home);
  if (why !== null) throw failure('BadInput', `COPPICE_SANDBOX_PATHS names ${folder}, which ${why}`);
}

/** Why a folder cannot be shown as a toolchain, and what can; null = it can. `home` need not exist yet. */
export function whyNotShown(folder: string, home: string): string | null {
  if (folder.startsWith('~'))
    return 'begins with ~, which a shell replaces only outside quotes; write the path in full';
  if (!path.isAbsolute(folder) || !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    return 'is not a folder of this host';
  }
  const source = realpathSync(folder);
  const ownHome = existsSync(home) ? realpathSync(home) : home;
  const bin = path.join(folder, 'bin');
  const narrower = `; name the folders in it that hold the programs${existsSync(bin) ? `, such as ${bin}` : ''}`;
  if (contains(source, ownHome)) return `would show COPPICE_HOME (${home})${narrower}`;
  const isMore = ownPaths(folder, source).some((target) => target === '/' || reserved.includes(target));
  return isMore ? `is more than a toolchain${narrower}` : null;
}

function ownPaths(folder: string, source: string): string[] {
  return [...new Set([path.normalize(folder).replace(/(?<=.)\/+$/, ''), source])];
}

function pathInside(input: ViewInput, visible: readonly string[], shown: SystemView['toolchains']): string {
  const inUsr = input.toolchains.filter((folder) => !shown.some(({ source }) => source === realpathSync(folder)));
  const places = [...inUsr.map((folder) => ({ source: folder, target: folder })), ...shown];
  const bins = places.map(({ source, target }) => (existsSync(`${source}/bin`) ? `${target}/bin` : target));
  const own = input.hostPath.split(':').filter((entry) => isVisible(entry, visible));
  return [...new Set([...bins, ...own, ...usualPath])].join(':');
}

/** The host's own tables reveal its users and neighbours; inside there is one user and one host. */
function writeGenerated({ home, uid, gid, identity }: ViewInput): SystemView['generated'] {
  const folder = path.join(home, 'sandbox', 'etc');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const files = {
    passwd: `root:x:0:0:root:/root:/bin/sh\n${sandboxUser}:x:${uid}:${gid}:${sandboxUser}:${sandboxHome}:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n`,
    group: `root:x:0:\n${sandboxUser}:x:${gid}:\nnogroup:x:65534:\n`,
    hosts: '127.0.0.1 localhost coppice\n::1 localhost\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    gitconfig: identityConfig(identity),
  };
  return Object.entries(files).map(([name, content]) => {
    const source = path.join(folder, name);
    writeFileSync(`${source}.${process.pid}`, content, { mode: 0o644 });
    // Whatever the worker's umask is.
    chmodSync(`${source}.${process.pid}`, 0o644);
    renameSync(`${source}.${process.pid}`, source);
    return { source, target: `/etc/${name}` };
  });
}
