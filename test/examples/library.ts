// A copy of the example library with its own git repository, for the tests of the demo's plan.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const examples = fileURLToPath(new URL('../../examples/', import.meta.url));

const identity = { GIT_AUTHOR_NAME: 'T', GIT_AUTHOR_EMAIL: 't@x', GIT_COMMITTER_NAME: 'T', GIT_COMMITTER_EMAIL: 't@x' };
// Where NODE_TEST_CONTEXT is set, even to nothing, `node --test` skips every file and answers 0.
const { NODE_TEST_CONTEXT: _skips, ...inherited } = process.env;
export const env: NodeJS.ProcessEnv = {
  ...inherited,
  ...identity,
  // All files in one process: the same verdict, sooner.
  NODE_OPTIONS: '--test-isolation=none',
  PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
};

export class Library {
  readonly folder: string;

  /** Somewhere in `root`. */
  constructor(root: string) {
    this.folder = mkdtempSync(join(root, 'library-'));
    cpSync(join(examples, 'library'), this.folder, { recursive: true });
    this.git('init', '--quiet', '--initial-branch=main');
    this.commit('Start');
  }

  /** The library's own verification. */
  isGreen(): boolean {
    return spawnSync(process.execPath, ['--test'], { cwd: this.folder, env }).status === 0;
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.folder, env, encoding: 'utf8' });
  }

  commit(subject: string): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '-m', subject);
  }

  changed(): string[] {
    this.git('add', '--all');
    return this.git('diff', '--cached', '--name-only', 'HEAD').trim().split('\n');
  }

  /** The id of everything that is in the folder. */
  tree(): string {
    this.git('add', '--all');
    return this.git('write-tree');
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }
}
