// All free checks before a run starts: plan, configuration, repository, branch, state remote, money. Throws named
// failures; returns what the start needs. Called by the API and so by `coppice run`.

import { explainOwners } from '../../formats/policy/explain-owners.ts';
import { maxCost } from '../../domain/money/max-cost.ts';
import { judgePlan } from '../../formats/policy/judge-plan.ts';
import { countErrors } from '../../formats/yaml/placed-error.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { Env } from '../../domain/environment.ts';
import type { Plan, PlannerTask } from '../../contracts/documents/plan.ts';
import type { Remote } from '../../git/remote.ts';
import type { RunId, Sha } from '../../contracts/ids.ts';
import { existsSync } from 'node:fs';
import { failure } from '../../contracts/failures.ts';
import { withoutDefaultBudgets } from './default-budgets.ts';
import { type Target, inspectTarget } from '../../git/inspect-target.ts';
import { isRunId } from '../../contracts/ids.ts';
import { listRemote } from '../../git/remote.ts';
import { localDifferences } from './local-differences.ts';
import { maxConfigBytes, overrideConfig, parseConfig, placeInConfig } from '../../formats/config-file/config-file.ts';
import { reviewFor } from '../../domain/plan/review-for.ts';
import { priceOf } from '../../domain/money/prices.ts';
import { queueId } from '../../git/queue-id.ts';
import { commandsOf } from '../../formats/plan-file/for-each.ts';
import { planTextFile, tablesFile, writeTables } from '../../formats/state-documents/plan-files.ts';
import { type PartlyMade, planOnTarget } from './plan-on-target.ts';
import { type GivenPlan, type PlanSource, planOn, readPlan } from './read-plan.ts';
import { plannerPlan, readGoal } from './planner-plan.ts';
import { readRepository } from '../repository.ts';
import { readUserFile } from '../read-user-file.ts';
import { refuseKeptId } from './known-ids.ts';
import { remoteFor } from '../../git/remote-for.ts';
import { stateRemoteFor } from '../state-remote.ts';
import { globWarnings } from '../../formats/globs/plan-on-target.ts';

export interface RunRequest {
  /** https, ssh or scp-like URL, or a path. */
  readonly repository: string;
  readonly branch?: string | undefined;
  /** Path of a plan file, or the plan itself; absent = the run makes a plan of its `goal`. */
  readonly plan?: PlanSource | undefined;
  /** What should change; a planning session makes the plan. In place of `plan`. */
  readonly goal?: string | undefined;
  /** With a goal: end with the plan. */
  readonly planOnly?: boolean | undefined;
  /** With a goal: people must agree to the plan even if no rule of `policy` says so. */
  readonly askAboutPlan?: boolean | undefined;
  /** Path of a file whose `agent`, `run`, `worktree` and `sandbox` replace those of the branch's coppice.yaml. */
  readonly config?: string | undefined;
  readonly id?: string | undefined;
  /**
   * The command's working directory. If it is in a clone of the repository, unpushed commits and local changes produce
   * a warning.
   */
  readonly folder?: string | undefined;
  /** Do not ask if the target fails its own verification before the first unit. */
  readonly allowRedBase?: boolean | undefined;
}

export interface PreparedRun {
  readonly repository: string;
  readonly slug: string;
  readonly branch: string;
  readonly base: Sha;
  readonly stateRemote: string;
  readonly queue: string;
  readonly plan: Plan;
  readonly config: Config;
  /** Not errors, but the user should know them before the start. */
  readonly warnings: readonly string[];
  /** The most the run can spend on the model, in USD; null = no limit. */
  readonly maxCostUsd: number | null;
  readonly allowRedBase?: boolean;
  /** More files for the plan's commit; absent = none. */
  readonly planFiles?: Readonly<Record<string, string>>;
  /** What is known of a plan whose commands a host runs first, to make its other units. */
  readonly partlyMade?: PartlyMade;
}

