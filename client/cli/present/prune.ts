// What `prune` would delete, and what it has deleted, for people. Pure.

import type { Prunable, Pruned } from '../../api.ts';
import type { IdleHome } from '../../../workers/prune-home.ts';
import type { TextStream } from './colour.ts';
import { bytesText, count, timeOf } from './amounts.ts';
import { inertLine } from './columns.ts';
import { painterFor, widthOf } from './colour.ts';
import { tableLines } from './table.ts';

export interface Found {
  readonly prunable: Prunable;
  readonly host: IdleHome;
}

/** Whether there is anything to delete. */
export function isNothing({ prunable, host }: Found): boolean {
  return (
    prunable.runs.length === 0 &&
    prunable.generated.size === 0 &&
    prunable.trains.size === 0 &&
    host.mirrors.length === 0 &&
    host.worktrees.length === 0
  );
}

export function foundText({ prunable, host }: Found, before: Date, stream: TextStream): string {
  const { runs, generated, trains, stateRemote } = prunable;
  const refs = runs.reduce((sum, run) => sum + run.refs.size, 0);
  const rows = runs.map(({ run, refs: own, endedAt, remembered }) => [
    `  ${run}`,
    `${remembered ? 'ended' : 'last changed'} ${timeOf(endedAt.toISOString())}`,
    count(own.size, 'ref'),
  ]);
  return [
    `${inertLine(stateRemote)}: ${count(refs, 'ref')} of ${count(runs.length, 'run')} from before ${timeOf(before.toISOString())}`,
    ...(generated.size === 0 ? [] : [`  ${count(generated.size, 'ref')} of files that the merge queue has made again`]),
    ...(trains.size === 0 ? [] : [`  ${count(trains.size, 'train')} that no merge queue needs any more`]),
    ...tableLines(rows, { width: widthOf(stream), paint: painterFor(stream), shrink: [0, 1] }),
    hostText(host),
  ].join('\n');
}

function hostText({ status, home, mirrors, worktrees, bytes }: IdleHome): string {
  switch (status) {
    case 'absent':
      return `this host: there is no ${inertLine(home)}`;
    case 'in-use':
      return `this host: a worker is running on ${inertLine(home)}, so its mirrors and worktrees are left alone`;
    case 'idle':
      return `this host: ${count(mirrors.length, 'mirror')} and ${count(worktrees.length, 'prepared worktree')} in ${inertLine(home)}, ${bytesText(bytes)}`;
  }
}

export function prunedText({ deleted, moved, refused }: Pruned, { bytes }: IdleHome): string {
  return [
    `deleted ${count(deleted, 'ref')}, freed ${bytesText(bytes)} on this host`,
    ...(moved === 0 ? [] : [`${count(moved, 'ref')} changed meanwhile and stayed`]),
    ...[...refused].slice(0, 10).map(([ref, message]) => `${inertLine(ref)} stayed: ${inertLine(message)}`),
    ...(refused.size > 10 ? [`… and ${refused.size - 10} more`] : []),
  ].join('\n');
}
