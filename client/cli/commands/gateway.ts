// `coppice gateway`: receives people's answers.

import type { Command } from 'commander';
import type { GatewayOptions } from '../processes/gateway.ts';
import { portNumber } from '../numbers.ts';

export function addGateway(program: Command): void {
  program
    .command('gateway')
    .description('receive clicks on Slack buttons, and serve the pages that mails link to')
    .option('--port <n>', 'the port to listen on', portNumber, 3000)
    .option(
      '--host <address>',
      'the address to listen on (default: COPPICE_GATEWAY_HOST, or 127.0.0.1: this machine only)',
    )
    .addHelpText('after', '\nExamples:\n  $ coppice gateway --port 3000\n  $ coppice gateway --host 0.0.0.0')
    .action(async (options: GatewayOptions) => (await import('../processes/gateway.ts')).runGateway(options));
}
