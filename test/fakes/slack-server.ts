// Slack on loopback, in its wire formats: the Web API methods that Coppice uses, Socket Mode over a real WebSocket, and a
// person who clicks buttons (signed requests, or envelopes). Fails on demand.

import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

export interface SlackMessage {
  readonly channel: string;
  readonly ts: string;
  text: string;
  blocks: SlackBlock[];
  readonly metadata?: unknown;
  /** `ts` of the message that it answers. */
  readonly thread?: string;
  /** It answers one, and is in the channel as well. */
  readonly broadcast?: true;
}

interface SlackBlock {
  readonly type: string;
  readonly elements?: readonly { readonly type: string; readonly action_id?: string; readonly value?: string }[];
}

export interface SlackView {
  readonly id: string;
  view: { readonly callback_id?: string; readonly private_metadata?: string; readonly blocks: unknown[] };
}

interface Ephemeral {
  readonly channel: string;
  readonly user: string;
  readonly text: string;
}

export interface ClickOptions {
  readonly action: string;
  readonly user?: string;
  readonly actionTs?: string;
  /** In place of the button's own. */
  readonly value?: string;
}

/** A token that Slack does not know; it takes any other. */
export const refusedToken = 'xoxb-refused-secret';

export const signingSecret = 'f00d'.repeat(8);

export class SlackServer {
  readonly messages: SlackMessage[] = [];
  readonly ephemerals: Ephemeral[] = [];
  /** Windows, the newest last. */
  readonly views: SlackView[] = [];
  /** Why Slack opens no window, such as that its trigger was good for three seconds; null = it opens them. */
  opensNoView: string | null = null;
  /** Members of user groups, by the group's id. */
  readonly groups: Record<string, string[]> = {};
  /** Channels that the app is not in, with what Slack says of them. */
  readonly closed: Record<string, string> = {};
  /** Home tabs, by the user's id. */
  readonly homes: Record<string, { readonly blocks: unknown[] }> = {};
  /** Answers to slash commands, in order. */
  readonly answers: { readonly response_type: string; readonly text: string }[] = [];
  /** Names of the Web API methods called, in order. */
  readonly calls: string[] = [];
  /** Answers for the next calls of chat methods, in place of success; `lost` = done, but the answer never comes. */
  readonly failures: ({ status: number; retryAfter?: number } | { error: string } | 'lost')[] = [];
  /** Every call while it is set: an answer in place of success, or `silent` = taken, and never answered. */
  outage: { status: number; retryAfter?: number } | { error: string } | 'silent' | null = null;
  /** Methods that are taken, and never answered. */
  readonly held = new Set<string>();
  /** Methods that are done, and answered so many milliseconds later. */
  readonly late = new Map<string, number>();
  /** Envelope ids that the app has acknowledged. */
  readonly acknowledged: string[] = [];
  private sockets: WebSocket[] = [];
  private clock = Math.floor(Date.now() / 1000);
  private envelopes = 0;
  private readonly http = createServer((request, response) => void this.answer(request, response));
  private readonly ws = new WebSocketServer({ server: this.http });

  /** `port` 0 = any free one. */
  static async start(port = 0): Promise<SlackServer> {
    const slack = new SlackServer();
    slack.ws.on('connection', (socket) => slack.welcome(socket));
    slack.http.listen(port, '127.0.0.1');
    await once(slack.http, 'listening');
    return slack;
  }

  private get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  /** For `SLACK_API_URL`. */
  get apiUrl(): string {
    return `http://127.0.0.1:${this.port}/api/`;
  }

  /** Variables for an app on this server that takes clicks by HTTP, or by Socket Mode with an app token. */
  environment({ appToken = null, teamId = null }: Partial<Record<'appToken' | 'teamId', string | null>> = {}) {
    return {
      SLACK_BOT_TOKEN: 'xoxb-test',
      SLACK_SIGNING_SECRET: signingSecret,
      SLACK_API_URL: this.apiUrl,
      ...(appToken === null ? {} : { SLACK_APP_TOKEN: appToken }),
      ...(teamId === null ? {} : { SLACK_TEAM_ID: teamId }),
    };
  }

  get connected(): boolean {
    return this.sockets.length > 0;
  }

