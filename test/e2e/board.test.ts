// Agents that know of one another, through the whole product.

import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ModelRequest } from '../fakes/model-server.ts';
import type { RunBoard } from '../../client/api.ts';
import { Stack } from './stack.ts';
import { byUnit, said, steps } from './scripts.ts';

let stack: Stack;

/** Resolved by the script of one unit, or by the test, and awaited by the other. */
const happened = new Map<string, PromiseWithResolvers<void>>();
const event = (name: string) => {
  const known = happened.get(name) ?? Promise.withResolvers<void>();
  happened.set(name, known);
  return known;
};
const post = (unit: string, text: string) => ({ name: 'post_message', input: { unit, text } });
const asked = (session: string): readonly ModelRequest[] =>
  stack.model.requests.filter(({ user }) => user === `coppice/${session}`);
const told = (session: string, n: number): string => {
  const request = asked(session)[n - 1];
  return request === undefined ? '' : said(request);
};
/** On a busy machine, the board may answer too late for the very next request. */
const worksUntil = (words: string, file: string) => (request: ModelRequest) =>
  said(request).includes(words) ? { text: 'Done.' } : steps(...Array<string>(30).fill(`echo more >> ${file}`))(request);
const results = ({ messages }: ModelRequest): string => JSON.stringify(messages.at(-1)?.content);

beforeAll(async () => {
  const reply = byUnit({
    async speaker(request) {
      if (request.turn === 0) return { tools: [post('listener', 'parse() takes a string')] };
      if (request.turn === 1) {
        event('spoken').resolve();
        // Floods, with texts that are too long, and for units that are not there.
        return {
          tools: [
            ...Array.from({ length: 12 }, (_, n) => post('listener', `flood ${n}`)),
            post('listener', 'x'.repeat(100_000)),
            post('nobody', 'hello'),
          ],
        };
      }
      if (request.turn === 2) return { tools: [{ name: 'write_note', input: { key: 'parse', text: 'a string' } }] };
      if (request.turn === 4) await event('heard').promise;
      return steps('', '', '', 'echo speaker > speaker.txt')(request);
    },
    async listener(request) {
      if (request.turn === 0) await event('spoken').promise;
      const answer = worksUntil('parse() takes a string', 'listener.txt')(request);
      if (request.turn > 0 && 'text' in answer) event('heard').resolve();
      return answer;
    },
    async second(request) {
      if (request.turn === 0) await event('first landed').promise;
      return worksUntil('first has landed', 'shared/b.txt')(request);
    },
    first: steps('echo first > shared/a.txt'),
  });
  stack = await Stack.start({ reply, files: { 'shared/a.txt': 'old\n' } });
  await stack.worker('host-1', ['--slots', '4']);
}, 120_000);
afterAll(() => stack.close());

describe('two units', () => {
  it('one posts, and the other gets it with a request; a flood ends', async () => {
    const plan = stack.plan([
      { id: 'speaker', title: 'Speak', prompt: 'Speak', scope: ['speaker.txt'] },
      { id: 'listener', title: 'Listen', prompt: 'Listen', scope: ['listener.txt'] },
    ]);
    await stack.coppice(['run', plan, '--repo', stack.remote, '--id', 'talk', '--detach']);
    const report = await stack.reportOf('talk');
    expect(report.status).toBe('completed');
    expect(told('talk/listener', 1)).not.toContain('parse() takes a string');
    const heard = told('talk/listener', asked('talk/listener').length);
    expect(heard).toContain('<message number="1" from="speaker" to="listener">\nparse() takes a string\n</message>');
    expect(heard.match(/parse\(\) takes a string/g)).toHaveLength(1);
    const flooded = asked('talk/speaker')[2];
    expect(flooded && results(flooded)).toContain('Posted as message 2');
    expect(flooded && results(flooded)).toContain('has not read your earlier messages yet');
    expect(flooded && results(flooded)).toContain('within a minute');
    expect(flooded && results(flooded)).toContain('the run has no unit of that id');
  });

  it('are shown to people, also after the run', async () => {
    const board = await stack.json<RunBoard>(['board', 'talk']);
    expect(board).toMatchObject({ run: 'talk', ended: true });
    expect(board.messages[0]).toMatchObject({ from: 'speaker', to: ['listener'], text: 'parse() takes a string' });
    expect(board.messages.length).toBeLessThan(8);
    const { stdout } = await stack.coppice(['board', 'talk', '--follow']);
    expect(stdout).toMatch(/^1 {2}speaker → listener {2}\d{4}-.*Z\n {2}parse\(\) takes a string$/m);
  });

  it('leave nothing running', async () => {
    const { TEMPORAL_ADDRESS: address = '', TEMPORAL_NAMESPACE: namespace = '' } = stack.env;
    const connection = await Connection.connect({ address });
    const { workflow } = new Client({ connection, namespace });
    expect((await workflow.getHandle('run:talk:board').describe()).status.name).toBe('COMPLETED');
    await connection.close();
  });
});

it('a unit that lands is told to one that builds on the same files', async () => {
  const plan = stack.plan([
    { id: 'first', title: 'Change it', prompt: 'Change it', scope: ['shared/**'] },
    { id: 'second', title: 'Change more', prompt: 'Change more', scope: ['shared/**'] },
  ]);
  await stack.coppice(['run', plan, '--repo', stack.remote, '--id', 'landed', '--detach']);
  await stack.statusWhen('landed', ({ units }) => expect(units[0]).toMatchObject({ id: 'first', phase: 'landed' }));
  const isTold = async () => expect(await stack.json<RunBoard>(['board', 'landed'])).toMatchObject({ total: 1 });
  await vi.waitFor(isTold, { timeout: 60_000, interval: 500 });
  event('first landed').resolve();
  expect((await stack.reportOf('landed')).status).toBe('completed');
  expect(told('landed/second', 1)).not.toContain('has landed');
  expect(told('landed/second', asked('landed/second').length)).toMatch(
    /The target branch has changed where you build on it\.[^]*first has landed as [0-9a-f]{12}: Change it\nChanged files: shared\/a\.txt/,
  );
});
