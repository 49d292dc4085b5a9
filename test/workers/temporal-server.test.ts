// The server of `coppice dev`: how soon it hands out tasks, and how it keeps its file. Measured like `coppice doctor`.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { handOutKey } from '../../domain/server-settings.ts';
import { judgeHandOuts, outrunDefault } from '../../domain/doctor/hand-outs.ts';
import { freePorts } from '../../scripts/free-port.ts';
import { type DevServerPlace, startTemporalServer } from '../../workers/server/temporal-server.ts';
import { timeHandOuts } from '../../client/doctor/hand-outs.ts';

const log = pino({ level: 'silent' });
// Of a SQLite file's header.
const [formatByte, withJournal, withLog] = [18, 1, 2];
const closers: (() => Promise<unknown>)[] = [];

async function open(place: Partial<DevServerPlace>): Promise<{ client: Client; stop(): Promise<void> }> {
  vi.stubEnv('COPPICE_TEMPORAL_BIN', inject('temporalBinary'));
  const [port = 0] = await freePorts(1);
  const server = await startTemporalServer({ port, uiPort: null, database: null, log, ...place });
  closers.push(() => server.stop());
  const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
  closers.push(() => connection.close());
  return { client: new Client({ connection }), stop: () => server.stop() };
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'coppice-server-'));
  closers.unshift(async () => rmSync(made, { recursive: true, force: true }));
  return made;
}

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  vi.unstubAllEnvs();
});

describe('the embedded server', () => {
  it.each([
    ['memory', () => null],
    ['a file', () => join(folder(), 'temporal.db')],
  ])('hands out tasks without holding them back, from %s', { timeout: 300_000 }, async (_, place) => {
    const { client } = await open({ database: place() });
    await vi.waitFor(
      async () => {
        const handOuts = await timeHandOuts(client);
        expect(outrunDefault(handOuts)).toBe(true);
        expect(judgeHandOuts(handOuts)).toMatchObject({ status: 'ok', hint: '' });
      },
      { timeout: 280_000, interval: 100 },
    );
  });

  it('would hold them back without the setting, and the doctor names it', { timeout: 300_000 }, async () => {
    const { client } = await open({ dynamicConfig: { [handOutKey]: 20 } });
    // On a machine so busy that a step takes 50 ms anyway, nothing is held back: until there is a quieter moment.
    await vi.waitFor(
      async () =>
        expect(judgeHandOuts(await timeHandOuts(client))).toMatchObject({
          status: 'warn',
          detail: expect.stringContaining('holds tasks back'),
          hint: expect.stringContaining('history.transferProcessorMaxPollRPS'),
        }),
      { timeout: 280_000, interval: 100 },
    );
  });

  it('leaves no workflow of the doctor behind, also when it is stopped half-way', { timeout: 60_000 }, async () => {
    const { client } = await open({});
    await timeHandOuts(client);
    await timeHandOuts(client, AbortSignal.timeout(150));
    await vi.waitFor(async () => expect((await client.workflow.count()).count).toBe(0), 20_000);
  });

  it('keeps its data in a file with a log of writes beside it, and takes a file from before', async () => {
    const database = join(folder(), 'temporal.db');
    const before = await open({ database, sqlitePragmas: {} });
    expect(readFileSync(database)[formatByte]).toBe(withJournal);
    await before.client.workflow.start('nothing', { taskQueue: 'nobody-polls', workflowId: 'kept' });
    await before.stop();
    const { client } = await open({ database });
    expect(readFileSync(database)[formatByte]).toBe(withLog);
    expect(existsSync(`${database}-wal`)).toBe(true);
    await expect(client.workflow.getHandle('kept').describe()).resolves.toMatchObject({ workflowId: 'kept' });
  });
});