  /** Cuts the connections of Socket Mode, as Slack does every few hours. */
  hangUp(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  /** Any text over Socket Mode, as it is. */
  sayOverSocket(text: string): void {
    this.sockets.at(-1)?.send(text);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.ws.close();
    this.http.closeAllConnections();
    this.http.close();
    await once(this.http, 'close');
  }

  /** The payload of a click on the newest card. */
  payload({ action, user = 'U1', actionTs = `${(this.clock += 1)}.000100`, value }: ClickOptions): object {
    const buttonOf = ({ blocks }: SlackMessage) =>
      blocks.flatMap(({ elements = [] }) => elements).find(({ action_id: id }) => id === action);
    const card = this.messages.findLast((message) => buttonOf(message) !== undefined) ?? this.messages.at(-1);
    const button = card === undefined ? undefined : buttonOf(card);
    return {
      type: 'block_actions',
      ...sentBy(user),
      trigger_id: '1.2.3',
      container: { type: 'message', message_ts: card?.ts, channel_id: card?.channel, is_ephemeral: false },
      channel: { id: card?.channel ?? 'C1', name: 'approvals' },
      message: { type: 'message', ts: card?.ts, text: card?.text },
      response_url: `${this.apiUrl}response`,
      actions: [
        { type: 'button', action_id: action, block_id: 'b', action_ts: actionTs, value: value ?? button?.value ?? '' },
      ],
    };
  }

  /** The payload of the newest window, sent in with this text. */
  submission({ text, user = 'U1' }: { readonly text: string | null; readonly user?: string }): object {
    const { id, view } = this.views.at(-1) ?? { id: '', view: { blocks: [] } };
    const entered = view.blocks.find((block): block is { block_id: string; element: { action_id: string } } => {
      return typeof block === 'object' && block !== null && 'element' in block;
    });
    const { block_id: block = '', element = { action_id: '' } } = entered ?? {};
    return {
      type: 'view_submission',
      ...sentBy(user),
      trigger_id: '4.5.6',
      view: {
        id,
        type: 'modal',
        callback_id: view.callback_id ?? '',
        private_metadata: view.private_metadata ?? '',
        state: { values: { [block]: { [element.action_id]: { type: 'plain_text_input', value: text } } } },
      },
      response_urls: [],
    };
  }

  /** What Slack sends when somebody types a slash command. */
  command(text: string, { user = 'U1', channel = 'C1' }: { readonly user?: string; readonly channel?: string } = {}) {
    return {
      command: '/coppice',
      text,
      user_id: user,
      user_name: `name-of-${user}`,
      team_id: 'T1',
      channel_id: channel,
      response_url: `${this.apiUrl}response`,
      trigger_id: `${(this.clock += 1)}.9`,
    };
  }

  /** What Slack sends when somebody opens the Home tab. */
  homeOpened(user = 'U1') {
    return { type: 'event_callback', team_id: 'T1', event: { type: 'app_home_opened', user, tab: 'home' } };
  }

  /** Any message as an envelope; answers the envelope's id. */
  sendOverSocket(type: string, payload: object): string {
    this.envelopes += 1;
    const envelope_id = `envelope-${this.envelopes}`;
    this.sockets.at(-1)?.send(JSON.stringify({ envelope_id, type, accepts_response_payload: true, payload }));
    return envelope_id;
  }

  /** A click as a signed request to the app; answers the status, 0 when the app did not answer. */
  async clickOverHttp(url: string, click: ClickOptions): Promise<number> {
    return sendSigned(url, formOf(this.payload(click)));
  }

  /** A click as an envelope, delivered so many times; answers the envelope's id. */
  clickOverSocket(click: ClickOptions, deliveries = 1): string {
    const envelope = this.envelopeOf(click);
    for (let i = 0; i < deliveries; i++) this.deliver(envelope);
    return envelope.envelope_id;
  }

  envelopeOf(click: ClickOptions) {
    this.envelopes += 1;
    const envelope_id = `envelope-${this.envelopes}`;
    return { envelope_id, type: 'interactive', accepts_response_payload: true, payload: this.payload(click) };
  }

  /** To one of the connections, in the order in which they were made; by default the newest. */
  deliver(envelope: object, at = -1): void {
    this.sockets.at(at)?.send(JSON.stringify(envelope));
  }

  get connections(): number {
    return this.sockets.length;
  }

  private welcome(socket: WebSocket): void {
    this.sockets.push(socket);
    socket.on('close', () => (this.sockets = this.sockets.filter((other) => other !== socket)));
    socket.on('message', (data: Buffer) => {
      const { envelope_id: id } = JSON.parse(data.toString()) as { envelope_id?: string };
      if (id !== undefined) this.acknowledged.push(id);
    });
    const connection_info = { app_id: 'A1' };
    socket.send(JSON.stringify({ type: 'hello', num_connections: 1, connection_info, debug_info: {} }));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const method = (request.url ?? '').replace(/^\/api\//, '').split('?')[0] ?? '';
    this.calls.push(method);
    if (this.outage === 'silent' || this.held.has(method)) return;
    const failing = this.outage ?? (/^chat\.(?:post|update)/.test(method) ? this.failures.shift() : undefined);
    if (failing !== undefined && failing !== 'lost') {
      if ('error' in failing) return send(response, 200, { ok: false, error: failing.error });
      const { status, retryAfter } = { retryAfter: undefined, ...failing };
      const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
      return send(response, status, { ok: false, error: 'ratelimited' }, headers);
    }
    if (request.headers.authorization === `Bearer ${refusedToken}`) {
      return send(response, 200, { ok: false, error: 'invalid_auth' });
    }
    const sent = Buffer.concat(chunks).toString('utf8');
    if (method === 'response') {
      this.answers.push(JSON.parse(sent) as SlackServer['answers'][number]);
      return send(response, 200, { ok: true });
    }
    const result = this.perform(method, readBody(sent));
    const late = this.late.get(method);
    if (late !== undefined) await sleep(late);
    if (failing === 'lost') return void request.socket.destroy();
    send(response, 200, result);
  }

  private perform(method: string, body: Readonly<Record<string, string>>): object {
    const { channel = '', ts = '', text = '', user = '' } = body;
    const blocks = JSON.parse(body['blocks'] ?? '[]') as SlackBlock[];
    switch (method) {
      case 'auth.test':
        return { ok: true, url: 'https://team.slack.com/', team: 'team', team_id: 'T1', user_id: 'UB', bot_id: 'B1' };
      case 'apps.connections.open':
        return { ok: true, url: `ws://127.0.0.1:${this.port}/link` };
      case 'chat.postMessage': {
        const posted = `${(this.clock += 1)}.000200`;
        const metadata: unknown = body['metadata'] === undefined ? undefined : JSON.parse(body['metadata']);
        const thread = body['thread_ts'];
        this.messages.push({
          channel,
          ts: posted,
          text,
          blocks,
          metadata,
          ...(thread === undefined ? {} : { thread }),
          ...(body['reply_broadcast'] === 'true' ? { broadcast: true as const } : {}),
        });
        return { ok: true, channel, ts: posted };
      }
      case 'chat.update': {
        const message = this.messages.find((each) => each.ts === ts && each.channel === channel);
        if (message === undefined) return { ok: false, error: 'message_not_found' };
        Object.assign(message, { text, blocks });
        return { ok: true, channel, ts };
      }
      case 'views.open': {
        if (this.opensNoView !== null) return { ok: false, error: this.opensNoView };
        const id = `V${(this.clock += 1)}`;
        this.views.push({ id, view: JSON.parse(body['view'] ?? '{}') as SlackView['view'] });
        return { ok: true, view: { id } };
      }
      case 'views.update': {
        const open = this.views.find(({ id }) => id === body['view_id']);
        if (open === undefined) return { ok: false, error: 'not_found' };
        open.view = JSON.parse(body['view'] ?? '{}') as SlackView['view'];
        return { ok: true, view: { id: open.id } };
      }
      case 'chat.postEphemeral':
        this.ephemerals.push({ channel, user, text });
        return { ok: true, message_ts: `${(this.clock += 1)}.000300` };
      case 'conversations.history':
        if (this.closed[channel] !== undefined) return { ok: false, error: this.closed[channel] };
        return pageOf(
          this.messages
            .filter((each) => each.channel === channel && (each.thread === undefined || each.broadcast === true))
            .filter((each) => isBetween(each.ts, body))
            .toReversed(),
          body,
        );
      case 'conversations.replies':
        return pageOf(
          this.messages.filter(
            (each) => each.channel === channel && (each.ts === ts || (each.thread === ts && isBetween(each.ts, body))),
          ),
          body,
        );
      case 'views.publish':
        this.homes[body['user_id'] ?? ''] = JSON.parse(body['view'] ?? '{}') as { blocks: unknown[] };
        return { ok: true, view: { id: 'VHOME' } };
      case 'usergroups.users.list': {
        const users = this.groups[body['usergroup'] ?? ''];
        return users === undefined ? { ok: false, error: 'no_such_subteam' } : { ok: true, users };
      }
      case 'chat.getPermalink':
        return { ok: true, channel, permalink: `https://team.slack.com/archives/${channel}/p${body['message_ts']}` };
      default:
        return { ok: false, error: 'unknown_method' };
    }
  }
}

export function formOf(payload: object): string {
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

function isBetween(ts: string, { oldest, latest }: Readonly<Record<string, string>>): boolean {
  return Number(ts) >= Number(oldest ?? 0) && Number(ts) <= Number(latest ?? Infinity);
}

/** Messages, page by page: a cursor is the number of those before it. */
function pageOf(messages: readonly SlackMessage[], { limit = '100', cursor = '0' }: Readonly<Record<string, string>>) {
  const end = Number(cursor) + Number(limit);
  const next_cursor = end < messages.length ? String(end) : '';
  return { ok: true, messages: messages.slice(Number(cursor), end), response_metadata: { next_cursor } };
}

/** A request as Slack signs it; `change` to sign it badly. */
export async function sendSigned(
  url: string,
  body: string,
  change: { readonly timestamp?: number; readonly secret?: string; readonly headers?: Record<string, string> } = {},
): Promise<number> {
  const timestamp = change.timestamp ?? Math.floor(Date.now() / 1000);
  const hmac = createHmac('sha256', change.secret ?? signingSecret)
    .update(`v0:${timestamp}:${body}`)
    .digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': String(timestamp),
    'x-slack-signature': `v0=${hmac}`,
    ...change.headers,
  };
  return fetch(url, { method: 'POST', body, headers }).then(
    ({ status }) => status,
    () => 0,
  );
}

function readBody(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

function send(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Who sends a payload, and from where. */
function sentBy(user: string) {
  return {
    team: { id: 'T1', domain: 'team' },
    user: { id: user, username: `name-of-${user}`, name: `name-of-${user}`, team_id: 'T1' },
    api_app_id: 'A1',
  };
}
