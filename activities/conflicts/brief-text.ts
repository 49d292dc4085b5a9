// The brief about a conflict as people read it, in Markdown. Texts of plans, agents and repositories are quoted as they
// are, between fences.

import type { BriefRequest } from '../../contracts/activities/conflict.ts';
import type { OtherChange } from './other-changes.ts';
import type { PlanUnit } from '../../contracts/documents/plan.ts';
import { andMore } from '../../domain/text/shown-paths.ts';
import { boundedLines } from '../repository/patch-text.ts';
import { count } from '../../domain/text/count.ts';
import { inertLine, markdownCode } from '../../domain/text/inert.ts';
import { versionsFolder } from '../../formats/state-documents/brief.ts';

export interface BriefFacts {
  readonly request: BriefRequest;
  readonly unit: PlanUnit;
  readonly conflicts: readonly { readonly path: string; readonly kind: string; readonly marked: boolean }[];
  /** The unit's own change of these files, as a patch. */
  readonly ownDiff: string;
  readonly others: readonly OtherChange[];
  /** What the agent said last; empty = nothing. */
  readonly lastWords: string;
}

const longestPrompt = 20_000;
const longestOutput = 8000;

export function briefText({ request, unit, conflicts, ownDiff, others, lastWords }: BriefFacts): string {
  const { context, feedback, problem } = request;
  const { run, branch } = context;
  return [
    `# ${inertLine(unit.title)}`,
    '',
    `Unit ${unit.id} of run ${run}. Its agent makes no progress: ${inertLine(problem)}.`,
    '',
    `The files here are the newest state of ${markdownCode(branch)} (${feedback.onto.slice(0, 12)}) with the unit's work on it, as the merge or the agent left them. Edit them, then: \`coppice resolve ${run} ${unit.id} DIR\`. What you leave is verified as any other result.`,
    '',
    ...(feedback.kind === 'conflict' ? listOf(conflicts) : redOutput(feedback.command, feedback.output)),
    '## What this unit is for',
    '',
    fenced(boundedLines(unit.prompt, longestPrompt)),
    '',
    `## What it has changed${feedback.kind === 'conflict' ? ' in these files' : ''}`,
    '',
    fenced(ownDiff, 'diff'),
    '',
    '## The other side',
    '',
    ...(others.length === 0 ? ['Nothing near these files has landed since the unit began.', ''] : []),
    ...others.flatMap(describeOther),
    '## What was tried',
    '',
    tried(request),
    ...(lastWords === '' ? [] : ['', 'The agent said last:', '', fenced(lastWords)]),
    '',
  ].join('\n');
}

function listOf(conflicts: BriefFacts['conflicts']): string[] {
  return [
    '## Files in conflict',
    '',
    ...conflicts.map(
      ({ path, kind, marked }) => `- ${markdownCode(path)}: ${inertLine(kind)}${marked ? ', with markers' : ''}`,
    ),
    '',
    `The versions of each are beside this text in \`${versionsFolder}/\`: \`base\` (before both), \`target\`, \`unit\`.`,
    '',
  ];
}

function redOutput(command: string, output: string): string[] {
  return [`## What fails: ${markdownCode(command)}`, '', fenced(boundedLines(output, longestOutput)), ''];
}

function describeOther({ commit, author, subject, body, unit, paths, pathCount, diff }: OtherChange): string[] {
  const text = unit === null ? body : unit.prompt;
  const who = unit === null ? `by ${author}` : `unit ${unit.unit} of run ${unit.run}`;
  return [
    `### ${subject}`,
    '',
    `${commit.slice(0, 12)}, ${who}; changed ${andMore(paths.map(markdownCode), 8, pathCount)}`,
    '',
    ...(text === '' ? [] : [fenced(text), '']),
    ...(diff === '' ? [] : [fenced(diff, 'diff'), '']),
  ];
}

function tried({ returns }: BriefRequest): string {
  const conflicts = returns.filter((kind) => kind === 'conflict').length;
  const reds = returns.length - conflicts;
  const parts = [
    ...(conflicts === 0 ? [] : [count(conflicts, 'conflict')]),
    ...(reds === 0 ? [] : [count(reds, 'red verification')]),
  ];
  return `The merge queue has returned the unit's work ${count(returns.length, 'time')}: ${parts.join(', ')}. Each time, its agent continued with both sides in the worktree.`;
}

/** Uses a fence longer than any in the content. */
function fenced(content: string, language = ''): string {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${content}\n${fence}`;
}
