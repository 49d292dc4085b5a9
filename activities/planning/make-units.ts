// Makes the units of a plan whose `forEach` names commands: runs each once in the sandbox, in a worktree of the target after
// the setup, and takes the lines that it prints. Safe to run twice: it changes only its own worktree, and the same plan is
// the same files.

import { CancelledFailure, Context } from '@temporalio/activity';
import type { Config } from '../../contracts/documents/config.ts';
import type { HostRepository } from '../repository/contract.ts';
import type { MadeUnits, PlanningActivities } from '../../contracts/activities/planning.ts';
import type { Plan, RunContext } from '../../contracts/documents/plan.ts';
import type { SessionPlace } from '../agent/drivers/contract.ts';
import type { VerifyHost } from '../landing/verify/verify-host.ts';
import type { Worktree } from '../worktrees/worktree.ts';
import { checkEnv } from '../sandbox/policy.ts';
import { commandsOf, expandPlan, type OpenPlan } from '../../formats/plan-file/for-each.ts';
import { errorLines } from '../../formats/plan-file/judge-made-plan.ts';
import { errorText } from '../../domain/errors.ts';
import { failure, failureType, reason } from '../../contracts/failures.ts';
import { inertText } from '../../git/inert-text.ts';
import { inOrder } from '../../formats/globs/plan-on-target.ts';
import { judgePlan } from '../../formats/policy/judge-plan.ts';
import { maxCost } from '../../domain/money/max-cost.ts';
import { packGraph } from '../../domain/plan/graph.ts';
import { parsePlan } from '../../formats/plan-file/plan-file.ts';
import { planFilesOf, planTextFile, readTables, tablesFile } from '../../formats/state-documents/plan-files.ts';
import { planWarnings } from '../../formats/plan-file/plan-warnings.ts';
import { planRequestOf } from '../../formats/policy/plan-request.ts';
import { preparationOf } from '../worktrees/setup/preparation.ts';
import { readableOutput } from '../sandbox/readable-output.ts';
import { stateRefs } from '../../contracts/ids.ts';
import { withHeartbeat } from '../host/heartbeat.ts';

type Place = Omit<SessionPlace, 'folder' | 'network'> & { readonly signal: AbortSignal };

export function makeMakeUnits(host: VerifyHost): PlanningActivities['makeUnits'] {
  return async ({ context }) => {
    await host.room.assertRoom();
    let doing = 'preparing';
    const tell = (name: string): void => void (doing = name);
    const details = (): object => ({ host: host.hostId, doing });
    return withHeartbeat(async () => {
      const repository = await host.git.open(context);
      try {
        return await makeUnits(host, repository, context, tell);
      } catch (error) {
        if (failureType(error) !== 'BadPlan' && failureType(error) !== 'SetupFailed') throw error;
        return { status: 'failed', reason: reason('plan', errorText(error)) };
      }
    }, details);
  };
}

type Tell = (doing: string) => void;

/** Throws `BadPlan` with what is wrong. */
async function makeUnits(
  host: VerifyHost,
  repository: HostRepository,
  context: RunContext,
  tell: Tell,
): Promise<MadeUnits> {
  const { config } = await repository.readPlan(context);
  const [text, tables] = await repository.readPlanFiles(context, [planTextFile, tablesFile]);
  const parsed = parsePlan(text ?? '', 'plan');
  if (parsed.errors !== undefined) throw failure('BadPlan', errorLines(parsed.errors).join('\n'));
  const { open } = parsed;
  if (open === undefined) throw failure('BadPlan', 'the plan names no command');
  const commit = await repository.fetchBranch(context.branch);
  const worktree = await openWorktree(host, repository, { config, context, commit, tell });
  try {
    const outputs = await runAll(placeOf(host, config, worktree), open, tell);
    const paths = await repository.listPaths(commit);
    const made = expandPlan(open, { paths, tables: readTables(tables), outputs });
    if (made.errors !== undefined) {
      throw failure('BadPlan', errorLines(made.errors).join('\n'));
    }
    const { plan, warnings } = inOrder(config, made.plan, { paths });
    const known = planWarnings(plan.units, config, { branch: context.branch, paths });
    return await keep(repository, { context, config, text: text ?? '' }, { plan, warnings: [...warnings, ...known] });
  } finally {
    await worktree.remove();
  }
}

