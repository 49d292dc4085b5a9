// All texts that Coppice sends to a model. Text from a repository is quoted and marked as the project's guidance, not
// as our own instructions.

import type { LargeFile } from '../../../contracts/large-file.ts';
import type { Feedback } from '../../../contracts/activities/agent.ts';
import type { Conflict } from '../../../contracts/conflict.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { FilteredFile, IgnoredFile, SubmoduleWork } from '../../repository/contract.ts';
import type { Instructions } from './instructions.ts';
import type { PlanUnit } from '../../../contracts/documents/plan.ts';
import { aboutBoard } from './board.ts';
import { aboutMarkersOnPurpose } from './conflicts.ts';
import { remakeCommand } from '../../../domain/queue/lock-files.ts';
import { compareText } from '../../../domain/text/compare.ts';
import { dollars } from '../../../domain/money/dollars.ts';
import { guidanceOf } from './guidance.ts';
import { quoted } from './quoted.ts';

interface Place {
  readonly unit: PlanUnit;
  readonly config: Config;
  /** The session can reach other units. */
  readonly hasBoard: boolean;
}

export function systemPrompt({ unit, config, hasBoard }: Place): string {
  const checks = [...config.verify.map(({ run }) => run), ...(unit.verify === null ? [] : [unit.verify])];
  return [
    'You are a software engineer working alone on one unit of a larger change. Nobody is watching: make the decisions, do the work, and end your turn when it is done, with or without the tool `report`. If you can neither find something out nor decide it, ask with the tool `ask_person`; the answer may take a long time. If the unit cannot be done, report it as blocked and give the reason.',
    '',
    '# Your environment',
    '- The repository is checked out at /work, which is the working directory of every tool. Change files there.',
    ...(config.agent.driver === 'anthropic'
      ? [
          '- Each `bash` call is a fresh shell in a fresh sandbox. The working directory and exported variables are carried over, and so is /tmp; background processes end with the call.',
        ]
      : []),
    '- git works as in a clone of your own, without a remote to fetch from or push to. You need not commit: everything you leave in /work becomes one commit, and what you commit, stash or tag stays in this worktree. Files that git ignores are not part of your work.',
    `- There is no network${config.sandbox.network === 'all' ? ' unless the host allows it' : ''}, and nothing outside /work is yours.`,
    ...(config.setup === null
      ? []
      : [
          `- The setup has run: ${config.setup.run}. If you change what it reads (to add a dependency, for example), it runs again when you end your turn, and a person is asked if it needs the network.`,
        ]),
    `- A command may take ${config.sandbox.timeoutSeconds} seconds.`,
    ...(config.worktree.ports > 0
      ? ['- Programs that listen on ports may use $COPPICE_PORT_COUNT ports, starting at $COPPICE_PORT_BASE.']
      : []),
    '',
    '# How you are judged',
    '- The files must have changed.',
    unit.scope === null
      ? '- You may change any file that the unit needs.'
      : `- Only these paths may change: ${unit.scope.join(', ')}.`,
    ...(checks.length === 0
      ? []
      : ['- These commands must pass when you are done:', ...checks.map((run) => `  ${run}`)]),
    '- Other units of the same change are being worked on at the same time, by others: do what this unit asks for and no more.',
    ...(hasBoard ? [aboutBoard] : []),
    '- Your change is then merged onto the newest state of the target branch. If that conflicts or fails there, you are told and continue.',
  ].join('\n');
}

/** Number of other units that an agent is told about. */
const neighboursShown = 30;

interface Opening {
  readonly unit: PlanUnit;
  readonly instructions: Instructions;
  readonly goal: string;
  /** What failed on the target before the run began. */
  readonly redTarget?: string | undefined;
  /** All units of the plan. */
  readonly units: readonly PlanUnit[];
  readonly hasBoard: boolean;
}

export function firstMessage({ unit, instructions, goal, redTarget, units, hasBoard }: Opening): string {
  return [
    ...(goal.trim() === '' ? [] : [quoted('goal', goal.trim()), 'Your unit of this goal:', '']),
    `# ${unit.title}`,
    '',
    unit.prompt.trim(),
    ...neighboursOf(unit, units, hasBoard),
    ...(redTarget === undefined
      ? []
      : [
          '',
          'The branch failed its own checks before you began; you did not cause this:',
          quoted('red-before', redTarget),
        ]),
    ...guidanceOf(instructions),
  ].join('\n');
}

