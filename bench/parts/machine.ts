// The machine and software of a measurement: without them a figure means nothing.

import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  readonly git: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.version,
    git: execFileSync('git', ['--version'], { encoding: 'utf8' }).trim().replace('git version ', ''),
  };
}

/** The checkout's commit, marked if there are uncommitted changes; null outside a checkout. */
export function describeCommit(): string | null {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const commit = git('rev-parse', '--short=12', 'HEAD');
    return git('status', '--porcelain', '--untracked-files=no') === '' ? commit : `${commit} with changes`;
  } catch {
    return null;
  }
}

export function machineLine({ cpu, cores, memoryGb, kernel, node, git }: Machine, commit: string | null): string {
  return `${cores} × ${cpu}, ${memoryGb} GB, Linux ${kernel}, node ${node}, git ${git}, commit ${commit ?? 'unknown'}`;
}
