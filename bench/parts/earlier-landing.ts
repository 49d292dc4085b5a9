// Landing as it was before trains: the code of an earlier commit, taken out of the repository's history into a folder, on a
// git host of its own. One unit at a time: its candidate is built and pushed to the state remote, and then lands.

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LandingSubject } from '../../contracts/activities/landing.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import type { Sha } from '../../contracts/ids.ts';
import { openSandbox } from '../../activities/sandbox/open-sandbox.ts';

/** The last commit whose queue landed units one by one, and had no trailers to look for but its own. */
export const earlierCommit = '357aca0';
const root = join(import.meta.dirname, '..', '..');

/** Why the code cannot be had; null = it can. */
export function lacksEarlier(): string | null {
  try {
    execFileSync('git', ['-C', root, 'cat-file', '-e', `${earlierCommit}^{commit}`], { stdio: 'ignore' });
    return null;
  } catch {
    return `the repository's history has no commit ${earlierCommit} (a clone with all of it has)`;
  }
}

/** What is used of the earlier code. */
interface EarlierRepository {
  buildCandidate(subject: LandingSubject): Promise<{ status: string; target: Sha; candidate: Sha }>;
  fetchCandidate(subject: LandingSubject, candidate: Sha): Promise<void>;
  land(landing: { branch: string; target: Sha; candidate: Sha }): Promise<{ status: string }>;
}

interface EarlierHost {
  open(context: RunContext): Promise<EarlierRepository>;
}

interface EarlierCode {
  openGitHost(options: object): Promise<EarlierHost>;
}

export type LandOne = (subject: LandingSubject) => Promise<void>;

/** `folder` gets the code and the host's home. */
export async function openEarlier(folder: string): Promise<LandOne> {
  const [code, home] = [join(folder, 'code'), join(folder, 'home')];
  for (const each of [code, home]) mkdirSync(each, { recursive: true });
  const archive = execFileSync('git', ['-C', root, 'archive', earlierCommit], { maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-x', '-C', code], { input: archive });
  symlinkSync(join(root, 'node_modules'), join(code, 'node_modules'));
  const from = pathToFileURL(join(code, 'activities', 'git', 'open-git-host.ts')).href;
  // The cast is safe: the commit is fixed.
  const { openGitHost } = (await import(from)) as EarlierCode;
  const log = { warn: () => undefined, info: () => undefined };
  const env = {};
  // Landing runs nothing in it.
  const sandbox = await openSandbox({
    driver: 'bwrap',
    home,
    toolchains: [],
    envAllowed: [],
    networkAllowed: 'none',
    env,
    secrets: [],
    log,
  });
  const host = await openGitHost({ home, hostId: 'earlier', sandbox, repositories: null, env, log });
  return async (subject) => {
    const repository = await host.open(subject.context);
    const { status, target, candidate } = await repository.buildCandidate(subject);
    if (status !== 'built') throw new Error(`${subject.unit} was not built: ${status}`);
    await repository.fetchCandidate(subject, candidate);
    const landed = await repository.land({ branch: subject.context.branch, target, candidate });
    if (landed.status !== 'landed') throw new Error(`${subject.unit} has not landed: ${landed.status}`);
  };
}
