// Tries the target before a run spends anything: its setup, then its verification, in a clean worktree of its tip. A
// green verdict is remembered on this host, keyed by all its inputs.
// Safe to run twice: it changes only its own worktree and the log, which is replaced.

import { isDeepStrictEqual } from 'node:util';
import { errorText } from '../../../domain/errors.ts';
import { Context } from '@temporalio/activity';
import type { VerifyHost } from './verify-host.ts';
import type { Worktree } from '../../worktrees/worktree.ts';
import type { TrialActivities, TryOutcome, TryResult } from '../../../contracts/activities/trial.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { TargetReader, WorktreeSource } from '../../repository/contract.ts';
import type { RunContext } from '../../../contracts/documents/plan.ts';
import type { Sha, UnitId } from '../../../contracts/ids.ts';
import type { Watch } from '../../worktrees/setup/preparation.ts';
import { checkEnv, networkFor } from '../../sandbox/policy.ts';
import { explainMissing } from '../../../domain/worktrees/missing-content.ts';
import { failureType } from '../../../contracts/failures.ts';
import { headAndTail } from '../../sandbox/readable-output.ts';
import { readGreen, rememberGreen } from './green-trees.ts';
import { readConfigAt } from '../../repository/target-rules.ts';
import { preparationOf } from '../../worktrees/setup/preparation.ts';
import { runChecks } from '../../checks/run-checks.ts';
import { setupLogOf } from '../../worktrees/setup/setup-failure.ts';
import { takeWorkNames } from '../../sandbox/work-names.ts';
import { verificationsOn } from './verification-key.ts';
import { withHeartbeat } from '../../host/heartbeat.ts';
import { writeSetupLog } from '../../worktrees/setup/keep-setup-log.ts';

/** The unit name that its commands see. */
const tryUnit = 'try' as UnitId;
const logBytes = 1024 ** 2;

export function makeTryTarget(host: VerifyHost): TrialActivities['tryTarget'] {
  return async ({ context, unless }) => {
    await host.room.assertRoom();
    let doing = 'preparing';
    const tell = (name: string): void => void (doing = name);
    const details = (): object => ({ host: host.hostId, doing });
    return withHeartbeat(() => tryTip(host, { context, unless, onStart: tell }), details);
  };
}

const keepsItsOwn =
  'coppice.yaml on the target has other commands now, but a run keeps those that it began with: start a new run';

/** True if a run that began now would have a different setup or verification. */
async function hasOtherCommands(repository: TargetReader, commit: Sha, { setup, verify }: Config): Promise<boolean> {
  const now = await readConfigAt(repository, commit).catch(() => null);
  return now !== null && !isDeepStrictEqual([now.setup, now.verify], [setup, verify]);
}

interface Wanted {
  readonly context: RunContext;
  /** The commit of the previous try. */
  readonly unless: Sha | undefined;
  readonly onStart: (name: string) => void;
}

async function tryTip(host: VerifyHost, { context, unless, onStart }: Wanted): Promise<TryResult> {
  const { cancellationSignal: signal } = Context.current();
  const repository = await host.git.open(context);
  const { config } = await repository.readPlan(context);
  const commit = await repository.fetchBranch(context.branch);
  if (commit === unless) return { commit, status: 'unchanged', log: null };
  const tried = await tryCommit(host, { repository, config, context, commit }, { signal, onStart });
  if (tried.outcome.status !== 'green' && (await hasOtherCommands(repository, commit, config))) {
    tried.notes.push(keepsItsOwn);
  }
  const log = await writeSetupLog(host.git, context, 'try', tried.log).catch(() => null);
  return { ...withNotes(tried), commit, log };
}

/** A commit to try, and the configuration to use. */
export interface TryTarget {
  readonly repository: TargetReader & WorktreeSource;
  readonly config: Config;
  readonly context: Pick<RunContext, 'run' | 'repository' | 'branch'>;
  readonly commit: Sha;
}

export interface Tried {
  readonly outcome: TryOutcome;
  /** Content that a worktree of the commit lacks. */
  readonly notes: string[];
  /** All output, as safe text. */
  readonly log: string;
}

/**
 * The hooks of `watch` are called for the setup and for each check. `again` = ignore remembered verdicts. Throws errors
 * of the host; a failing setup is an outcome.
 */
