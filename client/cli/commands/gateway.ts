// `coppice gateway`: where people's answers come in.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { connectClient, temporalTarget } from '../../temporal.ts';
import { drainOnSignal, makeLog, sayReady } from '../process.ts';
import { failure } from '../../../domain/failures.ts';
import { homeOfProcess } from '../home.ts';
import { portNumber } from '../numbers.ts';
import { slackEnvironment } from '../../../domain/environment.ts';
import { startGateway } from '../../gateway/start-gateway.ts';

export function addGateway(program: Command): void {
  program
    .command('gateway')
    .description('take the clicks of Slack buttons')
    .option('--port <n>', 'where it listens', portNumber, 3000)
    .addHelpText('after', '\nExample:\n  $ coppice gateway --port 3000')
    .action(async ({ port }: { port: number }) => {
      const log = makeLog('gateway');
      const slack = slackEnvironment(process.env, (path) => readFileSync(path, 'utf8'));
      if (slack === null)
        throw failure('BadInput', 'the gateway needs SLACK_BOT_TOKEN, and an app token or a signing secret');
      const client = await connectClient(await temporalTarget(process.env, homeOfProcess()));
      const gateway = await startGateway({ port, slack, temporal: { client }, log });
      const ended = new Promise<void>((resolve) => drainOnSignal(resolve, log));
      sayReady({ port: String(gateway.port), mode: slack.appToken === null ? 'http' : 'socket' });
      await ended;
      await gateway.close();
      await client.connection.close();
    });
}
