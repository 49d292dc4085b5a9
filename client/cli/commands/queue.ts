// `coppice queue list`: the entries in the merge queue of a branch.

import type { Command } from 'commander';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { originHere } from '../origin.ts';
import { queueText } from '../present/queue.ts';
import { withCoppice } from '../session.ts';

interface Options {
  readonly repo?: string;
  readonly branch?: string;
  readonly json?: boolean;
}

export function addQueue(program: Command): void {
  program
    .command('queue')
    .description('the merge queue of a branch')
    .command('list')
    .description('list what is in the merge queue, in landing order')
    .option('--repo <url>', 'the repository (default: the current clone’s origin)')
    .option('--branch <branch>', 'the target branch (default: the one that a run would land on)')
    .addOption(jsonOption(['queue']))
    .addHelpText(
      'after',
      '\nExamples:\n  $ coppice queue list\n  $ coppice queue list --repo git@example.com:team/app.git --branch main',
    )
    .action(async ({ repo, branch, json = false }: Options) => {
      const output = makeOutput(process, json);
      const repository = repo ?? (await originHere());
      await withCoppice(async (coppice) => {
        const queue = await coppice.queue(repository, branch);
        const { id, entries } = queue;
        if (json) output.document('queue', { queue: id, repository, branch: queue.branch, entries });
        else output.text(queueText(entries, process.stdout));
      });
    });
}
