// `coppice dev`: everything in one process.

import type { Command } from 'commander';
import type { DevOptions } from '../processes/dev.ts';
import { portNumber, wholeNumber } from '../numbers.ts';

export function addDev(program: Command): void {
  program
    .command('dev')
    .description(
      'run everything in one process: a Temporal server, a worker, and the gateway if Slack or e-mail is configured',
    )
    .option('--port <n>', 'Temporal’s port', portNumber, 7233)
    .option('--ui-port <n>', 'the Web UI’s port (default: Temporal’s plus 1000)', portNumber)
    .option('--slots <n>', 'agent sessions at once', wholeNumber(1))
    .option('--ephemeral', 'do not keep Temporal’s data')
    .addHelpText('after', '\nExamples:\n  $ coppice dev\n  $ coppice dev --port 7300 --slots 4')
    .action(async (options: DevOptions) => (await import('../processes/dev.ts')).runDev(options));
}