/** The units that others work on, nearest in the plan first, so that no work is done twice. */
function neighboursOf(unit: PlanUnit, units: readonly PlanUnit[], withIds: boolean): string[] {
  const at = units.findIndex(({ id }) => id === unit.id);
  const others = units
    .map((other, i) => ({ other, distance: Math.abs(i - at) }))
    .filter(({ other }) => other.id !== unit.id)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, neighboursShown)
    .map(({ other }) => other);
  if (others.length === 0) return [];
  const more = units.length - 1 - others.length;
  const lines = others.map(({ id, title, scope }) => {
    const name = withIds ? `${id}: ${title}` : title;
    return `- ${name}${scope === null ? '' : ` (${scope.join(', ')})`}`;
  });
  return [
    '',
    quoted('other-units', [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n')),
    'These are the other units of the same change. They are not your task.',
  ];
}

export function checkFailed(command: string, output: string): string {
  return [
    `You ended your turn, and the check "${command}" does not pass. The end of its output:`,
    '',
    fenced(output),
    '',
    'Fix it and end your turn.',
  ].join('\n');
}

export function setupFailsHere(problem: string): string {
  return [
    'The setup of this repository fails with the files as they are in /work now. The worktree has the setup’s output for the target branch instead, so something that commands need may be missing:',
    '',
    fenced(problem),
    '',
    'If the cause is in /work, fix it. The setup runs again when you end your turn.',
  ].join('\n');
}

export function setupStillFails(problem: string): string {
  return [
    'You ended your turn, and the setup of this repository fails with your change:',
    '',
    fenced(problem),
    '',
    'Fix it and end your turn.',
  ].join('\n');
}

export function verificationFailed({
  command,
  output,
  locks = [],
}: Extract<Feedback, { kind: 'verification' }>): string {
  return [
    `Your change passed in your worktree, but on the newest state of the target branch "${command}" fails. /work is now on that state, with your change merged into it. The end of the output:`,
    '',
    fenced(output),
    '',
    ...(locks.length > 0 ? [...locks.map(lockMerged), ''] : []),
    'Fix it and end your turn.',
  ].join('\n');
}

/** What became of the commands that were to make files again, each once. */
export function failedCommands(conflicts: readonly Conflict[]): string[] {
  const reasons = new Set(conflicts.flatMap(({ said }) => said ?? []));
  return [...reasons].map((reason) =>
    notMadeAgain(
      conflicts.filter(({ said }) => said === reason).map(({ path }) => path),
      reason,
    ),
  );
}

function notMadeAgain(paths: readonly string[], said: string): string {
  return [
    `A command makes ${paths.join(', ')} again after a merge, but it has not settled the conflict. The command, and what came of it:`,
    '',
    fenced(said),
    '',
    'If your change is the reason, correct it: the command runs again when you end your turn. If it is not, make the file yourself, with what is installed here.',
  ].join('\n');
}

/** A lock file merged line by line is often rejected or misread by package managers. */
function lockMerged(path: string): string {
  return `The target and you have both changed the lock file ${path}, and git has merged it line by line. If that is the cause, restore the target’s version (\`git show HEAD:${path} > ${path}\`) and regenerate it with \`${remakeCommand(path) ?? 'the install'}\`.`;
}

export function nothingChanged(): string {
  return 'You ended your turn, but no file has changed (files that git ignores do not count). Do the work and end your turn.';
}

export function outOfScope(paths: readonly string[], scope: readonly string[]): string {
  return [
    'You changed paths outside the scope of this unit:',
    ...paths.slice(0, 50).map((path) => `- ${path}`),
    `Only ${scope.join(', ')} may change. Put the others back as they were (\`git diff\` shows what changed, \`git show HEAD:PATH\` the original) and end your turn.`,
  ].join('\n');
}

export function largeFilesAdded(files: readonly LargeFile[]): string {
  const size = (bytes: number): string =>
    bytes < 1024 ** 2 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  return [
    'Your change adds files that are binary or larger than 1 MiB:',
    ...files.slice(0, 50).map(({ path, bytes, binary }) => `- ${path} (${size(bytes)}${binary ? ', binary' : ''})`),
    'If they belong to the change, end your turn again: people will see them listed. If not, remove them, or let git ignore them, and end your turn.',
  ].join('\n');
}

export function ignoredByGit(files: readonly IgnoredFile[]): string {
  return [
    'Git ignores these files of yours, so they will not be in your change, and nothing that needs them will work there:',
    ...files.slice(0, 50).map(({ path, source, line, pattern }) => `- ${path} (${source}, line ${line}: ${pattern})`),
    'If they belong to the change, put them elsewhere or change the ignore file. If not, end your turn again.',
  ].join('\n');
}

export function filteredByGit(files: readonly FilteredFile[]): string {
  return [
    'The repository’s .gitattributes want a program to convert these files before they are stored, and it cannot be run here:',
    ...files.slice(0, 50).map(({ path, filter }) => `- ${path} (filter=${filter})`),
    'They cannot be part of your change. Leave them as they were, or do without them, and end your turn. If the unit needs them, report it as blocked.',
  ].join('\n');
}

export function changedInSubmodules(files: readonly string[]): string {
  return [
    'These files are in submodules, which are repositories of their own, so they are not part of your change:',
    ...files.slice(0, 50).map((path) => `- ${path}`),
    'If your work does not need them changed, end your turn again. Otherwise do without them, move the submodule to another commit of its remote (git checkout in it), or report the unit as blocked.',
  ].join('\n');
}

export function unknownCommits(moved: SubmoduleWork['unknown']): string {
  return [
    'These submodules are at commits that their remotes do not have, so nobody else could fetch them:',
    ...moved.map(({ path, commit, url }) => `- ${path} at ${commit}${url === '' ? '' : ` (${url})`}`),
    'Check out a commit there that the remote has (`git -C PATH branch -r` lists branches; `git submodule update PATH` goes back), and end your turn. If the unit needs changes in the submodule, report it as blocked.',
  ].join('\n');
}

export function linksLeadOut(paths: readonly string[]): string {
  return `These symbolic links lead out of the repository: ${paths.slice(0, 50).join(', ')}. Links may only lead to files of the repository, by relative paths. Remove or fix them and end your turn.`;
}

export function cannotBeStored(why: string): string {
  return `Your work cannot be kept as it is: ${why}. Until that is fixed, nothing that you change is safe: remove what does not belong to your work, or let git ignore it (.gitignore).`;
}

export function leftOut(paths: readonly string[]): string {
  return `Git cannot store these files (FIFOs, sockets or devices), so they are not part of your work: ${paths.toSorted(compareText).slice(0, 50).join(', ')}. Where one of them replaced a file of the repository, that file stays as it was. If you want that, end your turn; otherwise remove them, or let git ignore them (.gitignore).`;
}

export function markersLeft(places: readonly string[]): string {
  return [
    'There are still conflict markers in your work:',
    ...places.map((place) => `- ${place}`),
    '',
    `${aboutMarkersOnPurpose} Then end your turn.`,
  ].join('\n');
}

export function goingInCircles(turns: number): string {
  return `Your last ${turns} turns changed no file and showed you nothing new. Try another way; if there is none, say what blocks you and end your turn.`;
}

export function budgetNearlySpent(spentUsd: number, limitUsd: number): string {
  return `You have spent ${dollars(spentUsd)} of the ${dollars(limitUsd)} that this unit may cost. Wrap up: finish what is needed and leave out the rest.`;
}

export function saidBy(by: string, words: string): string {
  return `A message from ${by}, who follows your work:\n\n${fenced(words)}`;
}

/** The next time that the agent hears of it, the merge queue has returned the person's work. */
export function resolvedBy(by: string): string {
  return `${by} has resolved this by hand. /work has that result now, in place of yours.`;
}

export function answeredBy(by: string, words: string): string {
  return `${by} answers:\n\n${words}`;
}

export function notAllowed(why: string): string {
  return `Not run: people do not allow this (${why}). Find another way, or report the unit as blocked.`;
}

export function unanswered(): string {
  return 'Nobody answered. Decide yourself, and state your assumptions in your report.';
}

export function askForSummary(): string {
  return [
    'There is little room left in this conversation. It will be replaced by what you write now, as text, without calling a tool:',
    '- what the unit asks for beyond the first message',
    '- what you have found out and decided, with paths and names',
    '- what is done, what is left to do, and what you would do next',
    '- what you have tried that does not work',
  ].join('\n');
}

export function summarySoFar(summary: string): string {
  return [
    '# What has happened so far, in your own words',
    '',
    summary,
    '',
    'The files in /work are as you left them. Continue.',
  ].join('\n');
}

/** `by`: the signal that ended the session, or its sender. */
export function endedFromOutside(by: string): string {
  return `Your session was ended by ${by}, in the middle of a turn, and has begun again. Everything that was running has ended; check what it did before you continue.`;
}

export function continueWork(): string {
  return 'Continue.';
}

export function answerCut(): string {
  return 'Your answer was cut off because it was too long; no tool ran. Continue in smaller steps.';
}

/** Uses a fence longer than any in the content. */
function fenced(content: string): string {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${content}\n${fence}`;
}
