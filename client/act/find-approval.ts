// Finds the approval that a person means: by its id, by any unique part of it, or by its run and unit.

import type { Client } from '@temporalio/client';
import { failure } from '../../contracts/failures.ts';
import { compareText } from '../../domain/text/compare.ts';
import { findRun, runExactly } from '../runs/find-run.ts';
import type { ApprovalView } from '../../contracts/approval.ts';
import type { RunId } from '../../contracts/ids.ts';
import { andMore } from '../../domain/text/shown-paths.ts';
import { isNamed, runSpelledBy } from '../../domain/approval/named.ts';
import { suggest } from '../../formats/yaml/wording.ts';
import { listApprovals, listDecided, openApprovals } from './decisions.ts';

/** A whole id needs no list, so it works while the server's lists are behind, and says what has become of it. */
const wholeId = /^run:.+:approval:\d+$/;
const shown = 5;

/**
 * `text` is an id or a part of one; with `unit`, a run, and an approval of another unit is never meant. `decided`: if no
 * open one matches, the newest one of a landing that has been decided. Throws `NotFound`, or `BadInput` if several match.
 */
export async function findApproval(
  client: Client,
  text: string,
  unit?: string,
  { decided = false }: { readonly decided?: boolean } = {},
): Promise<string> {
  if (text.trim() === '') throw failure('BadInput', 'the id of the approval is empty', { hint: openApprovals });
  if (unit === undefined && wholeId.test(text)) return text;
  const run =
    unit === undefined ? await spelledRun(client, text) : (await findRun(client, text, { latestOf: null })).run;
  const isMeant = (view: ApprovalView): boolean => (unit === undefined ? isNamed(view, text, run) : view.unit === unit);
  const open = await listApprovals(client, run);
  const matching = idsOf(open.filter(isMeant));
  if (matching.length === 0 && decided) {
    const newest = (await listDecided(client, run)).find((view) => view.kind === 'merge' && isMeant(view));
    if (newest !== undefined) return newest.id;
  }
  const [match, ...others] = matching;
  if (match === undefined) {
    if (run !== null && unit !== undefined) throw noneOfUnit(run, unit, open);
    throw failure('NotFound', `no open approval matches ${text}`, { hint: openApprovals });
  }
  if (others.length > 0) {
    const what = unit === undefined ? text : `${text} ${unit}`;
    throw failure('BadInput', `${what} matches ${matching.length} open approvals: ${andMore(matching, shown)}`, {
      hint: 'Name one of them by its id, or by its run and unit.',
    });
  }
  return match;
}

/** The run whose whole id is in the text, if there is one. */
async function spelledRun(client: Client, text: string): Promise<RunId | null> {
  const found = await runExactly(client, runSpelledBy(text) ?? '');
  return found?.run ?? null;
}

/** `open`: what waits in the run. */
function noneOfUnit(run: RunId, unit: string, open: readonly ApprovalView[]): Error {
  const near = suggest(
    unit,
    open.flatMap((view) => view.unit ?? []),
  );
  return failure('NotFound', `the unit ${unit} of the run ${run} has no open approval${near}`, {
    hint: open.length === 0 ? 'No approval of this run is open.' : `Open in this run: ${andMore(idsOf(open), shown)}`,
  });
}

function idsOf(views: readonly ApprovalView[]): string[] {
  return views.map(({ id }) => id).toSorted(compareText);
}
