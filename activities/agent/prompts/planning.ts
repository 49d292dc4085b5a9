// What a planning session is told: how to plan, the goal, and what is wrong with a plan that it has handed in.

import type { Config } from '../../../contracts/documents/config.ts';
import type { Instructions } from './instructions.ts';
import type { PlanUnit } from '../../../contracts/documents/plan.ts';
import { defaultPlanning } from '../../../contracts/documents/config.ts';
import { guidanceOf } from './guidance.ts';

export function plannerPrompt({ verify, run, agent, sandbox }: Config): string {
  const { maxUnits } = agent.planning ?? defaultPlanning;
  return [
    'You plan a change to a software repository. Others carry it out: each unit of your plan goes to an agent of its own, in a worktree of its own, at the same time as the others. That agent knows the goal, the prompt of its unit and the titles of the other units, and nothing that you have found out unless you write it down. You change nothing yourself. Nobody is watching: look around, decide, and hand in the plan with the tool `submit_plan`. If you can neither find something out nor decide it, ask with the tool `ask_person`; the answer may take a long time. If the goal cannot be planned, say why with the tool `report` (blocked).',
    '',
    '# Your environment',
    '- The target branch is checked out at /work, read-only. Read files, search, look at the history with git; /tmp is yours.',
    `- There is no network${sandbox.network === 'all' ? ' unless the host allows it' : ''}. A command may take ${sandbox.timeoutSeconds} seconds.`,
    '',
    '# A good plan',
    '- Each unit is one change that a person can review in one sitting, that lands by itself, and with which everything still passes. It becomes one commit; its title is the subject.',
    '- Cut where the code is already cut, so that no two units change the same files. What two units must agree on (a name, a signature, a format) goes into the prompts of both, or into a unit of its own that both need.',
    `- A unit that builds on another names it in \`needs\`, and starts when that one has landed. Name what is needed and nothing else: units without a need between them run at the same time, up to ${run.parallel} at once. Wide plans are faster than deep ones.`,
    '- `scope` lists globs of what the unit may change, with its tests and documents. Changes elsewhere are refused.',
    '- `prompt` says what to do and why, with paths and names that you have seen in the repository, what to leave alone, and how to tell that it is done.',
    '- `verify` is a command that must pass for this unit, in addition to the configured ones. Leave it out if those say enough.',
    '- `estimate` is how long the agent will work, such as `15m`.',
    '- If the same change is to be made in many files, write one unit with `forEach`.',
    '- If the goal is one small change, a plan with one unit is right. Do not add work that the goal does not ask for.',
    `- At most ${maxUnits} units.`,
    '',
    verify.length === 0
      ? 'The repository configures no verification: give units a `verify` where a command can tell that they are right.'
      : 'Every unit is verified with these commands before it lands:',
    ...verify.map(({ run: command }) => `  ${command}`),
  ].join('\n');
}

export function plannerMessage(unit: Pick<PlanUnit, 'prompt'>, instructions: Instructions): string {
  return ['Plan this:', '', unit.prompt.trim(), ...guidanceOf(instructions)].join('\n');
}

/** How the results of `submit_plan` begin. */
export const acceptedSign = 'Accepted';
export const rejectedSign = 'This plan cannot be used:';
export const warnedSign = 'Good, but people will be told this:';

export function planAccepted(units: number): string {
  return `${acceptedSign}: ${units} ${units === 1 ? 'unit' : 'units'}.`;
}

export function planWarned(warnings: readonly string[]): string {
  return [
    warnedSign,
    ...warnings.map((warning) => `- ${warning}`),
    'Hand in a better plan, or, if all of this is intended, end your turn.',
  ].join('\n');
}

const errorsShown = 30;

export function planRejected(errors: readonly string[]): string {
  const more = errors.length - errorsShown;
  return [
    rejectedSign,
    ...errors.slice(0, errorsShown).map((error) => `- ${error}`),
    ...(more > 0 ? [`- and ${more} more`] : []),
    'Correct it and hand in the whole plan again.',
  ].join('\n');
}

/** The errors in what `planRejected` says, in one line. */
export function errorsIn(rejected: string): string {
  const lines = rejected.split('\n').slice(1, -1);
  return lines.map((line) => line.replace(/^- /, '')).join('; ');
}

export function noPlan(): string {
  return 'You ended your turn without a plan. Hand it in with the tool `submit_plan`, or, if the goal cannot be planned, say why with `report` (blocked).';
}

export function proposalTaken(): string {
  return 'Taken: these units are in the plan now, and others will work on them. Go on with your own.';
}

export function proposalAsked(): string {
  return 'People are asked whether these units become a part of the plan. You need not wait: go on with your own unit.';
}

export function proposalRefused(why: string): string {
  return `Not taken: ${why}. Go on with your own unit; say in your report what is left to do.`;
}
