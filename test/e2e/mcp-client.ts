// A client of `coppice mcp` as agents have one: the protocol's own client, over stdio or HTTP.

import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

export const main = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));

/** What a tool has answered. */
export interface Answered {
  readonly isError: boolean;
  readonly text: string;
  /** Undefined with an error. */
  readonly document: unknown;
}

export interface McpClient {
  readonly client: Client;
  /** What came on stdout that is not the protocol, and other mistakes of the server. */
  readonly mistakes: Error[];
  /** What the process has written to stderr so far; empty over HTTP. */
  stderr(): string;
  call(tool: string, input: Readonly<Record<string, unknown>>): Promise<Answered>;
  close(): Promise<void>;
}

export async function openStdio(env: Readonly<Record<string, string>>, cwd: string): Promise<McpClient> {
  const args = [main, 'mcp'];
  const transport = new StdioClientTransport({ command: process.execPath, args, env: { ...env }, cwd, stderr: 'pipe' });
  let stderr = '';
  transport.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  return connected(transport, () => stderr);
}

export async function openHttp(url: string): Promise<McpClient> {
  return connected(new StreamableHTTPClientTransport(new URL(url)), () => '');
}

type Transport = Parameters<Client['connect']>[0];

async function connected(transport: Transport, stderr: () => string): Promise<McpClient> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  const mistakes: Error[] = [];
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it has no other way
  client.onerror = (error) => void mistakes.push(error);
  await client.connect(transport);
  // The client checks documents against the schemas of the tools that it has listed.
  await client.listTools();
  return {
    client,
    mistakes,
    stderr,
    async call(name, input) {
      const result = await client.callTool({ name, arguments: { ...input } });
      const text = result.content.map((part) => (part.type === 'text' ? part.text : `(${part.type})`)).join('\n');
      return { isError: result.isError === true, text, document: result.structuredContent };
    },
    close: () => client.close(),
  };
}
