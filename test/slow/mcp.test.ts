// `coppice mcp` whose Temporal server goes away and comes back: what it says, and that it connects anew. Temporal's client
// tries for some time before it gives up.

import { expect, it } from 'vitest';
import { openNamespace } from '../setup/namespace.ts';
import { openStdio } from '../e2e/mcp-client.ts';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/free-port.ts';
import { startSilentProxy } from '../fakes/silent-proxy.ts';

it('a lost server is an answer, and it is used again when it is back', async () => {
  const { address, namespace } = await openNamespace();
  const home = mkdtempSync(join(tmpdir(), 'coppice-mcp-'));
  const port = await freePort();
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, COPPICE_HOME: home, COPPICE_USER: 'dana' };
  const temporal = { TEMPORAL_ADDRESS: `127.0.0.1:${port}`, TEMPORAL_NAMESPACE: namespace };
  const first = await startSilentProxy(address, port);
  const agent = await openStdio({ ...env, ...temporal }, home);
  const listed = { isError: false, document: { runs: [], total: 0 } };
  const away = { isError: true, text: expect.stringMatching(/^TemporalUnreachable: /) };
  expect(await agent.call('list_runs', {})).toMatchObject(listed);
  first.close();
  expect(await agent.call('list_runs', {})).toMatchObject(away);
  const second = await startSilentProxy(address, port);
  expect(await agent.call('list_runs', {})).toMatchObject(listed);
  second.silence();
  const both = await Promise.all([agent.call('list_runs', {}), agent.call('run_status', { run: 'any' })]);
  expect(both).toMatchObject([away, away]);
  second.close();
  const third = await startSilentProxy(address, port);
  expect(await agent.call('list_runs', {})).toMatchObject(listed);
  third.close();
  await agent.close();
  expect(agent.mistakes).toEqual([]);
  await rm(home, { recursive: true });
});
