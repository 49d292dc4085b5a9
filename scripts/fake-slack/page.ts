// The channel as a web page on loopback. The page asks for the channel once a second and draws it with text nodes only,
// because cards hold text of models and repositories.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Workspace, people } from './workspace.ts';

const page = readFileSync(new URL('page.html', import.meta.url));

const request = z.discriminatedUnion('what', [
  z.object({
    what: z.literal('press'),
    card: z.number(),
    button: z.enum(['approve', 'deny', 'answer', 'details']),
    as: z.string(),
  }),
  z.object({ what: z.literal('submit'), text: z.string().max(3000) }),
  z.object({ what: z.literal('close') }),
]);

const longestBody = 20_000;

/** `port` 0 = any free one. */
export async function servePage(workspace: Workspace, port: number): Promise<Server> {
  const server = createServer((incoming, response) => {
    answer(workspace, incoming, response).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function answer(workspace: Workspace, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url } = incoming;
  if (method === 'GET' && url === '/') {
    response.setHeader('content-security-policy', "default-src 'self' 'unsafe-inline'");
    response.setHeader('content-type', 'text/html; charset=utf-8');
    return void response.end(page);
  }
  if (method === 'GET' && url === '/channel') return json(response, 200, { people, ...workspace.look() });
  // A page of another origin cannot send JSON here without asking first.
  if (method !== 'POST' || url !== '/act' || incoming.headers['content-type'] !== 'application/json') {
    return json(response, 404, {});
  }
  const asked = request.safeParse(await readJson(incoming));
  if (!asked.success) return json(response, 400, { taken: false, why: 'not understood' });
  json(response, 200, await act(workspace, asked.data));
}

async function act(workspace: Workspace, asked: z.output<typeof request>): Promise<object> {
  switch (asked.what) {
    case 'press': {
      const by = people.find(({ id }) => id === asked.as) ?? people[0];
      return workspace.press(asked.card, asked.button, by);
    }
    case 'submit':
      return workspace.submit(asked.text === '' ? null : asked.text);
    case 'close':
      workspace.closeWindow();
      return { taken: true };
  }
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of incoming) {
    text += String(chunk);
    if (text.length > longestBody) return null;
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
