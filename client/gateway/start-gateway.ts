// The gateway, which receives people's answers. One HTTP port, with `/healthz` and the routes of every medium that the
// environment configures.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { AnswerSource } from '../../people/medium.ts';
import type { Env } from '../../domain/environment.ts';
import { type Route, answer, pathOf, refuse } from '../../people/http.ts';
import { listen } from './http-server.ts';
import { makeDecisionSender } from './decision-sender.ts';
import { tokenSecret } from '../../people/proof.ts';
import { makeRunDesk } from './run-desk.ts';
import { openAnswers } from '../../people/media.ts';

export interface GatewaySettings {
  /** The address to listen on; by default this machine only. */
  readonly host?: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Configures the media; their own variables are in docs/environment.md. */
  readonly env: Env;
  readonly client: Client;
  readonly log: Logger;
}

export interface Gateway {
  readonly port: number;
  /** How answers come in, for the `ready` line. */
  readonly details: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * Null if no medium is configured. Throws `BadInput` if one is only partly configured. Starts even if a medium cannot
 * be reached; `/healthz` then says so.
 */
export async function startGateway(settings: GatewaySettings): Promise<Gateway | null> {
  const { env, client, log, host = '127.0.0.1', port } = settings;
  const sender = makeDecisionSender(client, tokenSecret(env));
  const sources = openAnswers(env, { sender, desk: makeRunDesk(client), log });
  if (sources.length === 0) return null;
  const stop = () => Promise.all(sources.map((source) => source.close()));
  try {
    const server = await listen({ host, port, log, route: router(sources) });
    const details = Object.fromEntries(sources.flatMap((source) => Object.entries(source.details)));
    return gatewayOf(server, details, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function router(sources: readonly AnswerSource[]): Route {
  const routes = new Map(sources.flatMap((source) => Object.entries(source.routes)));
  const pages = sources.flatMap((source) => Object.entries(source.pages ?? {}));
  return async (request, response) => {
    const path = pathOf(request.url);
    if (path === '/healthz' && (request.method === 'GET' || request.method === 'HEAD')) {
      const failing = await unreachable(sources);
      return answer(response, failing.length === 0 ? 200 : 503, failing.join('') || 'ok\n');
    }
    const route = request.method === 'POST' && path !== null ? routes.get(path) : undefined;
    if (route !== undefined) return route(request, response);
    const [, page] = pages.find(([prefix]) => path?.startsWith(prefix) === true) ?? [];
    if (page !== undefined && pageMethods.has(request.method ?? '')) return page(request, response);
    refuse(request, response, path === null ? 400 : 404);
  };
}

const pageMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST']);

/** One line for each service that cannot be reached. */
async function unreachable(sources: readonly AnswerSource[]): Promise<string[]> {
  const reaches = await Promise.all(sources.map((source) => source.reach()));
  return reaches
    .flatMap((reach) => Object.entries(reach))
    .flatMap(([service, reach]) => (reach.ok ? [] : [`${service} cannot be reached: ${reach.why}\n`]));
}

function gatewayOf(server: Server, details: Gateway['details'], stop: () => Promise<unknown>): Gateway {
  return {
    port: (server.address() as AddressInfo).port,
    details,
    async close() {
      await stop();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      // A client that is still sending keeps its deadline, but gets no more time.
      const cut = setTimeout(() => server.closeAllConnections(), 2_000);
      await closed.finally(() => clearTimeout(cut));
    },
  };
}
