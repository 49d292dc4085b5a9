// Keeps the downloads of package managers, so that a setup that had the network on the target's files can run again
// without it on a candidate's. Only caches of third-party packages are kept: the second run never finds anything that
// was built or copied from the target's own files.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnedWorktree } from '../worktree.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import { discard } from '../remove.ts';
import { failure } from '../../../contracts/failures.ts';
import { inertText } from '../../../git/inert-text.ts';

/**
 * In the home folder. Caches keyed by a path of the repository, such as pip's wheels and Yarn 1's packages, are
 * excluded.
 */
const inHome = [
  ...['.npm/_cacache', '.cache/pnpm', '.local/share/pnpm/store', '.yarn/berry/cache', '.bun/install/cache'],
  ...['.cache/node/corepack', '.cache/uv', '.cache/pip/http*', '.cache/pypoetry/artifacts', '.cache/pypoetry/cache'],
  ...['go/pkg/mod', '.cargo/registry', '.cargo/git', '.cache/composer', '.composer/cache', '.bundle/cache', '.hex'],
  ...['.m2/repository', '.m2/wrapper', '.gradle/caches/modules-2', '.gradle/wrapper', '.nuget/packages'],
  ...['.cache/ms-playwright', '.cache/Cypress', '.cache/puppeteer', '.cache/electron'],
];
/**
 * In the worktree, where `coppice init` and package managers put them. What compilers keep there is not among them.
 */
const inWorktree = [
  ...['go', 'cargo/registry', 'cargo/git', 'maven', 'maven-home', 'gradle/caches/modules-2', 'gradle/wrapper'],
  ...['nuget', 'hex', 'mix', 'bundle', 'uv', 'pip/http*', 'poetry/artifacts', 'poetry/cache', 'pipenv/http*'],
].flatMap((name) => [`.deps/${name}`, `*/.deps/${name}`, `*/*/.deps/${name}`]);

/** Removes the repository's own packages from the caches. */
const withoutOwn = `
rm -rf .cache/uv/*/path .cache/uv/*/editable
find . -name maven-metadata-local.xml -printf '%h\\0' 2>/dev/null | xargs -0 -r rm -rf --
`;

const keepHome = `
set -e
cd /homes/first
for each in ${inHome.join(' ')}; do
  [ -e "$each" ] || continue
  mkdir -p "../second/$(dirname "$each")"
  mv "$each" "../second/$each"
done
cd ../second
${withoutOwn}`;

const keepWorktree = `
set -e
cd /from
for each in ${[...inWorktree, '.pnpm-store'].join(' ')}; do
  [ -d "$each" ] || continue
  [ ! -e "/work/$each" ] || continue
  mkdir -p "/work/$(dirname "$each")"
  cp -a --reflink=auto "$each" "/work/$each"
done
cd /work
rm -rf .deps/uv/*/path .deps/uv/*/editable
find . -path '*/.deps/maven/*' -name maven-metadata-local.xml -printf '%h\\0' 2>/dev/null | xargs -0 -r rm -rf --
`;

/** On-disk home folders for two runs of a setup. */
export class SetupHomes {
  /** For the run with the network. */
  readonly first: string;
  readonly second: string;
  private readonly folder: string;
  private readonly home: string;
  private readonly sandbox: Sandbox;

  private constructor(sandbox: Sandbox, home: string, folder: string) {
    this.sandbox = sandbox;
    this.home = home;
    this.folder = folder;
    this.first = join(folder, 'first');
    this.second = join(folder, 'second');
  }

  /** Null without a sandbox, which cannot be given a home folder. */
  static async make({ sandbox, home }: LocalRepository, { folder }: OwnedWorktree): Promise<SetupHomes | null> {
    if (sandbox.driver !== 'bwrap') return null;
    const homes = new SetupHomes(sandbox, home, join(folder, 'homes'));
    await mkdir(homes.first, { recursive: true });
    await mkdir(homes.second);
    await sandbox.giveTo(homes.folder);
    return homes;
  }

  /**
   * Call after the first run: moves its downloads to the second home and, if they are in `from`, copies them to
   * `worktree`.
   */
  async keepDownloads(from: OwnedWorktree, worktree: OwnedWorktree, signal: AbortSignal): Promise<void> {
    await this.run(keepHome, [{ source: this.folder, target: '/homes', writable: true }], signal);
    if (from === worktree) return;
    const places = [
      { source: from.path, target: '/from', writable: false },
      { source: worktree.path, target: '/work', writable: true },
    ];
    await this.run(keepWorktree, places, signal);
  }

  remove(): Promise<void> {
    return discard(this.home, this.folder);
  }

  private async run(
    script: string,
    places: readonly { source: string; target: string; writable: boolean }[],
    signal: AbortSignal,
  ): Promise<void> {
    const result = await this.sandbox.run({
      argv: ['sh', '-c', script],
      cwd: '/',
      mounts: places.map((place) => ({ type: 'bind', ...place })),
      limits: { timeoutSeconds: 600, memoryMb: 1024, outputBytes: 4096 },
      signal,
    });
    signal.throwIfAborted();
    if (result.status === 'exited' && result.exitCode === 0) return;
    const said = inertText(Buffer.from(result.output).toString('utf8'));
    throw failure('GitFailed', `what a setup has downloaded could not be kept: ${result.status} ${said}`);
  }
}
