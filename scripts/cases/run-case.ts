// Runs one case on a stage, through the command line, like a user.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case } from './case.ts';
import { checkCleanClones } from './clean-clone.ts';

const main = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));

export interface Bench {
  readonly root: string;
  /** Environment of every `coppice` command. */
  readonly env: Readonly<Record<string, string>>;
  readonly which: 'every' | 'last';
}

export interface Verdict {
  readonly name: string;
  readonly holds: boolean;
  readonly seconds: number;
  /** Commits that passed in a clean clone. */
  readonly cloned: number;
  readonly said: string;
}

interface Ran {
  readonly code: number | 'timed out';
  readonly stdout: string;
  readonly stderr: string;
}

const seedIdentity = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Seed',
  GIT_AUTHOR_EMAIL: 'seed@example.com',
  GIT_COMMITTER_NAME: 'Seed',
  GIT_COMMITTER_EMAIL: 'seed@example.com',
};

export async function runCase(each: Case, bench: Bench): Promise<Verdict> {
  const began = performance.now();
  const at = join(bench.root, `case-${each.name}`);
  mkdirSync(at);
  const built = script(each, 'build.sh', at, {});
  const end = (holds: boolean, cloned: number, said: string): Verdict => {
    return { name: each.name, holds, cloned, said, seconds: (performance.now() - began) / 1000 };
  };
  if (built.status !== 0) return end(false, 0, `build.sh failed\n${built.said}`);
  const { args, timeout, repo, cleanClone } = each.options;
  const target = targetOf(at, each);
  const named = repo === null ? [] : ['--repo', join(at, repo)];
  const ran = await coppice(['run', 'plan.yaml', ...named, '--id', each.name, '--watch', ...args], bench, {
    cwd: at,
    seconds: timeout,
  });
  writeFileSync(join(at, 'run.out'), ran.stdout);
  writeFileSync(join(at, 'run.err'), ran.stderr);
  const report = await coppice(['report', each.name, '--json'], bench, { cwd: at, seconds: 30 });
  writeFileSync(join(at, 'report.json'), report.stdout);
  if (ran.code === 'timed out') await coppice(['cancel', each.name], bench, { cwd: at, seconds: 30 });
  const checked = script(each, 'check.sh', at, { ...bench.env, RUN_CODE: `${ran.code}`, MAIN: main });
  const said = `${checked.said}(the run ended with ${ran.code})`;
  if (checked.status !== 0 || !cleanClone || target === null) return end(checked.status === 0, 0, said);
  const clones = checkCleanClones({ ...target, planFile: join(at, 'plan.yaml'), which: bench.which });
  return end(
    clones.problems.length === 0,
    clones.checked - clones.problems.length,
    [said, ...clones.problems].join('\n'),
  );
}

function script({ folder }: Case, name: string, at: string, env: Readonly<Record<string, string>>) {
  const { PATH = '', HOME = '' } = process.env;
  const ran = spawnSync('bash', [join(folder, name), at], {
    cwd: at,
    env: { PATH, HOME, LANG: 'C.UTF-8', ...seedIdentity, ...env, CASE: folder, NODE: process.execPath },
    encoding: 'utf8',
  });
  return { status: ran.status, said: `${ran.stdout}${ran.stderr}` };
}

function targetOf(at: string, { options: { repo, branch } }: Case) {
  if (repo === null) return null;
  const remote = join(at, repo);
  const git = (...args: string[]) => execFileSync('git', ['-C', remote, ...args], { encoding: 'utf8' }).trim();
  const name = branch ?? git('symbolic-ref', '--short', 'HEAD');
  return { remote, branch: name, from: git('rev-parse', `refs/heads/${name}`) };
}

async function coppice(
  args: readonly string[],
  { env }: Bench,
  { cwd, seconds }: { cwd: string; seconds: number },
): Promise<Ran> {
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { ...env, CI: '1', NO_COLOR: '1' },
    stdio: 'pipe',
  });
  let [stdout, stderr, late] = ['', '', false];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, seconds * 1000);
  await once(child, 'close');
  clearTimeout(timer);
  return { code: late ? 'timed out' : (child.exitCode ?? -1), stdout, stderr };
}