export async function tryCommit(
  host: VerifyHost,
  target: TryTarget,
  watch: Watch & { readonly again?: boolean },
): Promise<Tried> {
  const { repository, commit } = target;
  try {
    const notes = explainMissing(await repository.missingContent(commit, target.config));
    return await tryWith(host, target, watch, notes);
  } catch (error) {
    // The target is here, so this is content from elsewhere: submodules, or Git LFS.
    if (failureType(error) !== 'RepositoryUnreachable') throw error;
    const output = errorText(error);
    return { outcome: { status: 'setup-failed', command: 'git', output }, notes: [], log: `${output}\n` };
  }
}

async function tryWith(
  host: VerifyHost,
  target: TryTarget,
  watch: Watch & { readonly again?: boolean },
  notes: string[],
): Promise<Tried> {
  const { commit, config } = target;
  const key = await keyOf(host, target);
  // Agents' worktrees may hold what an earlier setup built from other sources, so this verdict is for trials alone.
  const ownKey = key === null || config.setup === null ? key : `${key}-agent`;
  const remembered = watch.again === true ? null : await readAny(host, [key, ownKey]);
  if (remembered !== null) return { outcome: { status: 'green' }, notes, log: remembered };
  const parts = [`target ${commit} on ${host.hostId}\n`, ...notes.map(noteLine)];
  const onLog = (log: string): void => {
    parts.push(log);
    watch.onLog?.(log);
  };
  const outcome = await runAll(host, target, { ...watch, onLog }, parts);
  const log = headAndTail(parts.join('\n'), logBytes);
  if (outcome.status === 'green' && ownKey !== null) await rememberGreen(host, ownKey, log);
  return { outcome, notes, log };
}

async function readAny(host: VerifyHost, keys: readonly (string | null)[]): Promise<string | null> {
  for (const key of new Set(keys)) {
    const log = key === null ? null : await readGreen(host, key);
    if (log !== null) return log;
  }
  return null;
}

/** That of a verification of the same tree by the same rules; null = nothing is to be verified. */
async function keyOf(host: VerifyHost, { repository, config, context, commit }: TryTarget): Promise<string | null> {
  const [tree, tags] = await Promise.all([repository.treeOf(commit), repository.tagsOf(commit)]);
  const { repository: url, branch } = context;
  const verificationOf = await verificationsOn(host, { repository: url, branch, target: commit, config, tags });
  return verificationOf({ tree, own: [], egress: [], all: false })?.key ?? null;
}

function noteLine(note: string): string {
  return `note: ${note}\n`;
}

/** Appends the notes to an outcome that is not green: long texts are shortened, but keep their end. */
function withNotes({ outcome, notes }: Tried): TryOutcome {
  if (outcome.status === 'green' || notes.length === 0) return outcome;
  return { ...outcome, output: [outcome.output, ...notes.map(noteLine)].join('\n').trimEnd() };
}

type FullWatch = Watch & Required<Pick<Watch, 'onLog'>>;

async function runAll(host: VerifyHost, target: TryTarget, watch: FullWatch, parts: string[]): Promise<TryOutcome> {
  const { repository, config, context, commit } = target;
  const { networkAllowed: hostAllows } = host.policy;
  const { setup, sandbox, worktree: wanted } = config;
  const env = checkEnv(config, host.policy, host.env);
  // This is the target's own tree, and agents begin with its result.
  const preparation = preparationOf(config, host, { purpose: 'agent', branch: context.branch, target: commit });
  const hasRun = (): boolean => parts.some((part) => part.startsWith('$ '));
  const names = await takeWorkNames({ run: context.run, unit: tryUnit }, wanted.ports);
  let worktree: Worktree | null = null;
  try {
    worktree = await repository.openWorktree({ commit, branch: context.branch, upstream: commit }, (place) =>
      host.worktrees.openWorktree(place, preparation, { ...watch, forMany: true }),
    );
    if (setup !== null && !hasRun()) {
      watch.onLog('note: the setup did not run: this host has kept its result\n');
    }
    const place = {
      ...watch,
      sandbox: host.sandbox,
      worktree,
      env: { ...env, ...names.env },
      network: networkFor('verify', sandbox.network, hostAllows),
      limits: { memoryMb: sandbox.memoryMb },
      outputBytes: logBytes,
    };
    for (const check of config.verify) {
      watch.onCommand?.(check.run);
      const result = await runChecks({ ...place, onStart: (name) => watch.onStart(`trying: ${name}`) }, [check]);
      if (result.status !== 'green') return result;
    }
    return { status: 'green' };
  } catch (error) {
    if (failureType(error) !== 'SetupFailed') throw error;
    const message = errorText(error);
    if (!hasRun()) parts.push(setupLogOf(error) ?? message);
    return { status: 'setup-failed', command: setup?.run ?? '', output: message };
  } finally {
    await names.release();
    await worktree?.remove();
  }
}
