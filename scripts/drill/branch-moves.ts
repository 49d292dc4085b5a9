// What became of a bare repository's branch: each move of it, from its reflog, with the files below `units/` that the
// commit has.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';

export interface Move {
  readonly from: string;
  readonly to: string;
  readonly isForward: boolean;
  readonly files: readonly string[];
}

const identity = ['-c', 'user.name=Stranger', '-c', 'user.email=stranger@localhost'];

export class Branch {
  private readonly repository: string;

  /** Also makes the repository keep a reflog from now on. */
  constructor(repository: string) {
    this.repository = repository;
    this.git(['config', 'core.logAllRefUpdates', 'always']);
  }

  /** Puts a file of a stranger's on the branch, as a push would; returns the commit. */
  pushAsStranger(file: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'coppice-stranger-'));
    try {
      const env = { GIT_INDEX_FILE: join(folder, 'index') };
      for (;;) {
        const tip = this.tip();
        this.git(['read-tree', tip], { env });
        const blob = this.git(['hash-object', '-w', '--stdin'], { input: `${file}\n` });
        this.git(['update-index', '--add', '--cacheinfo', `100644,${blob},units/${file}`], { env });
        const tree = this.git(['write-tree'], { env });
        const commit = this.git([...identity, 'commit-tree', tree, '-p', tip, '-m', `Write ${file}`]);
        if (this.moveTo(commit, tip)) return commit;
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  moves(): Move[] {
    const lines = this.git(['reflog', 'show', '--format=%H', 'main']).split('\n').toReversed();
    return lines.map((to, index) => {
      const from = lines[index - 1] ?? this.git(['rev-parse', `${to}^`]);
      return { from, to, isForward: this.isAncestor(from, to), files: this.filesAt(to) };
    });
  }

  /** Units by their trailers, as often as each has landed. */
  landings(): string[] {
    const format = '--format=%(trailers:key=Coppice-Unit,valueonly)';
    return this.git(['log', format, 'main'])
      .split('\n')
      .filter((line) => line !== '');
  }

  isAncestor(commit: string, of: string): boolean {
    return succeeds(() => this.git(['merge-base', '--is-ancestor', commit, of]));
  }

  tip(): string {
    return this.git(['rev-parse', 'refs/heads/main']);
  }

  filesAt(commit: string): string[] {
    return this.git(['ls-tree', '--name-only', commit, 'units/'])
      .split('\n')
      .filter((path) => path !== '')
      .map((path) => path.replace('units/', ''));
  }

  /** False if somebody was faster. */
  private moveTo(commit: string, from: string): boolean {
    return succeeds(() => this.git(['update-ref', '-m', 'push', 'refs/heads/main', commit, from]));
  }

  private git(
    args: readonly string[],
    { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {},
  ) {
    const options = { encoding: 'utf8', env: { ...process.env, ...env }, input } as const;
    return execFileSync('git', ['--git-dir', this.repository, ...args], { ...options, stdio: 'pipe' }).trim();
  }
}

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
