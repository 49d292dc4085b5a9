// Judges what the agent left when it ended its turn: first what can be seen of it, then the setup, then the checks.

import type { CheckPlace, CheckResult } from '../../checks/run-checks.ts';
import type { Session } from './session.ts';
import type { Conflict } from '../../../contracts/conflict.ts';
import type { SliceOutcome } from '../../../contracts/activities/agent.ts';
import {
  type Complaint,
  judgeCheck,
  judgeFiltered,
  judgeForeign,
  judgeIgnored,
  judgeLarge,
  judgeSetup,
  judgeSkipped,
  judgeUnknown,
  judgeUnstorable,
  patience,
} from './complaints.ts';
import { judgeEgress } from '../../../formats/policy/judge-asking.ts';
import { matchesAny } from '../../../formats/globs/path-globs.ts';
import { posix } from 'node:path';
import { toolCalls } from '../../../contracts/documents/journal.ts';
import { lookAtWork, untouchedConflicts } from './look-at-work.ts';
import { failedCommands } from '../prompts/prompt.ts';
import { runChecks } from '../../checks/run-checks.ts';
import { withUnitCheck } from '../../checks/unit-check.ts';

/** The complaint about the work as last kept; null = it is done. */
export async function judgeWork(session: Session): Promise<Complaint | null> {
  const { saver, store, unit, workspace, remarks } = session;
  if (saver.unstorable !== null) return judgeUnstorable(saver.unstorable);
  const filtered = await store.filteredFiles();
  if (filtered.length > 0) return judgeFiltered(filtered);
  const submodules = await store.submoduleWork(session.stop.cancelled);
  if (submodules.unknown.length > 0) return judgeUnknown(submodules.unknown);
  if (submodules.files.length > 0 && remarks.timesTold('foreign') === 0) return judgeForeign(submodules.files);
  const seen = (await lookAndMakeFiles(session)) ?? nameSkipped(session);
  if (seen !== null && seen.kind !== 'no-change') return seen;
  const ignored = await ownIgnoredFiles(session);
  if (ignored.length > 0) return judgeIgnored(ignored);
  if (seen !== null) return seen;
  const large = unit.scope === null && remarks.timesTold('large') === 0 ? await store.largeFiles() : [];
  if (large.length > 0) return judgeLarge(large);
  await workspace.renew('if its inputs changed');
  if (workspace.problem !== null) return judgeSetup(workspace.problem);
  // A review begins when the checks are green, and is about exactly this work.
  if (session.reviews.about(store) !== null) return null;
  let result = await check(session);
  if (result.status !== 'green' && (await workspace.renew('as a candidate'))) {
    // The setup's result may have been out of date.
    if (workspace.problem !== null) return judgeSetup(workspace.problem);
    result = await check(session);
  }
  return judgeCheck(result);
}

/**
 * Runs the commands that make files in conflict again, once nothing else is in their way. Where they fail, the agent is
 * told once; what it then leaves counts as its choice.
 */
async function lookAndMakeFiles(session: Session): Promise<Complaint | null> {
  const { store, conflicts, stop, heartbeats } = session;
  const seen = await look(session);
  const untouched = seen?.kind === 'markers' ? [] : await untouchedConflicts(store, conflicts);
  const left = untouched.filter(({ madeBy }) => madeBy !== undefined);
  if (left.length === 0) return seen;
  const watch = { signal: stop.commands, onStart: (doing: string) => heartbeats.showActivity(doing) };
  const made = await store.makeLeftFiles(left, watch);
  const again = await look(session);
  return again?.kind === 'unsettled' ? withReasons(again, made.conflicts) : again;
}

function withReasons(complaint: Complaint, conflicts: readonly Conflict[]): Complaint {
  return { ...complaint, message: [complaint.message, ...failedCommands(conflicts)].join('\n\n') };
}

function look({
  repository,
  store,
  unit,
  conflicts,
  shownConflicts,
  journal,
  stop,
  input,
}: Session): Promise<Complaint | null> {
  const wasTold = (key: string): boolean => journal.has(key);
  const { feedback } = input;
  return lookAtWork({ repository, store, unit, conflicts, shownConflicts, wasTold, signal: stop.cancelled, feedback });
}

/** Reports paths that are not part of the work once; the agent may leave them. */
function nameSkipped({ saver, remarks }: Session): Complaint | null {
  const fresh = remarks.notNamed(saver.skipped);
  return fresh.length === 0 || remarks.timesTold('skipped') >= patience.skipped ? null : judgeSkipped(fresh);
}

/**
 * Named once. Builds and tests leave many files that git ignores; those whose name is in a tool call of the agent are its
 * own.
 */
async function ownIgnoredFiles({ store, journal, remarks, stop, openedAt, config }: Session) {
  if (remarks.timesTold('ignored') > 0) return [];
  const files = await store.ignoredFiles(openedAt, stop.cancelled);
  if (files.length === 0) return [];
  const said = JSON.stringify(journal.turns.flatMap(({ answer }) => toolCalls(answer).map(({ input }) => input)));
  const isCopied = (path: string): boolean => matchesAny(path, config.worktree.copy);
  return files.filter(({ path }) => said.includes(posix.basename(path)) && !isCopied(path));
}

async function check({ config, unit, workspace, names, heartbeats, saver }: Session): Promise<CheckResult> {
  const place: CheckPlace = {
    ...workspace.checkPlace(names.env),
    worktree: workspace.worktree,
    onStart: (name) => heartbeats.showActivity(`check: ${name}`),
  };
  const checks = withUnitCheck(config.verify, unit.verify);
  // They may take long.
  if (checks.length > 0) saver.pushAside();
  const result = await runChecks(place, checks);
  if (result.status !== 'green') await saver.undoCommand();
  return result;
}

/**
 * The network access that people may be asked to allow so that the setup succeeds; null = none, or they have refused.
 */
export function networkToAskFor({
  workspace,
  input,
  config,
}: Pick<Session, 'workspace' | 'input' | 'config'>): Omit<
  Extract<SliceOutcome, { status: 'egress' }>,
  'status'
> | null {
  const { wish = null, message: output = '' } = workspace.problem ?? {};
  const verdict = judgeEgress(config);
  if (wish === null || verdict.decide !== 'ask' || input.egress?.refused.includes(wish.key) === true) return null;
  return { wish, output, verdict };
}
