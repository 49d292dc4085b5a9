// What a setup needs to reach the network from this host: its proxies and certificate authorities. Repositories cannot
// influence it. Looked up for each setup, because certificate bundles are replaced while a worker runs.
// Bundles that a sandbox cannot see are copied, certificates only: a bundle may be readable by root alone, lie behind
// links, or also hold a private key. The copy is shown at the bundle's own path if that is free.

import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import type { Mount } from './mount.ts';
import type { Env } from '../../domain/environment.ts';
import type { SystemView } from './system-view.ts';
import { certificateVariables, proxyVariables } from '../../domain/environment.ts';
import { codeOf } from '../../domain/errors.ts';
import { isBelow } from './mount.ts';

export interface NetworkAccess {
  /** Proxies and paths, as seen inside. */
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  /** Variables whose file or folder cannot be used. They are passed on anyway, so that programs report the problem. */
  readonly unusable: readonly Unusable[];
}

export interface Unusable {
  readonly name: string;
  readonly path: string;
  readonly why: string;
}

export const noNetworkAccess: NetworkAccess = { env: {}, mounts: [], unusable: [] };

/** A bundle of all public authorities is about a quarter of a megabyte. */
const largestBytes = 8 * 1024 ** 2;
const mostFiles = 2_000;
/** Paths that are used otherwise, or where nothing can be mounted. */
const taken = ['/work', '/git', '/proc', '/dev', '/sys'];

/** `folder` is COPPICE_HOME/sandbox. `view` is what every sandbox shows; null = commands see the host itself. */
export async function networkAccess(env: Env, folder: string, view: SystemView | null): Promise<NetworkAccess> {
  const proxies = proxyVariables.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  const shown = new Shown(join(folder, 'certificates'), view);
  const places: (readonly [string, string])[] = [];
  for (const name of certificateVariables) {
    const value = env[name];
    if (!value) continue;
    const given = name === 'SSL_CERT_DIR' ? value.split(':').filter(Boolean) : [value];
    const inside: string[] = [];
    for (const path of given) inside.push(await shown.show(name, resolve(path)));
    places.push([name, inside.join(':')]);
  }
  return { env: Object.fromEntries([...proxies, ...places]), mounts: shown.mounts, unusable: shown.unusable };
}

class Shown {
  readonly mounts: Mount[] = [];
  readonly unusable: Unusable[] = [];
  private readonly inside = new Map<string, string>();
  private readonly folder: string;
  private readonly view: SystemView | null;

  constructor(folder: string, view: SystemView | null) {
    this.folder = folder;
    this.view = view;
  }

  /** The path inside for a file or folder of the host. */
  async show(name: string, path: string): Promise<string> {
    const known = this.inside.get(path);
    if (known !== undefined) return known;
    try {
      const inside = await this.place(path);
      this.inside.set(path, inside);
      return inside;
    } catch (error) {
      if (!(error instanceof NotUsable) && codeOf(error) === undefined) throw error;
      const why = error instanceof NotUsable ? error.message : `cannot be read (${String(codeOf(error))})`;
      this.unusable.push({ name, path, why });
      return path;
    }
  }

  private async place(path: string): Promise<string> {
    const content = await readCertificates(path);
    if (this.view === null) {
      // Without a sandbox nothing is mounted; this entry says that the path is the host's own.
      this.mounts.push({ type: 'bind', source: path, target: path, writable: false });
      return path;
    }
    const visible = visiblePaths(this.view);
    if (isShared(path, visible) && isShared(await realpath(path), visible)) return path;
    const inTheWay = [...visible, ...taken, ...this.mounts.map(({ target }) => target)];
    const isFree = path !== '/' && !isShared(path, inTheWay) && !inTheWay.some((other) => isShared(other, [path]));
    const target = isFree ? path : `/certificates/${this.mounts.length}`;
    this.mounts.push({ type: 'bind', source: await this.copy(content), target, writable: false });
    return target;
  }

  /** Named by its content, so that a running command keeps its copy when the bundle is replaced. */
  private async copy(content: Content): Promise<string> {
    const at = join(this.folder, createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32));
    if (await stat(at).catch(() => null)) return at;
    await mkdir(this.folder, { recursive: true, mode: 0o755 });
    const draft = `${at}.${process.pid}.${Math.random().toString(36).slice(2)}`;
    if (typeof content === 'string') await writeFile(draft, content, { mode: 0o644 });
    else {
      await mkdir(draft, { mode: 0o755 });
      for (const [name, text] of content) await writeFile(join(draft, name), text, { mode: 0o644 });
    }
    try {
      await rename(draft, at);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      // Another setup has created the same folder meanwhile.
      if (!(await stat(at).catch(() => null))) throw error;
    }
    return at;
  }
}

/** The certificates in a file, or in each file of a folder. */
type Content = string | readonly (readonly [name: string, text: string])[];

class NotUsable extends Error {}

async function readCertificates(path: string): Promise<Content> {
  const found = await stat(path);
  if (found.isFile()) {
    if (found.size > largestBytes) throw new NotUsable('is too large for a bundle of certificates');
    const certificates = certificatesIn(await readFile(path, 'latin1'));
    if (certificates === '') throw new NotUsable('holds no certificate (PEM)');
    return certificates;
  }
  if (!found.isDirectory()) throw new NotUsable('is neither a file nor a folder');
  const names = (await readdir(path)).toSorted();
  if (names.length > mostFiles) throw new NotUsable(`has more than ${mostFiles} files`);
  const files: (readonly [string, string])[] = [];
  for (const name of names) {
    const entry = await stat(join(path, name)).catch(() => null);
    if (!entry?.isFile() || entry.size > largestBytes) continue;
    const text = certificatesIn(await readFile(join(path, name), 'latin1').catch(() => ''));
    if (text !== '') files.push([name, text]);
  }
  if (files.length === 0) throw new NotUsable('holds no certificate (PEM)');
  return files;
}

function certificatesIn(text: string): string {
  const blocks = text.match(
    /-----BEGIN (?:(?:TRUSTED |X509 )?CERTIFICATE|X509 CRL)-----[^-]+-----END (?:(?:TRUSTED |X509 )?CERTIFICATE|X509 CRL)-----/g,
  );
  return (blocks ?? []).map((block) => `${block}\n`).join('');
}

function visiblePaths(view: SystemView): string[] {
  return [
    ...view.folders,
    ...view.links.map(({ path }) => path),
    ...[...view.etc, ...view.networkEtc],
    ...view.toolchains.map(({ target }) => target),
  ];
}

function isShared(path: string, folders: readonly string[]): boolean {
  return isAbsolute(path) && isBelow(path, folders);
}
