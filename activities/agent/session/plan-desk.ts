// Where a planning session hands in its plan. The same plan on the same target is always judged in the same way, so another
// host that takes the session over finds the plan in the conversation and comes to the same result.

import { type Config, defaultPlanning } from '../../../contracts/documents/config.ts';
import type { PlanDesk, Submission } from '../tools/place.ts';
import type { RunContext } from '../../../contracts/documents/plan.ts';
import type { SessionJournal } from '../conversation/journal.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { TargetReader } from '../../repository/contract.ts';
import { type MadePlan, errorOfPlan, errorLines, judgeMadePlan } from '../../../formats/plan-file/judge-made-plan.ts';
import type { PlacedError } from '../../../formats/yaml/placed-error.ts';
import { judgePlan } from '../../../formats/policy/judge-plan.ts';
import { maxCost } from '../../../domain/money/max-cost.ts';
import { lastSubmission } from '../tools/submit-plan.ts';
import { planAccepted, planRejected, planWarned } from '../prompts/planning.ts';
import { submissionsOf } from '../conversation/submissions.ts';
import { textOfAnswer } from '../../../contracts/documents/journal.ts';
import { toolError } from '../tools/tool.ts';

interface DeskContext {
  readonly config: Config;
  readonly context: Pick<RunContext, 'branch'>;
  readonly goal: string;
  readonly journal: SessionJournal;
  readonly repository: TargetReader;
  /** The commit of the target that is planned for. */
  readonly base: Sha;
  /** Takes the host's secrets out of a text: people see the plan, and git keeps it. */
  readonly redact: (text: string) => string;
  /** Why a command could not run in the worktree, for each that could not. */
  readonly tryCommands: (commands: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

export type GoodPlan = Extract<MadePlan, { readonly errors?: never }> & { readonly submission: Submission };

export class SessionPlanDesk implements PlanDesk {
  private readonly desk: DeskContext;

  constructor(desk: DeskContext) {
    this.desk = desk;
  }

  /** What people should know of a plan is said once; the agent may leave it. */
  async submit(submission: Submission) {
    const made = await this.judge(this.redacted(submission));
    if (made.errors !== undefined) return toolError(planRejected(linesFor(submission, made.errors)));
    const { warned } = submissionsOf(this.desk.journal);
    const output =
      made.warnings.length > 0 && !warned ? planWarned(made.warnings) : planAccepted(made.plan.units.length);
    return { output, isError: false, exitCode: null };
  }

  /**
   * The plan that the session has handed in since it last heard of anybody, or else has written in its last answer; null =
   * none, and a list of errors if it is not good.
   */
  async accepted(): Promise<GoodPlan | readonly string[] | null> {
    const { journal } = this.desk;
    const submitted = submissionsOf(journal).calls.flatMap((call) => lastSubmission([call]) ?? []);
    const inWords = planInText(journal);
    const all = submitted.length > 0 || inWords === null ? submitted : [inWords];
    let errors: readonly string[] | null = null;
    // Where the last one is not good, one before it counts.
    for (const submission of all.toReversed().map((each) => this.redacted(each))) {
      const made = await this.judge(submission);
      if (made.errors === undefined) return { ...made, submission };
      errors ??= linesFor(submission, made.errors);
    }
    return errors;
  }

  private redacted({ text, isText, why, lookedAt }: Submission): Submission {
    const { redact } = this.desk;
    return { text: redact(text), isText, why: redact(why), lookedAt: lookedAt.map(redact) };
  }

  private async judge({ text }: Submission): Promise<MadePlan> {
    const { config, context, goal, repository, base, tryCommands } = this.desk;
    const paths = await repository.listPaths(base);
    const readTable = async (path: string) => (await repository.readFile(base, path))?.text ?? null;
    const target = { branch: context.branch, paths, readTable };
    const { maxUnits } = config.agent.planning ?? defaultPlanning;
    const made = await judgeMadePlan(text, { config, target, goal, maxUnits });
    if (made.errors !== undefined) return made;
    const size = { unitCount: made.plan.units.length, budgetUsd: maxCost(config, made.plan) };
    const verdict = judgePlan(config, size);
    if (verdict.decide === 'deny')
      return { errors: [errorOfPlan(`policy does not allow a plan of this size (${verdict.rule})`)] };
    const commands = made.plan.units.flatMap(({ verify }) => verify ?? []);
    const failing = await tryCommands([...new Set(commands)].slice(0, mostCommands));
    const lines = made.plan.units.flatMap(({ id, verify }) => {
      const why = verify === null ? undefined : failing.get(verify);
      return why === undefined ? [] : [`the verification of ${id} cannot run on ${context.branch}: ${why}`];
    });
    return { ...made, warnings: [...made.warnings, ...lines.slice(0, mostWarnings)] };
  }
}

/** An object has no lines that its author knows. */
function linesFor({ isText }: Submission, errors: readonly PlacedError[]): string[] {
  return isText ? errorLines(errors) : errors.map(({ message }) => message);
}

/** A block of YAML or JSON in the last answer that has units. */
function planInText({ turns }: SessionJournal): Submission | null {
  const text = textOfAnswer(turns.at(-1)?.answer ?? []);
  const blocks = [...text.matchAll(/^```(?:ya?ml|json)?\n([^]*?)^```/gm)].map(([, block = '']) => block);
  const plan = [...blocks, text].find((block) => /^\s*"?units"?:/m.test(block));
  return plan === undefined ? null : { text: plan, isText: true, why: '', lookedAt: [] };
}

/** Commands that are tried: a plan of many units repeats a few. */
const mostCommands = 20;
const mostWarnings = 5;
