// A host's two bare repositories per target: the mirror (code; visible to sandboxes) and the state (checkpoints and
// candidates, with the mirror as its alternate; never visible to a sandbox). Each is created completely or not at all.

import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BranchTips } from './branch-tips.ts';
import type { Env } from '../../domain/environment.ts';
import type { HostPolicy } from '../sandbox/policy.ts';
import type { Identity } from '../../git/identity.ts';
import type { Remote } from '../../git/remote.ts';
import type { Sandbox } from '../sandbox/contract.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { StatePusher } from './state-pusher.ts';
import type { Upkeep } from './upkeep.ts';
import { byteExact } from '../../git/byte-exact.ts';
import { runGit } from '../../git/run-git.ts';
import { withFileLock } from '../host/file-lock.ts';

/** What this process knows of the mirror's tags (tags.ts). */
export interface TagMemory {
  /** When the remote was asked for its tags, in milliseconds since the epoch; 0 = never. */
  lookedAt: number;
  /** True if the mirror has none for sure. */
  none: boolean;
  /** The tags that lead to a commit, by commit, as lines of a `packed-refs` file. */
  readonly lines: Map<Sha, string>;
}

export interface LocalRepository {
  readonly home: string;
  /** GIT_DIR of the mirror, `…/mirror.git`. */
  readonly mirror: string;
  /** GIT_DIR of the state repository, `…/state.git`. */
  readonly state: string;
  /** Held by everything that changes the mirror. */
  readonly lock: string;
  readonly origin: Remote;
  readonly stateRemote: Remote;
  readonly pusher: StatePusher;
  readonly identity: Identity;
  readonly sandbox: Sandbox;
  /** What commands that are run for a merge may have. */
  readonly commands: { readonly policy: HostPolicy; readonly env: Env };
  /** Fetches of the target's branches that have not started yet. */
  readonly fetches: Map<string, Promise<Sha>>;
  readonly upkeep: Upkeep;
  readonly tags: TagMemory;
  readonly tips: BranchTips;
  readonly modules: {
    /** With the mirrors of submodules (modules.ts). */
    readonly folder: string;
    /** The remote of a submodule, by its resolved URL and that of the repository that has it. Throws `RepositoryRefused`. */
    remoteOf(url: string, parent: string): Remote;
  };
  /**
   * Commits that the state repository has complete with all objects, because this process made or fetched them. The
   * presence of a commit proves less: a killed fetch leaves commits without their trees.
   */
  readonly whole: Set<Sha>;
}

/** `<home>/repositories/<slug>-<hash>`. */
export function repositoryFolder(home: string, slug: string, canonical: string): string {
  const hash = createHash('sha256').update(canonical).digest('hex').slice(0, 12);
  return join(home, 'repositories', `${slug}-${hash}`);
}

/** Safe to run twice and by many processes: it holds the lock, and each repository appears by one rename. */
export async function prepareRepositories(
  folder: string,
): Promise<{ mirror: string; state: string; lock: string; modules: string }> {
  const place = (name: string): string => join(folder, name);
  const at = {
    mirror: place('mirror.git'),
    state: place('state.git'),
    lock: place('lock'),
    modules: place('modules'),
  };
  await mkdir(at.modules, { recursive: true });
  // Sandboxes read it, whatever the worker's umask is.
  await chmod(at.modules, 0o755);
  if (existsSync(at.mirror) && existsSync(at.state)) {
    await makeFolders(at.mirror);
    return at;
  }
  await withFileLock(at.lock, async () => {
    await removeHalfMade(folder);
    if (!existsSync(at.mirror)) await makeBare(at.mirror, null);
    if (!existsSync(at.state)) await makeBare(at.state, at.mirror);
  });
  return at;
}

/** `alternate`: a repository beside it, whose objects it uses; null = one that sandboxes read. */
export async function makeBare(path: string, alternate: string | null): Promise<void> {
  const fresh = `${path}.${randomUUID()}`;
  // Makes it readable for the sandbox's uid, whatever the worker's umask is.
  await runGit(null, [
    'init',
    '--quiet',
    '--bare',
    '--template=',
    ...(alternate === null ? ['--shared=0644'] : []),
    fresh,
  ]);
  await makeFolders(fresh);
  await writeFile(join(fresh, 'info', 'attributes'), byteExact);
  await chmod(join(fresh, 'info', 'attributes'), 0o644);
  if (alternate !== null) {
    await writeFile(join(fresh, 'objects', 'info', 'alternates'), `../../${basename(alternate)}/objects\n`);
  } else {
    // Some programs read packs alone, and sandboxes show them the mirror's (activities/worktrees/git-folder.ts).
    await appendFile(join(fresh, 'config'), '[fetch]\n\tunpackLimit = 1\n');
  }
  await rename(fresh, path);
}

/** Those that sandboxes are shown; earlier releases made fewer. */
async function makeFolders(repository: string): Promise<void> {
  for (const name of ['info', 'lfs', 'lfs/objects', 'objects/info', 'objects/pack']) {
    await mkdir(join(repository, name), { recursive: true });
    await chmod(join(repository, name), 0o755);
  }
}

async function removeHalfMade(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^(?:mirror|state)\.git\./.test(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}
