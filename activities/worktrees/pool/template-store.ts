// The pool on disk, `<home>/pool/<repository>/<fingerprint>/`: the template's `root`, `template.json`,
// which is written last, and ready copies below `ready/`. Everything appears and disappears by one rename, so that what
// a killed process left half-made is recognised. Only the worker that holds the home's lock opens it.

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { OwnedWorktree } from '../worktree.ts';
import type { PreparedFiles } from '../make.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { StoredTemplate } from '../../../domain/worktrees/pool-room.ts';
import { codecOf } from '../../../formats/state-documents/codec.ts';
import { discard } from '../remove.ts';

/** Content of `template.json`. */
interface Marker {
  /** A commit of the target branch. */
  readonly commit: Sha;
  /** Branch, commit and tags of its `.git`, in short. */
  readonly refs: string;
  readonly tree: Sha;
  /** True if the setup left more than ignored files, so that its result is valid only for this very tree. */
  readonly exact: boolean;
  /** Paths that the setup made, all ignored by git; folders end with `/`. */
  readonly made: readonly string[];
  readonly bytes: number;
  readonly madeAt: number;
}

const markerCodec = codecOf<Marker>()({
  name: 'template.json',
  version: 1,
  since: '0.1.0',
  schema: z.object({
    commit: z.string(),
    refs: z.string(),
    tree: z.string(),
    exact: z.boolean(),
    made: z.array(z.string()),
    bytes: z.number(),
    madeAt: z.number(),
  }),
});

export interface Template extends Marker {
  readonly key: string;
  readonly folder: string;
  /** The root of its worktree; only ever read. */
  readonly root: string;
  /** Folders below `ready/`. */
  readonly ready: string[];
  usedAt: number;
  users: number;
}

export class TemplateStore {
  private readonly home: string;
  private readonly templates = new Map<string, Template>();

  private constructor(home: string) {
    this.home = home;
  }

  /** Loads what earlier workers of this home made, and discards what they did not finish. */
  static async open(home: string): Promise<TemplateStore> {
    const templates = new TemplateStore(home);
    const sameBoot = await checkBoot(join(home, 'pool'));
    for (const repository of await folders(join(home, 'pool'))) {
      for (const fingerprint of await folders(join(home, 'pool', repository))) {
        await templates.load(templateKey(repository, fingerprint), sameBoot);
      }
    }
    return templates;
  }

  get(key: string): Template | undefined {
    return this.templates.get(key);
  }

  all(): StoredTemplate[] {
    return [...this.templates.values()].map(({ key, bytes, ready, usedAt, users }) => {
      return { key, bytes, ready: ready.length, usedAt, users };
    });
  }

  private async load(key: string, keepCopies: boolean): Promise<void> {
    const folder = join(this.home, 'pool', key);
    try {
      const marker = markerCodec.read(await readFile(join(folder, 'template.json'), 'utf8'));
      const usedAt = (await stat(join(folder, 'template.json'))).mtimeMs;
      const ready: string[] = [];
      for (const name of await folders(join(folder, 'ready'))) {
        if (keepCopies && !name.endsWith(halfMade)) ready.push(join(folder, 'ready', name));
        else await discard(this.home, join(folder, 'ready', name));
      }
      this.templates.set(key, { ...marker, ...placesOf(folder), key, ready, usedAt, users: 0 });
    } catch {
      // There is no marker, or this release cannot read it: half-made, and made again when needed.
      await discard(this.home, folder);
    }
  }

  /** Moves the files and the index of a worktree into a template, replacing any template under the key. */
  async put(key: string, worktree: OwnedWorktree, made: Omit<Marker, 'madeAt'>): Promise<Template> {
    await this.remove(key);
    const folder = join(this.home, 'pool', key);
    const marker: Marker = { ...made, madeAt: Date.now() };
    await mkdir(join(folder, 'ready'), { recursive: true, mode: 0o700 });
    await rename(worktree.root, placesOf(folder).root);
    await promisify(execFile)('sync', ['-f', folder]);
    await writeFile(join(folder, 'template.part'), markerCodec.write(marker));
    await rename(join(folder, 'template.part'), join(folder, 'template.json'));
    const template = { ...marker, ...placesOf(folder), key, ready: [], usedAt: marker.madeAt, users: 0 };
    this.templates.set(key, template);
    return template;
  }

  async remove(key: string): Promise<void> {
    this.templates.delete(key);
    await discard(this.home, join(this.home, 'pool', key));
  }

  async touch(template: Template): Promise<void> {
    template.usedAt = Date.now();
    await utimes(join(template.folder, 'template.json'), new Date(), new Date());
  }

  /** An empty folder for a copy; `finishCopy` makes it a ready one. */
  async beginCopy(template: Template): Promise<string> {
    const path = join(template.folder, 'ready', `${randomUUID()}${halfMade}`);
    await mkdir(path, { mode: 0o755 });
    return path;
  }

  async finishCopy(template: Template, path: string): Promise<void> {
    const finished = join(dirname(path), basename(path, halfMade));
    await rename(path, finished);
    template.ready.push(finished);
  }

  async dropCopies(key: string): Promise<void> {
    for (const copy of this.templates.get(key)?.ready.splice(0) ?? []) await discard(this.home, copy);
  }

  async dropCopy(path: string): Promise<void> {
    await discard(this.home, path);
  }
}

function placesOf(folder: string) {
  return { folder, root: join(folder, 'root') };
}

/** Key of a template: separate per repository and setup. */
export function templateKey(repository: string, fingerprint: string): string {
  return join(repository, fingerprint);
}

export function filesOf(template: Template, copy: string): PreparedFiles {
  return { root: copy, refs: template.refs };
}

const halfMade = '.part';

/** False if the machine has restarted since: unsynchronised data may be lost, and copies are not synchronised. */
async function checkBoot(pool: string): Promise<boolean> {
  const now = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  await mkdir(pool, { recursive: true, mode: 0o700 });
  const before = await readFile(join(pool, 'boot-id'), 'utf8').catch(() => null);
  await writeFile(join(pool, 'boot-id'), now);
  return before === now;
}

async function folders(parent: string): Promise<string[]> {
  if (!existsSync(parent)) return [];
  const entries = await readdir(parent, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
