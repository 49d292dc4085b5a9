// The gateway: where people's answers come in. One HTTP port with `/healthz`, and clicks from Slack by Socket Mode where
// an app token is given, else by signed requests on `/slack/events`.

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HTTPReceiver, SocketModeReceiver } from '@slack/bolt';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { SlackEnvironment } from '../../domain/environment.ts';
import { bodyLimitBytes, refusalOf, refuse } from './request-guard.ts';
import { boltLogger } from './bolt-logger.ts';
import { failure } from '../../domain/failures.ts';
import { makeDecisionSender } from './decision-sender.ts';
import { makeSlackApp } from './slack-app.ts';

export interface GatewaySettings {
  /** 0 = any free port. */
  readonly port: number;
  readonly slack: SlackEnvironment;
  readonly temporal: { readonly client: Client };
  readonly log: Logger;
  /** The clock, in milliseconds. */
  readonly now?: () => number;
}

export interface Gateway {
  readonly port: number;
  close(): Promise<void>;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Throws `BadInput` when Slack is configured by half. */
export async function startGateway(settings: GatewaySettings): Promise<Gateway> {
  const { slack, log, port, temporal } = settings;
  const sender = makeDecisionSender(temporal.client);
  if (slack.appToken !== null) {
    const receiver = socketReceiver(slack, slack.appToken, log);
    makeSlackApp({ slack, receiver, sender, log });
    const server = await listen(port, notFound);
    await receiver.start();
    return gatewayOf(server, () => receiver.stop());
  }
  if (slack.signingSecret === null) {
    throw failure('BadInput', 'Slack needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)');
  }
  const receiver = new HTTPReceiver({
    signingSecret: slack.signingSecret,
    endpoints: '/slack/events',
    bodyLimit: bodyLimitBytes,
    logger: boltLogger(log),
  });
  makeSlackApp({ slack, receiver, sender, log });
  return gatewayOf(await listen(port, guarded(receiver, settings)), () => Promise.resolve());
}

function socketReceiver(slack: SlackEnvironment, appToken: string, log: Logger): SocketModeReceiver {
  const clientOptions = slack.apiUrl === null ? {} : { slackApiUrl: slack.apiUrl };
  return new SocketModeReceiver({ appToken, logger: boltLogger(log), installerOptions: { clientOptions } });
}

function guarded(receiver: HTTPReceiver, { now = Date.now }: GatewaySettings): Listener {
  return (request, response) => {
    if (request.method !== 'POST' || pathOf(request) !== '/slack/events') return notFound(request, response);
    const status = refusalOf(request.headers, now());
    if (status !== null) return refuse(request, response, status);
    receiver.requestListener(request, response);
  };
}

const notFound: Listener = (request, response) => refuse(request, response, 404);

async function listen(port: number, listener: Listener): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method === 'GET' && pathOf(request) === '/healthz') {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
    } else listener(request, response);
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(failure('BadInput', `cannot listen on port ${port}: ${cause.message}`, { cause })),
    );
    server.listen(port, resolve);
  });
  return server;
}

function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://gateway').pathname;
}

function gatewayOf(server: Server, stop: () => Promise<unknown>): Gateway {
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      await stop();
      server.closeIdleConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
