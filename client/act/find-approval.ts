// Finds the approval that a person means: by its id, by any unique part of it, or by its run and unit.

import type { Client } from '@temporalio/client';
import { failure } from '../../contracts/failures.ts';
import { compareText } from '../../domain/text/compare.ts';
import { findRun } from '../runs/find-run.ts';
import type { ApprovalView } from '../../contracts/approval.ts';
import { listApprovals, listDecided, openApprovals } from './decisions.ts';

/** A whole id needs no list, so it works while the server's lists are behind, and says what has become of it. */
const wholeId = /^run:.+:approval:\d+$/;
const shown = 5;

/**
 * `text` is an id or a part of one; with `unit`, a run. `decided`: if no open one matches, the newest one of a landing that
 * has been decided. Throws `NotFound`, or `BadInput` if several match.
 */
export async function findApproval(
  client: Client,
  text: string,
  unit?: string,
  { decided = false }: { readonly decided?: boolean } = {},
): Promise<string> {
  if (unit === undefined && wholeId.test(text)) return text;
  const what = unit === undefined ? text : `${text} ${unit}`;
  const run = unit === undefined ? null : await runOf(client, text);
  const matching = (views: readonly ApprovalView[]): string[] => {
    const ofUnit = views.filter((view) => unit !== undefined && view.unit === unit);
    return (ofUnit.length > 0 ? ofUnit : views.filter(({ id }) => id.includes(unit ?? text))).map(({ id }) => id);
  };
  const open = matching(await listApprovals(client, run));
  if (open.length === 0 && decided) {
    const [newest] = matching((await listDecided(client, run)).filter(({ kind }) => kind === 'merge'));
    if (newest !== undefined) return newest;
  }
  const [match, ...others] = open.toSorted(compareText);
  if (match === undefined) {
    throw failure('NotFound', `no open approval matches ${what}`, { hint: openApprovals });
  }
  if (others.length > 0) {
    const more = others.length >= shown ? ', …' : '';
    const ids = [match, ...others].slice(0, shown).join(', ');
    throw failure('BadInput', `${what} matches ${others.length + 1} open approvals: ${ids}${more}`, {
      hint: 'Name one of them by its id, or by its run and unit.',
    });
  }
  return match;
}

async function runOf(client: Client, text: string) {
  return (await findRun(client, text, { latestOf: null })).run;
}
