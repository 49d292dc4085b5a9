// The gateway: where people's answers come in. One HTTP port with `/healthz`, and clicks from Slack by Socket Mode where
// an app token is given, else by signed requests on `/slack/events`.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Reach } from '../../people/slack/clicks/identity.ts';
import type { Route } from './http-server.ts';
import type { SlackEnvironment } from '../../domain/environment.ts';
import { SlackIdentity } from '../../people/slack/clicks/identity.ts';
import { answer, pathOf, refuse } from './request-guard.ts';
import { failure } from '../../contracts/failures.ts';
import { listen } from './http-server.ts';
import { makeClickHandler } from '../../people/slack/clicks/click-handler.ts';
import { makeDecisionSender } from './decision-sender.ts';
import { openSocketLink } from '../../people/slack/clicks/socket.ts';
import { slackLogger } from '../../people/slack/clicks/logger.ts';
import { slackClient } from '../../people/slack/web-client.ts';
import { slackRequests } from './slack-requests.ts';

export interface GatewaySettings {
  /** The address to listen on; only this machine's own unless told otherwise. */
  readonly host?: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly slack: SlackEnvironment;
  readonly temporal: { readonly client: Client };
  readonly log: Logger;
}

export interface Gateway {
  readonly port: number;
  close(): Promise<void>;
}

/** A call to Slack takes less than a second, or is not worth waiting for. */
const callTimeoutMs = 3_000;

/** Throws `BadInput` when Slack is configured by half. A Slack that is away holds nothing up: `/healthz` says so. */
export async function startGateway(settings: GatewaySettings): Promise<Gateway> {
  const { slack, log, host = '127.0.0.1', port, temporal } = settings;
  const { appToken, signingSecret } = slack;
  if (appToken === null && signingSecret === null) {
    throw failure('BadInput', 'Slack needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)');
  }
  const web = slackClient(slack, { timeoutMs: callTimeoutMs, logger: slackLogger(log) });
  const identity = new SlackIdentity(web, slack.teamId ?? null);
  const handle = makeClickHandler({ slack: web, identity, sender: makeDecisionSender(temporal.client), log });
  const events = appToken === null && signingSecret !== null ? slackRequests({ signingSecret, handle, log }) : null;
  let socketReach = (): Reach => ({ ok: true });
  const health = async () => ({ 'Slack’s Web API': await identity.reach(), 'Socket Mode': socketReach() });
  const server = await listen({ host, port, log, route: router(health, events) });
  void identity.reach().then((reach) => {
    if (!reach.ok) log.warn({ reason: reach.why }, 'Slack cannot be reached; it is tried again');
  });
  if (appToken === null) return gatewayOf(server, () => Promise.resolve());
  const link = openSocketLink({ appToken, apiUrl: slack.apiUrl, handle, log });
  socketReach = link.reach;
  return gatewayOf(server, link.stop);
}

function router(health: () => Promise<Readonly<Record<string, Reach>>>, events: Route | null): Route {
  return async (request, response) => {
    const path = pathOf(request.url);
    if (path === '/healthz' && (request.method === 'GET' || request.method === 'HEAD')) {
      const failing = Object.entries(await health()).flatMap(([part, reach]) =>
        reach.ok ? [] : [`${part} cannot be reached: ${reach.why}\n`],
      );
      return answer(response, failing.length === 0 ? 200 : 503, failing.join('') || 'ok\n');
    }
    if (path === '/slack/events' && request.method === 'POST' && events !== null) return events(request, response);
    refuse(request, response, path === null ? 400 : 404);
  };
}

function gatewayOf(server: Server, stop: () => Promise<unknown>): Gateway {
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      await stop();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      // A client that still sends has its deadline, and no more.
      const cut = setTimeout(() => server.closeAllConnections(), 2_000);
      await closed.finally(() => clearTimeout(cut));
    },
  };
}
