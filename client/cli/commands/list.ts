// `coppice list`: the runs, newest first; with `--hosts`, the hosts.

import type { Command } from 'commander';
import { jsonOption } from '../json-option.ts';
import { hostsText } from '../present/hosts.ts';
import { listText } from '../present/list.ts';
import { makeOutput } from '../output.ts';
import { withCoppice } from '../session.ts';

interface Options {
  readonly all?: boolean;
  readonly hosts?: boolean;
  readonly json?: boolean;
}

/** Any more are only counted. */
const shown = 20;

export function addList(program: Command): void {
  program
    .command('list')
    .description(`list the latest ${shown} runs, newest first`)
    .option('--all', 'list all runs')
    .option('--hosts', 'list the hosts that poll for work instead: slots, free memory and disk')
    .addOption(jsonOption(['list', 'hosts'], 'print all as JSON'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ coppice list\n  $ coppice list --json | jq -r ".runs[].run"\n  $ coppice list --hosts',
    )
    .action(async ({ all = false, hosts = false, json = false }: Options) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        if (hosts) {
          const found = await coppice.hosts();
          return json ? output.document('hosts', { hosts: found }) : output.text(hostsText(found, process.stdout));
        }
        const runs = await coppice.runs();
        if (json) return output.document('list', { runs });
        output.text(listText(all ? runs : runs.slice(0, shown), process.stdout));
        if (!all && runs.length > shown) output.note(`${runs.length - shown} more: coppice list --all`);
      });
    });
}
