// A branch that is red by itself: who is at fault, and when it is looked at again.

import { describe, expect, test } from 'vitest';
import type { QueueRules } from '../../../contracts/activities/landing.ts';
import { ByHand } from './by-hand.ts';

const redSeconds = 900;

/** `a` is being verified. */
function verifyOne(rules: Partial<QueueRules>): ByHand {
  const queue = new ByHand({ retries: 0, ...rules });
  queue.enqueue('a');
  queue.built('T');
  return queue;
}

describe('with `delta`', () => {
  test('a command that takes too long on the branch as well is the fault of nobody', () => {
    const queue = verifyOne({ onRedBase: 'delta' });
    for (const key of ['T+a', 'T']) {
      queue.verdict(key, { status: 'timed-out', command: 'test', output: 'slow', failed: ['test'] });
    }
    queue.landed();
    expect(queue.told('a')).toMatchObject([{ status: 'landed', redBefore: ['test'] }]);
  });

  test.each([
    { status: 'overdue', command: 'test', output: 'hangs' },
    { status: 'failed', command: '', output: 'no host' },
    { status: 'red', command: 'setup', output: 'the registry is down' },
  ] as const)('nobody is blamed if it is not known what else fails on the branch: $status', (verdict) => {
    const queue = verifyOne({ onRedBase: 'delta' });
    queue.red('T+a');
    queue.verdict('T', verdict);
    expect(queue.told('a')).toEqual([]);
    expect(queue.reasonOf('a')).toContain('red, and so is the target by itself');
  });

  test('a unit hears of the command that it has broken, not of one that was red before', () => {
    const queue = verifyOne({ onRedBase: 'delta' });
    const [failed, outputs] = [
      ['lint', 'test'],
      ['lint says no', 'test says no'],
    ];
    queue.verdict('T+a', { status: 'red', command: 'lint', output: 'lint says no', failed, outputs });
    queue.verdict('T', { status: 'red', command: 'lint', output: 'lint says no', failed: ['lint'], outputs: ['no'] });
    expect(queue.told('a')).toMatchObject([
      { status: 'returned', feedback: { command: 'test', output: 'test says no' } },
    ]);
    expect(queue.view().decisions.at(-1)?.text).toBe('r1/a goes back to its agent: test: red');
  });

  test('a unit that breaks the setup goes back to its agent, although a command fails on the branch', () => {
    const queue = verifyOne({ onRedBase: 'delta' });
    queue.verdict('T+a', { status: 'red', command: 'setup', output: 'the lock file is broken' });
    queue.red('T');
    expect(queue.told('a')).toMatchObject([{ status: 'returned', feedback: { command: 'setup' } }]);
  });
});

describe('after a quarter of an hour, a red branch is', () => {
  test('verified again, although red results have come meanwhile', () => {
    const queue = verifyOne({});
    for (const key of ['T+a', 'T']) queue.red(key);
    queue.wait(redSeconds / 2);
    queue.enqueue('b');
    queue.built('T');
    queue.red('T+b');
    queue.wait(redSeconds / 2);
    queue.tick();
    queue.built('T');
    queue.red('T+a');
    expect(queue.asked).toEqual(['T']);
  });

  test('no longer shown as red when nobody is in the queue, and verified again for the next one', () => {
    const queue = verifyOne({});
    for (const key of ['T+a', 'T']) queue.red(key);
    queue.withdraw('a');
    queue.wait(redSeconds);
    expect(queue.view().redBase).toBeNull();
    queue.enqueue('b');
    queue.built('T');
    queue.red('T+b');
    expect(queue.asked).toEqual(['T']);
  });
});

test('a red branch is verified again after a quarter of an hour, although the queue is never empty', () => {
  const queue = new ByHand({ retries: 0 });
  queue.enqueue('a');
  queue.built('T');
  for (const key of ['T+a', 'T']) queue.red(key);
  queue.enqueueAll(['b', 'c', 'd']);
  queue.built('T');
  queue.wait(900);
  queue.red('T+b');
  const [next = ''] = queue.building;
  queue.built('T');
  queue.red(`T+${next}`);
  expect(queue.asked).toEqual(['T']);
});