export async function prepareRun(request: RunRequest, env: Env, home: string): Promise<PreparedRun> {
  if (request.id !== undefined) readRunId(request.id);
  const given = await readWork(request);
  const url = readRepository(request.repository);
  const repository = url.display;
  const stateRemote = await stateRemoteFor(url, env, home);
  const target = await inspectTarget(remoteFor(repository, env), request.branch ?? null);
  const files = await configFiles(target.configText, request.config);
  const config = withoutDefaultBudgets(readConfig(files));
  const { branch, tip: base } = target;
  if (request.branch === undefined && config.branch !== null && config.branch !== branch) {
    // The default branch names another one as the target, so the configuration of that one counts.
    return prepareRun({ ...request, branch: config.branch }, env, home);
  }
  const { plan, isPlan, warnings, ...more } = planOf(given, config, target);
  refuseWhatCannotBe(config, files);
  refuseUnpriced(config, plan);
  if (isPlan) refuseDeniedPlan(config, plan);
  const except = [request.plan, request.config].filter((path) => typeof path === 'string');
  const differences =
    request.folder === undefined
      ? []
      : await localDifferences({ folder: request.folder, except }, remoteFor(repository, env), target);
  await refuseState(remoteFor(stateRemote, env), request.id === undefined ? null : readRunId(request.id));
  return {
    repository,
    slug: url.slug,
    branch,
    base,
    stateRemote,
    queue: queueId(url, branch),
    plan,
    config,
    warnings: [
      ...warningsOf(config, branch),
      ...differences,
      ...warnings,
      ...explainOwners(config, target.codeowners, target.paths),
    ],
    maxCostUsd: isPlan || request.planOnly === true ? maxCost(config, plan) : config.run.budgetUsd,
    allowRedBase: request.allowRedBase ?? false,
    ...more,
  };
}

interface Planning {
  readonly goal: string;
  readonly task: PlannerTask;
}

type GivenWork =
  | { readonly written: null; readonly planning: Planning }
  | {
      readonly written: { readonly plan: GivenPlan; readonly source: PlanSource };
      /** Of a plan whose units a host makes; null = they are known. */
      readonly planning: (Planning & { readonly files: Readonly<Record<string, string>> }) | null;
    };

interface PlanToRun extends Pick<PreparedRun, 'plan' | 'warnings' | 'planFiles' | 'partlyMade'> {
  /** Its units are those of the work, and not the one that makes the plan first. */
  readonly isPlan: boolean;
}

/** Throws `BadPlan`. */
function planOf({ written, planning }: GivenWork, config: Config, target: Target): PlanToRun {
  if (written === null) {
    const plan = plannerPlan(planning.goal, config, planning.task);
    return { plan, isPlan: false, warnings: globWarnings(config, null, target) };
  }
  const made = planOn(written.plan, target.paths, written.source);
  const { plan, warnings } = planOnTarget(config, made, target);
  if (planning === null) return { plan, isPlan: true, warnings };
  const { goal, task, files } = planning;
  return {
    plan: plannerPlan(goal, config, task),
    isPlan: false,
    warnings,
    planFiles: files,
    partlyMade: { plan, open: made.open },
  };
}

/** Throws `BadInput` for anything but either a plan or a goal, and `BadPlan`. */
async function readWork({ plan, goal, planOnly = false, askAboutPlan = false }: RunRequest): Promise<GivenWork> {
  if (goal !== undefined && plan === undefined) {
    const task = { ask: askAboutPlan && !planOnly, only: planOnly };
    return { written: null, planning: { goal: readGoal(goal), task } };
  }
  if (plan === undefined || goal !== undefined)
    throw failure('BadInput', 'a run takes either a plan or a goal', { hint: 'Name a plan file, or a goal.' });
  const given = await readPlan(plan);
  const written = { plan: given, source: plan };
  const commands = given.open === undefined ? [] : commandsOf(given.open);
  if (given.open === undefined || commands.length === 0) return { written, planning: null };
  const { open, text, tables } = given;
  const files = { [planTextFile]: text, [tablesFile]: writeTables(tables) };
  const task = { ask: false, only: false, unitsOnly: true } as const;
  return { written, planning: { goal: open.goal, task, files } };
}

/** The sources of the configuration; of those that exist, the last file with a section counts for it. */
interface ConfigFiles {
  readonly branch: NamedText | null;
  readonly override: NamedText | null;
}

interface NamedText {
  readonly file: string;
  readonly text: string;
}

async function configFiles(branchText: string | null, override: string | undefined): Promise<ConfigFiles> {
  return {
    branch: branchText === null ? null : { file: 'coppice.yaml', text: branchText },
    override: override === undefined ? null : { file: override, text: await readUserFile(override, maxConfigBytes) },
  };
}

function readConfig(files: ConfigFiles): Config {
  const branch = parseConfig(files.branch?.text ?? 'version: 1\n', 'coppice.yaml');
  if ('errors' in branch) {
    const message = `coppice.yaml on the target branch has ${countErrors(branch.errors)}`;
    throw failure('BadConfig', message, { details: { errors: branch.errors } });
  }
  if (files.override === null) return branch.config;
  const { text, file } = files.override;
  const merged = overrideConfig(branch.config, text, file);
  if ('errors' in merged) {
    throw failure('BadConfig', `${file} has ${countErrors(merged.errors)}`, {
      details: { errors: merged.errors },
    });
  }
  return merged.config;
}

