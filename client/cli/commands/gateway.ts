// `coppice gateway`: where people's answers come in.

import type { Command } from 'commander';
import type { GatewayOptions } from '../processes/gateway.ts';
import { portNumber } from '../numbers.ts';

export function addGateway(program: Command): void {
  program
    .command('gateway')
    .description('take the clicks of Slack buttons')
    .option('--port <n>', 'where it listens', portNumber, 3000)
    .addHelpText('after', '\nExample:\n  $ coppice gateway --port 3000')
    .action(async (options: GatewayOptions) => (await import('../processes/gateway.ts')).runGateway(options));
}
