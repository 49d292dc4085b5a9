// Claude Code hears what other units say, although it knows nothing of it: in its next request, and at the same place in
// each later one, on every host.

import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ModelRequest } from '../fakes/model-server.ts';
import { type ClaudeBench, bash, openClaudeBench, overloaded } from './claude-bench.ts';
import { MemoryBoards } from '../agent/memory-boards.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import { claudeSteps } from './claude-steps.ts';
import { cleanUp } from '../git/make-repository.ts';
import { doneOf } from '../agent/slice-bench.ts';
import { sha, unit } from '../domain/fixtures.ts';

const [a, b] = [unit('a'), unit('b')];
const boards = new MemoryBoards();
for (const id of [a, b]) boards.phases.set(id, 'working');

let claude: ClaudeBench;
beforeAll(async () => {
  claude = await openClaudeBench({ boards });
}, 180_000);
afterAll(async () => {
  await claude.bench.close();
  cleanUp();
});

const units = [{ id: a }, { id: b, title: 'The other' }];
const fromB = (context: RunContext, text: string) =>
  boards.post(context.run, { from: { unit: b, tree: sha(1) }, to: [a], text });
/** The message that each request has it in, as text; -1 = none. */
const placesOf = (run: string, text: string) =>
  claude.bench.asked(run).map(({ messages }) => messages.findIndex((each) => JSON.stringify(each).includes(text)));
const times = (request: ModelRequest | undefined, text: string) =>
  JSON.stringify(request?.messages).split(text).length - 1;

it('a message is in the next request, and stays where it was', async () => {
  const context = await claude.planned(
    async (request) => {
      if (request.turn === 1) await fromB(context, 'remember the tabs');
      return claudeSteps(
        bash('echo one > a.txt'),
        bash('echo two >> a.txt'),
        { mcp__coppice__post_message: { unit: 'b', text: 'tabs it is' } },
        { mcp__coppice__read_messages: {} },
      )(request);
    },
    { units },
  );
  doneOf(await claude.bench.host.start(context).result);
  const places = placesOf(context.run, 'remember the tabs');
  expect(places).toHaveLength(5);
  expect(places.slice(0, 2)).toEqual([-1, -1]);
  expect(new Set(places.slice(2)).size).toBe(1);
  expect(places[2]).toBe((claude.bench.asked(context.run)[2]?.messages.length ?? 0) - 1);
  // Twice in the last one: the agent has looked it up.
  expect(claude.bench.asked(context.run).map((each) => times(each, 'remember the tabs'))).toEqual([0, 0, 1, 1, 2]);
  expect(boards.state(context.run).messages).toMatchObject([
    { from: b, text: 'remember the tabs' },
    { from: a, to: [b], text: 'tabs it is' },
  ]);
  await vi.waitFor(() => expect(boards.state(context.run).messages[0]?.open).toEqual([]));
});

it('a message that came before the first request is heard once, also by the next host', async () => {
  let down = true;
  const context = await claude.planned(
    async (request) => {
      if (request.turn === 1 && down) {
        await fromB(context, 'second word');
        return overloaded;
      }
      return claudeSteps(bash('echo one > a.txt'), bash('echo two >> a.txt'))(request);
    },
    { units },
  );
  await fromB(context, 'first word');
  await expect(claude.bench.host.start(context).result).rejects.toMatchObject({ type: 'ModelUnavailable' });
  down = false;
  const there = await claude.bench.elsewhere();
  doneOf(await there.start(context, { attempt: 2 }).result);
  const last = claude.bench.asked(context.run).at(-1);
  expect([times(last, 'first word'), times(last, 'second word')]).toEqual([1, 1]);
  expect(new Set(placesOf(context.run, 'first word')).size).toBe(1);
});
