// `coppice worker`: one worker process in the foreground.

import type { Command } from 'commander';
import { Option } from 'commander';
import type { WorkerOptions } from '../processes/worker.ts';
import { wholeNumber } from '../numbers.ts';

export function addWorker(program: Command): void {
  program
    .command('worker')
    .description('run workflows, or agents and verification, on this machine')
    .addOption(new Option('--role <role>', 'what it does').choices(['all', 'orchestrator', 'host']).default('all'))
    .option('--slots <n>', 'agent sessions at once (default: by memory, at most 16)', wholeNumber(1))
    .option('--verify-slots <n>', 'verifications at once (default: by cores, at most 4)', wholeNumber(1))
    .option('--labels <a,b>', 'no effect: every host takes every unit, whatever its labels')
    .addHelpText('after', '\nExamples:\n  $ coppice worker\n  $ coppice worker --role host --slots 8')
    .action(async (options: WorkerOptions) => (await import('../processes/worker.ts')).runWorker(options));
}
