// The board of a run, on a real server: what is written is heard once, also through continue-as-new, and it ends with its
// run.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Boards, makeBoards } from '../../activities/board/boards.ts';
import { Client, Connection } from '@temporalio/client';
import { type RunId, boardWorkflowId } from '../../contracts/ids.ts';
import { type ScriptedHost, runInput, startRun, startScriptedHost } from './scripted-host.ts';
import { boardStart } from '../../domain/board/start.ts';
import { boardWorkflowType } from '../../contracts/messages/board.ts';
import { caching, maxCachedWorkflows } from './caching.ts';
import { context, node, sha, unit } from '../domain/fixtures.ts';
import { emptyBoard } from '../../domain/board/state.ts';

const [a, b, c] = [unit('a'), unit('b'), unit('c')];

let host: ScriptedHost;
let boards: Boards;
beforeAll(async () => {
  host = await startScriptedHost(maxCachedWorkflows);
  boards = makeBoards(host.client);
});
afterAll(() => host.close());

const runOf = (id: string): RunId => context(id).run;
const by = (id: string, tree = 1) => ({ unit: unit(id), tree: sha(tree) });
const handleOf = (run: RunId) => host.client.workflow.getHandle(boardWorkflowId(run));
const statusOf = async (run: RunId) => (await handleOf(run).describe()).status.name;

describe(`a board (${caching})`, () => {
  it('begins with the first writing, and is heard from there on', async () => {
    const run = runOf('talk');
    expect(await boards.unread(run, b, null)).toBeNull();
    expect(await boards.view(run)).toBeNull();
    expect(await boards.post(run, { from: by('a'), to: [b], text: 'one' })).toMatchObject({
      accepted: true,
      number: 1,
    });
    expect(await boards.post(run, { from: by('a'), to: [b, c], text: 'two' })).toMatchObject({ number: 2 });
    const unread = await vi.waitFor(async () => {
      const answer = await boards.unread(run, b, null);
      expect(answer).not.toBeNull();
      return answer;
    });
    expect(unread?.messages).toMatchObject([
      { number: 1, from: a, text: 'one' },
      { number: 2, from: a, text: 'two' },
    ]);
    const after = { board: unread?.board ?? '', number: 1 };
    await boards.heard(run, b, { board: 'another', number: 2 });
    await boards.heard(run, b, after);
    await vi.waitFor(async () => {
      expect((await boards.unread(run, b, after))?.messages).toMatchObject([{ number: 2 }]);
      expect((await boards.view(run))?.messages).toMatchObject([{ open: [] }, { open: [b, c] }]);
    });
    await boards.close(run);
    await vi.waitFor(async () => expect(await statusOf(run)).toBe('COMPLETED'));
    // People can still read it.
    expect(await boards.view(run)).toMatchObject({ run, total: 2 });
  });

  it('takes notes, claims and landings', async () => {
    const run = runOf('notes');
    expect(await boards.writeNote(run, { from: by('a'), key: 'api', text: 'GET' })).toEqual({ accepted: true });
    expect(await boards.claim(run, { from: by('b'), paths: ['src'] })).toEqual({ accepted: true, others: [] });
    const notice = { unit: a, commit: sha(7), title: 'Do a', files: ['src/x.ts'], fileCount: 1, to: [] };
    await boards.landed(run, notice, { start: false });
    await vi.waitFor(async () =>
      expect(await boards.view(run)).toMatchObject({
        messages: [{ from: null, to: [b] }],
        notes: [{ key: 'api', by: a }],
        claims: [{ unit: b, path: 'src' }],
      }),
    );
    await boards.close(run);
  });

  it('is not started by a landing that concerns nobody, nor by what ends it', async () => {
    const run = runOf('nobody');
    const notice = { unit: a, commit: sha(7), title: 'Do a', files: [], fileCount: 0, to: [] };
    await boards.landed(run, notice, { start: false });
    await boards.heard(run, a, { board: 'x', number: 1 });
    await boards.close(run);
    expect(await boards.view(run)).toBeNull();
  });

  it('loses nothing when it continues as new', async () => {
    const run = runOf('long');
    const message = { number: 41, at: 0, from: a, to: [b], open: [b], text: 'from before', size: 100 };
    await host.client.workflow.start(boardWorkflowType, {
      ...boardStart(run),
      args: [{ run, resumed: { ...emptyBoard, next: 42, messages: [message] } }],
    });
    expect(await boards.post(run, { from: by('a'), to: [b], text: 'and after' })).toMatchObject({ number: 42 });
    expect((await boards.view(run))?.messages.map(({ text }) => text)).toEqual(['from before', 'and after']);
    await boards.close(run);
  });

  it('of a run that was terminated ends when it looks', async () => {
    // The run has no workflow, as one that was terminated and forgotten.
    const run = runOf('gone');
    await boards.post(run, { from: by('a'), to: [b], text: 'hello' });
    const { lookAtRun } = await import('../../activities/control/look-at-run.ts').then(({ makeLookAtRun }) => ({
      lookAtRun: makeLookAtRun(host.client),
    }));
    expect(await lookAtRun({ run, units: [a, b] })).toEqual({ open: false, ended: [a, b] });
    await boards.close(run);
  });
});

describe('a run', () => {
  it('says whom a message can reach', async () => {
    const release = Promise.withResolvers<void>();
    const { runSlice } = host.activities;
    host.activities.runSlice = async (input) => {
      if (input.unit === b) await release.promise;
      return runSlice(input);
    };
    const input = runInput('reach', [node('a'), node('b'), node('c', ['b'])]);
    const run = await startRun(host, input);
    const reachable = (id: typeof a | null) => boards.reachable(input.context.run, id);
    await vi.waitFor(async () => expect(await reachable(a)).toEqual({ begun: [b], phase: 'landed' }), {
      timeout: 60_000,
      interval: 100,
    });
    expect(await reachable(c)).toEqual({ begun: [b], phase: 'waiting' });
    expect(await reachable(unit('nobody'))).toMatchObject({ phase: null });
    release.resolve();
    await run.result();
    host.activities.runSlice = runSlice;
  });
});

describe('a server that does not answer', () => {
  it('costs a session little: a request waits 200 ms at most, and most do not ask', async () => {
    // A connection on which every call fails at its deadline.
    const connection = Connection.lazy({ address: '127.0.0.1:9' });
    const away = makeBoards(new Client({ connection, namespace: host.namespace }));
    const run = runOf('away');
    const began = Date.now();
    for (let turn = 0; turn < 50; turn++) expect(await away.unread(run, a, null)).toBeNull();
    // One try, and perhaps one more when the first pause was over. Without pauses it would be ten seconds.
    expect(Date.now() - began).toBeLessThan(5_000);
    await away.settled();
    await connection.close();
  });
});
