// "Done" must be proved. Inspects what an agent left when it ended its turn, and names what is missing. Each complaint
// goes back into the same conversation as one message, up to a few times; after that, the unit fails with its reason.

import { posix } from 'node:path';
import type { FilteredFile, IgnoredFile, SubmoduleWork } from '../../repository/contract.ts';
import type { LargeFile } from '../../../contracts/large-file.ts';
import type { AmbiguousNames } from '../../../formats/globs/path-globs.ts';
import type { Change } from '../../../git/tree-reader.ts';
import type { CheckResult } from '../../checks/run-checks.ts';
import {
  cannotBeStored,
  changedInSubmodules,
  checkFailed,
  filteredByGit,
  ignoredByGit,
  largeFilesAdded,
  leftOut,
  linksLeadOut,
  markersLeft,
  nothingChanged,
  outOfScope as outOfScopeMessage,
  setupStillFails,
  unknownCommits,
} from '../prompts/prompt.ts';
import { type ShownConflict, unsettled as unsettledMessage } from '../prompts/conflicts.ts';
import { outOfScope } from '../../../formats/policy/judge.ts';
import { andMore } from '../../../domain/text/shown-paths.ts';
import { reason } from '../../../contracts/failures.ts';

export interface Complaint {
  /** The kind; complaints are counted by it. */
  readonly kind:
    | 'no-change'
    | 'no-plan'
    | 'out-of-scope'
    | 'links'
    | 'markers'
    | 'large'
    | 'ignored'
    | 'filtered'
    | 'foreign'
    | 'submodule'
    | 'unsettled'
    | 'setup'
    | 'check'
    | 'review'
    | 'unstorable'
    | 'skipped';
  /** The key of a complaint that is made only once per occasion. */
  readonly key?: string;
  /** The message to the agent. */
  readonly message: string;
  /** The unit's failure if messages do not help. */
  readonly reason: string;
}

/** How often an agent is told before its unit fails. */
export const patience: Readonly<Record<Complaint['kind'], number>> = {
  'no-change': 1,
  'no-plan': 2,
  'out-of-scope': 1,
  links: 1,
  markers: 2,
  // Told only once; if the files are intended, the agent ends its turn again.
  large: Infinity,
  ignored: Infinity,
  filtered: 2,
  foreign: Infinity,
  submodule: 2,
  setup: 3,
  unsettled: 2,
  check: 3,
  // As often as the configuration says.
  review: Infinity,
  unstorable: 2,
  skipped: 2,
};

/** `why` is the snapshot's message. */
export function judgeUnstorable(why: string): Complaint {
  return { kind: 'unstorable', message: cannotBeStored(why), reason: reason('unstorable', why) };
}

/** For a unit without a scope: no plan says that such files belong to it. */
export function judgeLarge(files: readonly LargeFile[]): Complaint {
  const why = files.map(({ path }) => path).join(', ');
  return { kind: 'large', message: largeFilesAdded(files), reason: reason('error', why) };
}

/** Files that the agent has written and that will not be part of its change. */
export function judgeIgnored(files: readonly IgnoredFile[]): Complaint {
  const why = files.map(({ path }) => path).join(', ');
  return { kind: 'ignored', message: ignoredByGit(files), reason: reason('error', why) };
}

/** Files that would land as they are, where the repository wants what a program makes of them. */
export function judgeFiltered(files: readonly FilteredFile[]): Complaint {
  const why = `no host can run the filter of ${list(files.map(({ path, filter }) => `${path} (filter=${filter})`))}`;
  return { kind: 'filtered', message: filteredByGit(files), reason: reason('unstorable', why) };
}

/** Files of submodules, which are other repositories. */
export function judgeForeign(files: readonly string[]): Complaint {
  return { kind: 'foreign', message: changedInSubmodules(files), reason: reason('error', list(files)) };
}

/** Submodules at commits that nobody else could fetch. */
export function judgeUnknown(moved: SubmoduleWork['unknown']): Complaint {
  const why = `no remote has the commit of ${list(moved.map(({ path, commit }) => `${path} (${commit.slice(0, 12)})`))}`;
  return { kind: 'submodule', message: unknownCommits(moved), reason: reason('unstorable', why) };
}

/** Nothing can be checked, because the setup fails with the unit's changes. */
export function judgeSetup({ message }: { readonly message: string }): Complaint {
  const last = message.trimEnd().split('\n').at(-1) ?? '';
  return { kind: 'setup', message: setupStillFails(message), reason: reason('check-failed', `setup: ${last}`) };
}

/** `paths` are special files, which are never part of the work. */
export function judgeSkipped(paths: readonly string[]): Complaint {
  const why = `special files cannot be kept in git: ${list(paths)}`;
  return { kind: 'skipped', message: leftOut(paths), reason: reason('unstorable', why) };
}

export interface Work {
  readonly changes: readonly Change[];
  readonly scope: readonly string[] | null;
  readonly target: AmbiguousNames;
  /** Places with conflict markers. */
  readonly marked: readonly string[];
  /** Conflicts without markers that are still as the merge left them. */
  readonly unsettled?: readonly ShownConflict[];
  /** Targets of the changed symbolic links, by path. */
  readonly links: ReadonlyMap<string, string>;
}

/** Judges without running anything; null = no complaint so far. */
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

/** An absolute target leads elsewhere in every other clone. */
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