interface At {
  readonly config: Config;
  readonly context: RunContext;
  readonly commit: Awaited<ReturnType<HostRepository['fetchBranch']>>;
  readonly tell: Tell;
}

function openWorktree(
  host: VerifyHost,
  repository: HostRepository,
  { config, context, commit, tell }: At,
): Promise<Worktree> {
  const { branch } = context;
  const signal = Context.current().cancellationSignal;
  const preparation = preparationOf(config, host, { purpose: 'agent', branch, target: commit });
  return repository.openWorktree({ commit, branch, upstream: commit }, (place) =>
    host.worktrees.openWorktree(place, preparation, { signal, onStart: tell, forMany: true }),
  );
}

function placeOf(host: VerifyHost, config: Config, { mounts }: Worktree): Place {
  const { memoryMb, timeoutSeconds } = config.sandbox;
  return {
    sandbox: host.sandbox,
    mounts,
    env: checkEnv(config, host.policy, host.env),
    limits: { memoryMb, timeoutSeconds },
    signal: Context.current().cancellationSignal,
  };
}

const outputBytes = 4 * 1024 * 1024;
/** What goes to stderr is no item; it is shown if the command fails. */
const script = 'sh -c "$1" 2> "$TMPDIR/stderr" || { code=$?; tail -c 2000 "$TMPDIR/stderr"; exit $code; }';

async function runAll(place: Place, open: OpenPlan, tell: Tell): Promise<ReadonlyMap<string, string>> {
  const outputs = new Map<string, string>();
  for (const command of commandsOf(open)) {
    tell(inertText(command).slice(0, 100));
    outputs.set(command, await runOne(place, command));
  }
  return outputs;
}

async function runOne({ sandbox, mounts, env, limits, signal }: Place, command: string): Promise<string> {
  const result = await sandbox.run({
    argv: ['sh', '-c', script, 'sh', command],
    mounts,
    env,
    network: false,
    limits: { ...limits, outputBytes: 2 * outputBytes },
    signal,
  });
  if (result.status === 'cancelled') throw new CancelledFailure('the making of the units was cancelled');
  if (result.status !== 'exited' || result.exitCode !== 0) {
    const how = result.status === 'exited' ? `ends with ${result.exitCode}` : `was ${result.status}`;
    const said = readableOutput(sandbox, result.output, 1_000).trim();
    throw failure('BadPlan', `forEach.command \`${command}\` ${how}${said === '' ? '' : `:\n${said}`}`);
  }
  if (result.outputSize > outputBytes)
    throw failure('BadPlan', `forEach.command \`${command}\` prints more than ${outputBytes} bytes`);
  return sandbox.redact(new TextDecoder().decode(result.output));
}

interface Kept {
  readonly context: RunContext;
  readonly config: Config;
  readonly text: string;
}

async function keep(
  repository: HostRepository,
  { context, config, text }: Kept,
  { plan, warnings }: { readonly plan: Plan; readonly warnings: readonly string[] },
): Promise<MadeUnits> {
  if (packGraph(plan.units) === null) throw failure('BadPlan', 'the plan has too many dependencies for one run');
  const files = planFilesOf({ plan, config, text });
  const message = `Plan of ${context.run}`;
  const commit = await repository.writeState(stateRefs.plan(context.run), files, message, { keepsHistory: true });
  const verdict = judgePlan(config, { unitCount: plan.units.length, budgetUsd: maxCost(config, plan) });
  return { status: 'made', plan: commit, request: planRequestOf({ plan, config }, commit, { warnings }), verdict };
}
