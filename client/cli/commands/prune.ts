// `coppice prune`: deletes what ended runs have left on the state remote, and what this host has not used for long.

import type { Command } from 'commander';
import type { Found } from '../present/prune.ts';
import type { Pruned } from '../../api.ts';
import { Exit, exitCodes } from '../exit.ts';
import { age } from '../numbers.ts';
import { askYes, canAsk } from '../ask.ts';
import { findIdle, pruneHome } from '../../../workers/prune-home.ts';
import { foundText, isNothing, prunedText } from '../present/prune.ts';
import { homeOfProcess } from '../home.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { originHere } from '../origin.ts';
import { withCoppice } from '../session.ts';

interface Options {
  readonly olderThan: number;
  readonly repo?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addPrune(program: Command): void {
  program
    .command('prune')
    .description(
      'delete what ended runs have left in git, and mirrors and worktrees that this host has not used lately',
    )
    .option(
      '--older-than <time>',
      'delete what ended, or was last used, at least this long ago (default: 30d)',
      age,
      age('30d'),
    )
    .option('--repo <url>', 'prune the state remote of this repository (default: the current clone’s origin)')
    .option('--dry-run', 'only show what would be deleted')
    .option('--yes', 'do not ask')
    .addOption(jsonOption(['prune']))
    .addHelpText(
      'after',
      '\nThis also deletes the reports, transcripts and plans of these runs. Open runs are kept, however old they are.\n\nExamples:\n  $ coppice prune --dry-run\n  $ coppice prune --older-than 7d --yes',
    )
    .action(prune);
}

async function prune({ olderThan, repo, dryRun = false, yes = false, json = false }: Options): Promise<void> {
  const output = makeOutput(process, json);
  const before = new Date(Date.now() - olderThan * 1000);
  const home = homeOfProcess();
  const repository = repo ?? (await originHere().catch(() => undefined));
  await withCoppice(async (coppice) => {
    const request = repository === undefined ? { before } : { before, repository };
    const [prunable, host] = await Promise.all([coppice.prunable(request), findIdle(home, before)]);
    const found: Found = { prunable, host };
    output.text(foundText(found, before, process.stdout));
    const goes = !dryRun && !isNothing(found);
    if (goes && !yes && canAsk() && !(await askYes('Delete it?'))) throw new Exit(exitCodes.notGood);
    const pruned = goes ? await coppice.prune(prunable) : null;
    const freed = goes ? await pruneHome(home, before) : host;
    if (pruned !== null) output.text(prunedText(pruned, freed));
    if (json) output.document('prune', documentOf({ prunable, host: freed }, { before, dryRun, pruned }));
    if (pruned !== null && pruned.refused.size > 0) throw new Exit(exitCodes.notGood);
  });
}

interface Outcome {
  readonly before: Date;
  readonly dryRun: boolean;
  readonly pruned: Pruned | null;
}

function documentOf({ prunable, host }: Found, { before, dryRun, pruned }: Outcome) {
  const { stateRemote, runs, generated, trains } = prunable;
  return {
    dryRun,
    before: before.toISOString(),
    stateRemote,
    runs: runs.map(({ run, endedAt, remembered, refs }) => {
      return { run, endedAt: endedAt.toISOString(), remembered, refs: refs.size };
    }),
    generated: generated.size,
    trains: trains.size,
    refs: {
      found: runs.reduce((sum, { refs }) => sum + refs.size, generated.size + trains.size),
      deleted: pruned?.deleted ?? 0,
      moved: pruned?.moved ?? 0,
      refused: pruned?.refused.size ?? 0,
    },
    host: {
      home: host.home,
      status: host.status,
      mirrors: host.mirrors.length,
      worktrees: host.worktrees.length,
      bytes: host.bytes,
    },
  };
}