/** Throws `BadInput` if the text is no run id. */
export function readRunId(text: string): RunId {
  if (isRunId(text)) return text;
  const rule = 'a run id has lower-case letters, digits and dashes, at most 41';
  throw failure('BadInput', `${rule}; not ${JSON.stringify(text)}`);
}

/** Refuses a run whose checkpoints have nowhere to go, or whose id already has checkpoints. */
async function refuseState(remote: Remote, run: RunId | null): Promise<void> {
  if (remote.url.startsWith('/') && !existsSync(remote.url)) {
    throw failure('BadInput', `there is no state remote at ${remote.url}`);
  }
  if (run === null) await listRemote(remote, ['refs/heads/none']);
  else await refuseKeptId(remote, run);
}

/** Least MiB of data that a process of Claude Code takes; it does not start with half of it. */
const claudeCodeMb = 1024;

/** Refuses what the file format names but is not built yet or not possible, rather than doing something else. */
export function refuseWhatCannotBe(config: Config, { branch, override }: ConfigFiles): void {
  const problem = whatCannotBe(config);
  if (problem === null) return;
  const { path, message } = problem;
  // The landing section always comes from the branch.
  const files = path[0] === 'landing' ? [branch] : [override, branch];
  const places = files.map((file) => (file === null ? null : placeInConfig(file.text, file.file, path)));
  const at = places.find((place) => place !== null);
  throw failure('BadConfig', message, { details: { errors: at === undefined ? [] : [{ at, message }] } });
}

function whatCannotBe({ landing, agent, sandbox }: Config): { path: [string, string]; message: string } | null {
  if (landing.mode !== 'push')
    return { path: ['landing', 'mode'], message: `landing.mode ${landing.mode} is not available yet; use push` };
  if (landing.shape !== 'squash')
    return { path: ['landing', 'shape'], message: `landing.shape ${landing.shape} is not available yet; use squash` };
  if (agent.driver === 'claude-code' && sandbox.memoryMb !== null && sandbox.memoryMb < claudeCodeMb) {
    const message = `agent.driver claude-code needs sandbox.memoryMb ${claudeCodeMb} or more`;
    return { path: ['sandbox', 'memoryMb'], message };
  }
  return null;
}

function refuseDeniedPlan(config: Config, plan: Plan): void {
  const verdict = judgePlan(config, { unitCount: plan.units.length, budgetUsd: maxCost(config, plan) });
  if (verdict.decide !== 'deny') return;
  throw failure('Refused', `policy does not allow this plan (${verdict.rule})`, {
    hint: 'Make it smaller, give the run or its units lower budgets (run.budgetUsd, agent.budgetUsd), or change the rule in coppice.yaml on the target branch.',
  });
}

function refuseUnpriced(config: Config, plan: Plan): void {
  const { agent, run } = config;
  const planner = plan.units.find((unit) => unit.planner !== undefined)?.planner;
  const { planning } = agent;
  const isPlanned = planner !== undefined && planner.unitsOnly !== true;
  // Units of a plan that is still to be made may be reviewed.
  const review =
    planner === undefined
      ? plan.units.map((unit) => reviewFor(unit, config)).find((each) => each !== null)
      : agent.review;
  const main = { option: 'agent.model', model: agent.model };
  const ofReview = review?.model ? { option: 'agent.review.model', model: review.model } : main;
  const used = [
    main,
    ...(isPlanned && planning?.model ? [{ option: 'agent.planning.model', model: planning.model }] : []),
    ...(review === undefined ? [] : [ofReview]),
  ];
  const hasBudget =
    agent.budgetUsd !== null || run.budgetUsd !== null || plan.units.some((unit) => unit.budgetUsd !== null);
  const reviewHas = review !== undefined && review.budgetUsd !== null;
  const unpriced = (hasBudget ? used : reviewHas ? [ofReview] : []).find(({ model }) => priceOf(model) === null);
  if (unpriced === undefined) return;
  const message = `there is no price for the model ${unpriced.model} (${unpriced.option}), so its USD budgets cannot be kept`;
  throw failure('ModelUnpriced', message);
}

function warningsOf({ verify, agent }: Config, branch: string): string[] {
  return [
    ...(verify.length === 0 ? [`${branch} has no verification configured: what lands is not tested`] : []),
    ...(priceOf(agent.model) === null ? [`no price is known for ${agent.model}: the run has no budget`] : []),
  ];
}
