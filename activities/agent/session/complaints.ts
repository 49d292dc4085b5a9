// "Done" is evidence, not a word: looks at what an agent left when it ended its turn, and says what is missing. Each
// complaint goes back into the same conversation as one message, a few times; then the unit fails with its reason.

import { posix } from 'node:path';
import type { LargeFile } from '../../../contracts/large-file.ts';
import type { AmbiguousNames } from '../../../formats/globs/path-globs.ts';
import type { Change } from '../../../git/tree-reader.ts';
import type { CheckResult } from '../../checks/run-checks.ts';
import {
  cannotBeStored,
  checkFailed,
  largeFilesAdded,
  leftOut,
  linksLeadOut,
  markersLeft,
  nothingChanged,
  outOfScope as outOfScopeMessage,
  setupStillFails,
} from '../prompts/prompt.ts';
import { type ShownConflict, unsettled as unsettledMessage } from '../prompts/conflicts.ts';
import { outOfScope } from '../../../formats/policy/judge.ts';
import { andMore } from '../../../domain/text/shown-paths.ts';
import { reason } from '../../../contracts/failures.ts';

export interface Complaint {
  /** Kind of complaint; what it is counted by. */
  readonly kind:
    | 'no-change'
    | 'out-of-scope'
    | 'links'
    | 'markers'
    | 'large'
    | 'unsettled'
    | 'setup'
    | 'check'
    | 'unstorable'
    | 'skipped';
  /** The key of a complaint that is made only once for each occasion. */
  readonly key?: string;
  /** What the agent is told. */
  readonly message: string;
  /** What the unit fails with when telling does not help. */
  readonly reason: string;
}

/** How often an agent is told before its unit fails. */
export const patience: Readonly<Record<Complaint['kind'], number>> = {
  'no-change': 1,
  'out-of-scope': 1,
  links: 1,
  markers: 2,
  // Told once; an agent that means it ends its turn again.
  large: Infinity,
  setup: 3,
  unsettled: 2,
  check: 3,
  unstorable: 2,
  skipped: 2,
};

/** `why` is what the snapshot says. */
export function judgeUnstorable(why: string): Complaint {
  return { kind: 'unstorable', message: cannotBeStored(why), reason: reason('unstorable', why) };
}

/** For a unit without a scope: no plan says that such files belong to it. */
export function judgeLarge(files: readonly LargeFile[]): Complaint {
  const why = files.map(({ path }) => path).join(', ');
  return { kind: 'large', message: largeFilesAdded(files), reason: reason('error', why) };
}

/** The setup fails with what the unit has changed, so nothing can be checked. */
export function judgeSetup({ message }: { readonly message: string }): Complaint {
  const last = message.trimEnd().split('\n').at(-1) ?? '';
  return { kind: 'setup', message: setupStillFails(message), reason: reason('check-failed', `setup: ${last}`) };
}

/** `paths` are special files, which are left out whatever the agent does. */
export function judgeSkipped(paths: readonly string[]): Complaint {
  const why = `special files cannot be kept in git: ${list(paths)}`;
  return { kind: 'skipped', message: leftOut(paths), reason: reason('unstorable', why) };
}

export interface Work {
  readonly changes: readonly Change[];
  readonly scope: readonly string[] | null;
  readonly target: AmbiguousNames;
  /** Where markers of conflicts are. */
  readonly marked: readonly string[];
  /** Conflicts without markers that are as the merge has left them. */
  readonly unsettled?: readonly ShownConflict[];
  /** Where the changed symbolic links lead, by path. */
  readonly links: ReadonlyMap<string, string>;
}

/** What can be said without running anything; null = nothing is missing so far. */
export function judgeChanges({ changes, scope, target, marked, links, unsettled = [] }: Work): Complaint | null {
  if (marked.length > 0) {
    const why = `markers are left in ${list(marked)}`;
    return { kind: 'markers', message: markersLeft(marked), reason: reason('conflict', why) };
  }
  if (unsettled.length > 0) {
    const why = `nobody has settled ${list(unsettled.map(({ path }) => path))}`;
    return { kind: 'unsettled', message: unsettledMessage(unsettled), reason: reason('conflict', why) };
  }
  if (changes.length === 0) {
    return { kind: 'no-change', message: nothingChanged(), reason: reason('no-change', 'the agent changed nothing') };
  }
  const outside = outOfScope({ changed: changes.map(({ path }) => path), scope, target });
  if (outside.length > 0) {
    const message = outOfScopeMessage(outside, scope ?? []);
    return { kind: 'out-of-scope', message, reason: reason('out-of-scope', list(outside)) };
  }
  const leading = [...links].flatMap(([path, to]) => (leadsOut(path, to) ? [path] : []));
  if (leading.length === 0) return null;
  const why = `links lead out of the repository: ${list(leading)}`;
  return { kind: 'links', message: linksLeadOut(leading), reason: reason('out-of-scope', why) };
}

/** An absolute target is somewhere else in every other clone. */
function leadsOut(path: string, target: string): boolean {
  return posix.isAbsolute(target) || posix.join(posix.dirname(path), target).split('/')[0] === '..';
}

export function judgeCheck(result: CheckResult): Complaint | null {
  if (result.status === 'green') return null;
  const why = `${result.command} ${result.status === 'red' ? 'fails' : 'timed out'} in the unit's worktree`;
  return { kind: 'check', message: checkFailed(result.command, result.output), reason: reason('check-failed', why) };
}

function list(paths: readonly string[]): string {
  return andMore(paths, 5);
}
