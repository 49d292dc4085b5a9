// What rules about tools say of one call: for each simple command, the first rule that matches decides; over all of
// them deny wins over ask over allow. If no rule matches, the call is allowed: the sandbox is the security boundary.
//
// Not everything is known before a command runs. A rule that allows matches only what is certain. A rule that asks
// matches what is possible. A rule that denies matches what is certain, and asks where a match is only possible: a
// person is better asked than a harmless command refused.

import { allows, guards } from './match.ts';
import { type Certainty, lower } from './certainty.ts';
import { type ToolPattern, isEveryCall } from './patterns.ts';
import type { SimpleCommand } from './command.ts';
import { isOutside, normalPath } from './paths.ts';
import { parseCommand } from './parse-command.ts';
import { anyCall } from '../../domain/approval/tool-wish.ts';
import { readGlobs } from '../globs/path-globs.ts';
import { ruleNameOf } from '../../contracts/tool-names.ts';

export interface ToolRule {
  readonly patterns: readonly ToolPattern[];
  readonly decide: 'allow' | 'ask' | 'deny';
}

/** A call of a tool, as either driver reports it. */
export interface ToolCall {
  readonly tool: string;
  /** Of a shell: the script. */
  readonly command?: string;
  /** Of an editor: paths relative to the repository. */
  readonly paths?: readonly string[];
}

export interface ToolMatch {
  /** The simple command, or the path; for a script that cannot be followed, why not. */
  readonly command: string;
  /** Its place in the list of rules. */
  readonly rule: number;
  readonly decide: 'ask' | 'deny';
  /** Whether the rule matches for certain. */
  readonly certain: boolean;
}

/** What is asked about or denied, with the rules that say so. */
export type ToolVerdict =
  | { readonly decide: 'allow' }
  | { readonly decide: 'ask' | 'deny'; readonly matched: readonly ToolMatch[] };

type Matches = (pattern: ToolPattern, decide: ToolRule['decide']) => Certainty;

export function judgeToolCall(rules: readonly ToolRule[], call: ToolCall): ToolVerdict {
  const tool = ruleNameOf(call.tool);
  const about = rules.map(({ patterns, decide }) => ({
    decide,
    patterns: patterns.filter((pattern) => pattern.tool === tool),
  }));
  if (about.every(({ patterns, decide }) => patterns.length === 0 || decide === 'allow')) return { decide: 'allow' };
  const matched = thingsOf(call).flatMap(({ name, matches }) => judge(about, name, matches));
  if (matched.length === 0) return { decide: 'allow' };
  const isDenied = matched.some(({ decide }) => decide === 'deny');
  return { decide: isDenied ? 'deny' : 'ask', matched };
}

interface Thing {
  readonly name: string;
  readonly matches: Matches;
}

/** What a call does, as far as rules can be about it. */
function thingsOf({ command, paths }: ToolCall): Thing[] {
  const things = [...(command === undefined ? [] : thingsOfScript(command)), ...(paths ?? []).map(thingOfPath)];
  if (things.length > 0 || command !== undefined) return things;
  return [{ name: anyCall, matches: ({ kind }) => (kind === 'tool' ? 2 : 0) }];
}

function thingsOfScript(script: string): Thing[] {
  const { commands, unknown } = parseCommand(script);
  const groups = Map.groupBy(commands, ({ alternative, perhaps }) => (perhaps ? null : (alternative?.group ?? null)));
  const known = commands.map((command) => ({
    name: command.text,
    matches: matchesCommand(command, othersOf(command, groups)),
  }));
  return unknown === null ? known : [...known, { name: unknown, matches: matchesUnknown }];
}

/** All that may be run in place of a command, itself included, by alternative. */
function othersOf(
  { alternative }: SimpleCommand,
  groups: ReadonlyMap<number | null, readonly SimpleCommand[]>,
): SimpleCommand[][] | null {
  if (alternative === null) return null;
  const group = groups.get(alternative.group) ?? [];
  return Array.from({ length: alternative.of }, (_, i) => group.filter((each) => each.alternative?.index === i));
}

function matchesCommand(command: SimpleCommand, others: readonly SimpleCommand[][] | null): Matches {
  return (pattern, decide) => {
    if (pattern.kind === 'path') return 0;
    if (pattern.kind === 'tool' || isEveryCall(pattern)) return 2;
    if (decide === 'allow') return allows(pattern, command) ? 2 : 0;
    const certainty = guards(pattern, command);
    if (command.perhaps) return lower(certainty, 1);
    // Whichever is run, the rule is about it.
    const isSure = others === null || others.every((each) => each.some((other) => guards(pattern, other) === 2));
    return isSure ? certainty : lower(certainty, 1);
  };
}

/** Commands that are not known may be any. */
function matchesUnknown(pattern: ToolPattern, decide: ToolRule['decide']): Certainty {
  if (isEveryCall(pattern)) return 2;
  return decide === 'allow' ? 0 : 1;
}

function thingOfPath(path: string): Thing {
  const normal = normalPath(path);
  // Of a path that leaves the repository, rules cannot be sure what it is.
  const outside = isOutside(normal);
  return {
    name: path,
    matches: (pattern, decide) => {
      if (pattern.kind !== 'path') return pattern.kind === 'tool' ? 2 : 0;
      const globs = readGlobs([pattern.glob], []);
      if (outside) return decide === 'allow' ? 0 : 1;
      if (decide === 'allow') return globs.surely(normal) ? 2 : 0;
      return globs.possibly(normal) ? 2 : 0;
    },
  };
}

/** The rules that ask about or deny one thing, up to the first that matches for certain. */
function judge(rules: readonly ToolRule[], name: string, matches: Matches): ToolMatch[] {
  const matched: ToolMatch[] = [];
  for (const [rule, { patterns, decide }] of rules.entries()) {
    const certainty = Math.max(0, ...patterns.map((pattern) => matches(pattern, decide)));
    if (certainty === 0) continue;
    const certain = certainty === 2;
    if (decide === 'ask') matched.push({ command: name, rule, decide, certain });
    if (decide === 'deny') matched.push({ command: name, rule, decide: certain ? 'deny' : 'ask', certain });
    if (certain) break;
  }
  return matched;
}
