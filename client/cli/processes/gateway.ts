// `coppice gateway` as a process: receives people’s answers until it is stopped.

import { connectClient, temporalTarget } from '../../temporal.ts';
import { drainOnSignal, sayReady } from '../process.ts';
import { makeLog } from '../../../workers/log.ts';
import { failure } from '../../../contracts/failures.ts';
import { homeOfProcess } from '../home.ts';
import { gatewayHost } from '../../../domain/environment.ts';
import { neededForAnswers } from '../../../people/media.ts';
import { startGateway } from '../../gateway/start-gateway.ts';

export interface GatewayOptions {
  readonly host?: string;
  readonly port: number;
}

export async function runGateway({ host = gatewayHost(process.env), port }: GatewayOptions): Promise<void> {
  const log = makeLog('gateway');
  const client = await connectClient(await temporalTarget(process.env, homeOfProcess()));
  const gateway = await startGateway({ host, port, env: process.env, client, log });
  if (gateway === null) {
    await client.connection.close();
    throw failure('BadInput', `the gateway needs ${neededForAnswers()}`, {
      hint: 'docs/slack.md and docs/email.md say where they come from. Without Slack and e-mail, no gateway is needed: people decide with `coppice approve`.',
    });
  }
  const ended = new Promise<void>((resolve) => drainOnSignal(resolve, log));
  sayReady({ port: String(gateway.port), ...gateway.details });
  await ended;
  await gateway.close();
  await client.connection.close();
}
