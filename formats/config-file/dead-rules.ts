// Rules of coppice.yaml that never decide, because an earlier one always decides first. Accepts data whose shape may be
// wrong elsewhere, so that a user sees all errors together.

import type { PlacedError } from '../yaml/placed-error.ts';
import type { YamlDocument } from '../yaml/document.ts';
import { codeownersGroup } from '../../contracts/people.ts';
import { isEveryCall, readToolPattern } from '../commands/patterns.ts';
import { recordOf } from '../values.ts';

type Rule = Readonly<Record<string, unknown>>;

export function deadRules(value: unknown, document: YamlDocument): PlacedError[] {
  /** What is decided already, whatever it is, and by which rule. */
  const settled = new Map<string, number>();
  return listOf(recordOf(value)['policy']).flatMap((each, index) => {
    const rule = recordOf(each);
    const subjects = subjectsOf(rule);
    const before = subjects.map((subject) => settled.get(subject));
    for (const subject of settledBy(rule)) if (!settled.has(subject)) settled.set(subject, index);
    const first = [...new Set(before)].filter((earlier) => earlier !== undefined);
    if (first.length === 0 || before.includes(undefined)) return [];
    const places = first.map((earlier) => `policy[${earlier}] (line ${document.place(['policy', earlier]).line})`);
    const one = first.length === 1;
    const message = `policy[${index}] never decides: ${places.join(' and ')} ${one ? 'comes first and always decides' : 'come first and always decide'}; ${wayOut(rule, one ? 'it' : 'them')}`;
    return [{ at: document.place(['policy', index]), message }];
  });
}

function wayOut({ action, paths, labels, over, commands, unless }: Rule, them: string): string {
  const isNarrow = arePaths(paths) || [labels, over, commands, unless].some(has);
  if (isNarrow) return `move it above ${them}`;
  const isOfPlans = action === 'plan' || action === 'proposal';
  return action === 'merge' || action === 'setup' || isOfPlans
    ? `remove one of them, or say which of them is about what (${isOfPlans ? 'over' : 'paths, labels, over'})`
    : 'remove one of them';
}

/** What a rule is about. Rules about landing are about changes; those about the setup are about some of these. */
function subjectsOf(rule: Rule): readonly string[] {
  const { action, unless } = rule;
  if (action === 'merge' && has(unless)) return [unreviewed];
  if (action === 'tool') return toolsOf(rule).map(({ tool }) => toolSubject(tool));
  return typeof action === 'string' ? [action] : [];
}

/** Changes that no reviewer has approved: what a rule with `unless` is about. */
const unreviewed = 'merge unless reviewed';

/** What no later rule decides. */
function settledBy(rule: Rule): readonly string[] {
  const { action, paths, labels, over, unless, by } = rule;
  switch (action) {
    case 'budget':
    case 'question':
    case 'egress':
    case 'conflict':
      return [action];
    case 'plan':
    case 'proposal':
      return has(over) ? [] : [action];
    case 'merge':
    case 'setup': {
      // A rule that asks the owners alone leaves to the next what nobody owns.
      const names = listOf(by);
      const asksOwnersAlone = names.length > 0 && names.every((name) => name === codeownersGroup);
      if (arePaths(paths) || has(labels) || has(over) || asksOwnersAlone) return [];
      if (has(unless)) return [unreviewed];
      return action === 'merge' ? ['merge', 'setup', unreviewed] : ['setup'];
    }
    case 'tool':
      return toolsOf(rule).flatMap(({ tool, isWhole }) => (isWhole ? [toolSubject(tool)] : []));
    default:
      return [];
  }
}

function has(condition: unknown): boolean {
  return condition !== undefined && condition !== null;
}

/** Whether the paths of a rule may be others than all. */
function arePaths(paths: unknown): boolean {
  if (!Array.isArray(paths)) return has(paths);
  return paths.length > 0 && !paths.some(isEveryPath);
}

/** Two stars, also with more such folders, or one star for the file's name. */
function isEveryPath(glob: unknown): boolean {
  return typeof glob === 'string' && /^(?:\.\/)*\*\*(?:\/(?:\.|\*\*))*(?:\/\*)?$/.test(glob);
}

interface ToolOfRule {
  readonly tool: string;
  /** Whether it is every call of the tool. */
  readonly isWhole: boolean;
}

function toolsOf({ commands }: Rule): readonly ToolOfRule[] {
  return listOf(commands).flatMap((text) => {
    const read = typeof text === 'string' ? readToolPattern(text) : null;
    if (read?.kind !== 'pattern') return [];
    return [{ tool: read.pattern.tool, isWhole: isEveryCall(read.pattern) }];
  });
}

function toolSubject(tool: string): string {
  return `tool ${tool}`;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
