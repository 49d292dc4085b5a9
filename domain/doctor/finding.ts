// What `coppice doctor` finds: one check for each thing that a run needs. This file judges plain facts; client/doctor/
// collects them, on this machine and elsewhere.
//
//   fail   a run, or a worker on this machine, would not work now
//   warn   it would, with a drawback; or this check cannot run until another one is fixed

export interface Finding {
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found. */
  readonly detail: string;
  /** What to do; empty when there is nothing to do. */
  readonly hint: string;
}

/** In display order: this machine, what is elsewhere, the repository, people. */
export const checkNames = [
  'node',
  'git',
  'disk',
  'memory',
  'sandbox',
  'toolchains',
  'setup-network',
  'driver',
  'model',
  'temporal',
  'hand-outs',
  'search-attributes',
  'workers',
  'repository',
  'coppice.yaml',
  'clone',
  /** What the repository here needs that a sandbox does not give it by itself. */
  'project',
  /** Only with `--try`. */
  'target',
  'state-remote',
  'slack',
  'smtp',
] as const;

export type CheckName = (typeof checkNames)[number];

export interface Check extends Finding {
  readonly name: CheckName;
}

export function ok(detail: string): Finding {
  return { status: 'ok', detail, hint: '' };
}

export function warn(detail: string, hint: string): Finding {
  return { status: 'warn', detail, hint };
}

export function fail(detail: string, hint: string): Finding {
  return { status: 'fail', detail, hint };
}

/** For a check that cannot run until something else is fixed. */
export function notLookedAt(why: string, hint = ''): Finding {
  return warn(`not looked at: ${why}`, hint);
}

/** One finding of several about the same thing: the worst of them, or that all is well. */
export function together(findings: readonly Finding[]): Finding {
  return (
    findings.find(({ status }) => status === 'fail') ??
    findings.find(({ status }) => status === 'warn') ??
    ok(findings.map(({ detail }) => detail).join('; '))
  );
}

const gib = 1024 ** 3;

function gibibytes(bytes: number): string {
  return `${(bytes / gib).toFixed(1)} GiB`;
}

export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18) ? ok(version) : fail(version, 'Install Node 22.18 or later.');
}

/** `answer` is what `git --version` prints. */
export function judgeGit(answer: string): Finding {
  const hint = 'Install git 2.38 or later.';
  const [version, major, minor] = /(\d+)\.(\d+)[\w.]*/.exec(answer) ?? [];
  if (version === undefined) return fail(`git does not say its version: ${answer}`, hint);
  // 2.38 has `merge-tree --write-tree`, which the merge queue builds candidates with.
  const recent = Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 38);
  return recent ? ok(version) : fail(`${version} is too old`, hint);
}

export function judgeDisk(home: string, freeBytes: number, writable: boolean): Finding {
  const hint = `Free some space there, or set COPPICE_HOME to a folder with more: mirrors and worktrees live in it.`;
  if (!writable) return fail(`${home} cannot be written to`, 'Set COPPICE_HOME to a folder of your own.');
  const detail = `${gibibytes(freeBytes)} free for ${home}`;
  if (freeBytes < gib) return fail(detail, hint);
  return freeBytes < 5 * gib ? warn(detail, hint) : ok(detail);
}

export function judgeMemory(totalBytes: number, availableBytes: number, slots: number): Finding {
  const detail = `${gibibytes(availableBytes)} of ${gibibytes(totalBytes)} available; a worker here takes ${slots} sessions at once`;
  return availableBytes < gib
    ? warn(detail, 'Close something, or start the worker with fewer --slots: builds and tests of agents need memory.')
    : ok(detail);
}

/** Recent pollers of each task queue. */
export interface Pollers {
  readonly workflows: readonly string[];
  readonly agents: readonly string[];
  readonly verify: readonly string[];
  readonly landing: readonly string[];
}

export function judgePollers(pollers: Pollers): Finding {
  const { workflows, agents, verify, landing } = pollers;
  const start = 'Start one: `coppice worker`, or `coppice dev` for everything in one process.';
  if (workflows.length + agents.length + verify.length + landing.length === 0) return fail('no worker polls', start);
  if (workflows.length === 0) {
    return fail('no worker runs workflows', 'Start one: `coppice worker --role orchestrator`.');
  }
  if (agents.length + verify.length + landing.length === 0) {
    return fail('no worker runs agents and verification', 'Start one: `coppice worker --role host`.');
  }
  const detail = Object.entries(pollers).map(([role, hosts]) => `${role}: ${named(hosts as readonly string[])}`);
  // A worker without a free slot does not poll.
  return agents.length === 0 || verify.length === 0
    ? warn(detail.join('; '), 'All slots may be taken; else start another one: `coppice worker --role host`.')
    : ok(detail.join('; '));
}

function named(hosts: readonly string[]): string {
  if (hosts.length === 0) return 'nobody';
  return hosts.length <= 3 ? hosts.join(', ') : `${hosts.slice(0, 2).join(', ')} and ${hosts.length - 2} more`;
}
