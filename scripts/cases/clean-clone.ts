// Judges landed commits without Coppice: a fresh clone of each commit as on an ordinary machine, the setup and the
// verification that the commit had to pass, and `CI=true`. A commit that fails here was landed by mistake.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withCompileSteps } from '../../formats/setup/compile-steps.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { parsePlan } from '../../formats/plan-file/plan-file.ts';

interface Landed {
  readonly remote: string;
  readonly branch: string;
  /** The branch's tip before the run. */
  readonly from: string;
  readonly planFile: string;
  /** All landed commits, or only the last one. */
  readonly which: 'every' | 'last';
}

/** One text per problem, in the order in which the commits landed. */
export function checkCleanClones({ remote, branch, from, planFile, which }: Landed): {
  readonly checked: number;
  readonly problems: readonly string[];
} {
  const range = `${from}..refs/heads/${branch}`;
  const landed = git(remote, 'rev-list', '--reverse', '--first-parent', range).split('\n').filter(Boolean);
  const chosen = which === 'every' ? landed : landed.slice(-1);
  const problems = chosen.flatMap((commit) => {
    const problem = checkCommit(remote, commit, planFile);
    return problem === null ? [] : [`${commit.slice(0, 12)} in a clean clone: ${problem}`];
  });
  return { checked: chosen.length, problems };
}

function checkCommit(remote: string, commit: string, planFile: string): string | null {
  const root = mkdtempSync(join(tmpdir(), 'coppice-clean-clone-'));
  try {
    const clone = join(root, 'clone');
    execFileSync('git', ['clone', '--quiet', '--no-checkout', remote, clone], { stdio: 'pipe' });
    git(clone, 'checkout', '--quiet', '--detach', commit);
    git(clone, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'update', '--init', '--recursive');
    const { commands, ci } = rulesOf(clone, commit, planFile);
    // Nothing from this process: a CI job has its own home, and none of our variables.
    const env = { PATH: process.env['PATH'] ?? '', HOME: root, LANG: 'C.UTF-8', ...(ci ? { CI: 'true' } : {}) };
    for (const { run, seconds } of commands) {
      const ran = spawnSync('sh', ['-c', run], { cwd: clone, env, encoding: 'utf8', timeout: seconds * 1000 });
      if (ran.status !== 0)
        return `${run}\n${`${ran.stdout}${ran.stderr}`.slice(-2000)}[exit code ${ran.status ?? '?'}]`;
    }
    return null;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The commands that the commit had to pass: those of its parent's coppice.yaml, and its unit's own. */
function rulesOf(clone: string, commit: string, planFile: string) {
  const has = git(clone, 'ls-tree', '--name-only', `${commit}^`, 'coppice.yaml') !== '';
  const { config, errors } = parseConfig(has ? git(clone, 'show', `${commit}^:coppice.yaml`) : '', 'coppice.yaml');
  if (config === undefined) throw new Error(`coppice.yaml of ${commit}^: ${errors[0]?.message ?? ''}`);
  const { setup, verify, sandbox } = config;
  const own = unitVerify(planFile, git(clone, 'log', '-1', '--format=%(trailers:key=Coppice-Unit,valueonly)', commit));
  const commands = [
    ...(setup === null ? [] : [{ run: withCompileSteps(setup.run), seconds: setup.timeoutSeconds }]),
    ...verify.map(({ run, timeoutSeconds }) => ({ run, seconds: timeoutSeconds })),
    ...(own === null ? [] : [{ run: own, seconds: 600 }]),
  ];
  return { commands, ci: sandbox.ci !== false };
}

function unitVerify(planFile: string, unit: string): string | null {
  if (!existsSync(planFile)) return null;
  const { plan } = parsePlan(readFileSync(planFile, 'utf8'), planFile);
  return plan?.units.find(({ id }) => id === unit)?.verify ?? null;
}

function git(repository: string, ...args: string[]): string {
  return execFileSync('git', ['-C', repository, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}
