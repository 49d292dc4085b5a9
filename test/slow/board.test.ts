// A message that an agent has heard when its host dies: neither lost nor heard twice.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunBoard } from '../../client/api.ts';
import { Stack } from '../e2e/stack.ts';
import { byUnit, said, steps } from '../e2e/scripts.ts';

describe('a host that dies after its agent has heard a message', () => {
  let stack: Stack;
  const spoken = Promise.withResolvers<void>();
  /** Requests of the listener that had the message in them. */
  let heard = 0;

  beforeAll(async () => {
    const reply = byUnit({
      async speaker(request) {
        if (request.turn === 0)
          return { tools: [{ name: 'post_message', input: { unit: 'listener', text: 'remember' } }] };
        spoken.resolve();
        return steps('', 'echo speaker > speaker.txt')(request);
      },
      async listener(request) {
        if (request.turn === 0) await spoken.promise;
        // The first host that asks with it gets no answer.
        if (said(request).includes('remember') && (heard += 1) === 1) return { hang: 'after-headers' };
        // On a busy machine, the board may answer too late for the very next request.
        return said(request).includes('remember')
          ? { text: 'Done.' }
          : steps(...Array<string>(30).fill('echo more >> listener.txt'))(request);
      },
    });
    stack = await Stack.start({
      reply,
      files: { 'readme.txt': 'hello\n' },
      env: { COPPICE_MODEL_IDLE_SECONDS: '600' },
    });
  });
  afterAll(() => stack.close());

  it('leaves it to the next one, once', { timeout: 240_000 }, async () => {
    await stack.worker('orchestrator', ['--role', 'orchestrator']);
    const first = await stack.worker('first', ['--role', 'host', '--slots', '2']);
    const plan = stack.plan([
      { id: 'speaker', title: 'Speak', prompt: 'Speak', scope: ['speaker.txt'] },
      { id: 'listener', title: 'Listen', prompt: 'Listen', scope: ['listener.txt'] },
    ]);
    await stack.coppice(['run', plan, '--repo', stack.remote, '--id', 'killed', '--detach']);
    await vi.waitFor(() => expect(heard).toBe(1), { timeout: 60_000 });
    await stack.statusWhen('killed', ({ units }) => expect(units[0]).toMatchObject({ id: 'speaker', phase: 'landed' }));
    await first.kill();
    await stack.worker('second', ['--role', 'host', '--slots', '2']);
    const report = await stack.reportOf('killed');
    expect(report).toMatchObject({ status: 'completed' });
    expect(report.units.find(({ id }) => id === 'listener')?.hosts).toContain('second');
    const requests = stack.model.requests.filter(({ user }) => user === 'coppice/killed/listener');
    const last = requests.at(-1);
    expect(last && said(last).match(/remember/g)).toHaveLength(1);
    expect((await stack.json<RunBoard>(['board', 'killed'])).messages).toMatchObject([{ number: 1, open: [] }]);
  });
});
