// Who goes first, who waits for whom, what a pause holds, and what is kept for those in flight.

import { describe, expect, test } from 'vitest';
import { ByHand, refOf } from './by-hand.ts';

const by = 'dana';

function conflictIn(path: string) {
  return { status: 'conflict', conflicts: [{ path, kind: 'contents' }] } as const;
}

function bump(queue: ByHand, unit: string, priority?: number): void {
  queue.steer({ type: 'bump', by, run: 'r1', unit, ...(priority === undefined ? {} : { priority }) });
}

describe('the order', () => {
  test('of those that wait for a candidate is the one in which they came', () => {
    const queue = new ByHand();
    const behind = { status: 'behind' } as const;
    queue.enqueueAll(['a', 'b', 'c', 'd']);
    queue.built('T', { b: behind, c: behind, d: behind });
    queue.withdraw('a');
    expect(queue.building).toEqual(['b', 'c', 'd']);
  });

  test('begins with what people bump, whatever priority others have', () => {
    const queue = new ByHand();
    queue.steer({ type: 'pause', by });
    for (const unit of ['a', 'b']) queue.enqueue(unit);
    bump(queue, 'a', 10);
    bump(queue, 'b');
    queue.steer({ type: 'resume', by });
    expect(queue.building).toEqual(['b', 'a']);
  });

  test('keeps the priority that people gave a unit when its conflict is repaired', () => {
    const queue = new ByHand();
    queue.steer({ type: 'pause', by, above: 5 });
    queue.enqueue('hotfix');
    bump(queue, 'hotfix', 7);
    queue.built('T', { hotfix: conflictIn('same.ts') });
    queue.enqueue('hotfix', { result: 2 });
    expect(queue.building).toEqual(['hotfix']);
  });

  test.each([[['a', 'b']], [['a', 'b', 'c']]])(
    'is no circle of repaired results that conflict with each other: of %j, the last goes back',
    (all) => {
      const queue = new ByHand();
      queue.enqueueAll(all);
      queue.built('T', Object.fromEntries(all.map((unit) => [unit, conflictIn(unit)])));
      queue.enqueueAll(all, { result: 2 });
      queue.built('T', Object.fromEntries(all.map((unit, n) => [unit, conflictIn(all[(n + 1) % all.length] ?? '')])));
      const last = all.at(-1) ?? '';
      expect(queue.statuses(last)).toEqual(['returned', 'returned']);
      expect(queue.view().entries.map(({ unit }) => unit)).toEqual(all.slice(0, -1));
    },
  );
});

describe('a pause below a priority', () => {
  test('holds what has waited for long as well', () => {
    const queue = new ByHand();
    queue.steer({ type: 'pause', by, above: 5 });
    queue.enqueue('a');
    queue.state = { ...queue.state, landed: 1000 };
    queue.tick();
    expect(queue.building).toEqual([]);
  });

  test('leaves what is verified alone if nothing can take its place', () => {
    const queue = new ByHand();
    queue.enqueue('a');
    queue.built('T');
    queue.steer({ type: 'drain', by });
    queue.enqueue('hotfix');
    bump(queue, 'hotfix', 7);
    queue.steer({ type: 'pause', by, above: 5 });
    expect(queue.asked).toEqual(['T+a']);
  });

  test('makes room for what waits for the line alone', () => {
    const queue = new ByHand();
    queue.enqueueAll(['a', 'hotfix']);
    queue.built('T', { hotfix: { status: 'behind' } });
    bump(queue, 'hotfix', 7);
    queue.steer({ type: 'pause', by, above: 5 });
    expect(queue.building).toEqual(['hotfix']);
  });
});

describe('a resume lifts what the queue has paused by itself, and then', () => {
  const freeze = { type: 'pause', by, above: 5, reason: 'release freeze' } as const;

  /** Dana's freeze, in which the push of a hotfix begins. */
  function pushInFreeze(): ByHand {
    const queue = new ByHand();
    queue.steer(freeze);
    queue.enqueue('hotfix');
    bump(queue, 'hotfix', 7);
    queue.built('T');
    queue.green('T+hotfix');
    return queue;
  }

  test.each([
    ['a refused push', (queue: ByHand) => queue.landed({ status: 'refused', message: 'the hook is broken' })],
    ['a lost push', (queue: ByHand) => queue.fails('the host died')],
    [
      'a lost push that nobody could look for',
      (queue: ByHand) => {
        queue.fails('the host died');
        queue.withdraw('hotfix');
        queue.fails('the remote does not answer');
      },
    ],
  ])('what people have paused holds again, after %s', (_, goWrong) => {
    const queue = pushInFreeze();
    goWrong(queue);
    expect(queue.view().paused).toMatchObject({ by: 'Coppice', before: { by, above: 5 } });
    queue.steer({ type: 'resume', by });
    expect(queue.view().paused).toMatchObject({ by, above: 5, reason: 'release freeze' });
    expect(queue.lastDecision).toBe(
      'dana resumed the queue; it is still paused by dana below priority 5: release freeze',
    );
    queue.steer({ type: 'resume', by });
    expect(queue.view().paused).toBeNull();
  });

  test('a drain holds still, until the next resume', () => {
    const queue = new ByHand();
    queue.enqueue('a');
    queue.built('T');
    queue.green('T+a');
    queue.steer({ type: 'drain', by });
    queue.landed({ status: 'refused', message: 'the hook is broken' });
    queue.steer({ type: 'resume', by });
    expect(queue.view()).toMatchObject({ paused: null, draining: { by } });
    expect(queue.lastDecision).toContain('dana resumed the queue; it still drains since 2026-01-01');
    queue.steer({ type: 'resume', by });
    expect(queue.view().draining).toBeNull();
  });
});

describe('a train on the remote', () => {
  test('is deleted if its build was given up and has ended all the same', () => {
    const queue = new ByHand();
    queue.enqueue('a');
    queue.built('T');
    queue.enqueue('b');
    queue.withdraw('b');
    queue.built('T');
    queue.enqueue('c');
    expect(queue.dropped).toEqual([refOf(2)]);
  });

  test('is kept until the verification that was asked for with it has ended', () => {
    const queue = new ByHand();
    for (const unit of ['a', 'b']) {
      queue.enqueue(unit);
      queue.built('T');
    }
    queue.green('T+a');
    queue.landed({ status: 'moved' });
    expect(queue.dropped).toEqual([refOf(1)]);
    queue.built('T');
    expect(queue.asked).toEqual(['T+a+b']);
    queue.green('T+a+b');
    queue.landed();
    queue.enqueue('c');
    expect(queue.dropped).toContain(refOf(2));
  });
});

test('when the rules change from `each` to `tip`, what is in flight is still verified each by itself', () => {
  const queue = new ByHand({ verify: 'each' });
  queue.enqueueAll(['config', 'a', 'b']);
  queue.built('T');
  queue.green('T+config');
  queue.green('T+config+a+b');
  queue.landed();
  queue.enqueue('c');
  queue.rules = { ...queue.rules, verify: 'tip' };
  queue.built('T');
  expect(queue.state.landing).toBeNull();
  expect(queue.line).toEqual(['a', 'b']);
  queue.green('T+config+a');
  queue.landed();
  expect(queue.building).toEqual(['c']);
});

test('a build that is given up waits again behind those that came before', () => {
  const queue = new ByHand();
  const behind = { status: 'behind' } as const;
  queue.enqueueAll(['a', 'b', 'c']);
  queue.built('T', { b: behind, c: behind });
  queue.enqueue('d');
  queue.withdraw('a');
  expect(queue.building).toEqual(['b', 'c', 'd']);
});

test('the priority that people gave a unit is kept when people have agreed to more', () => {
  const queue = new ByHand();
  queue.steer({ type: 'pause', by, above: 5 });
  queue.enqueue('hotfix');
  queue.steer({ type: 'bump', by, run: 'r1', unit: 'hotfix', priority: 7 });
  const policy = { rule: 'merge: ask', by: ['maintainers'], allowed: null };
  queue.built('T', { hotfix: { status: 'consent-missing', policy, changed: [], changedCount: 0, covers: '' } });
  queue.wait(60);
  queue.enqueue('hotfix');
  expect(queue.building).toEqual(['hotfix']);
});

test('a pause below a priority lets through what is in flight when people give it that priority', () => {
  const queue = new ByHand();
  queue.enqueueAll(['a', 'b']);
  queue.built('T');
  queue.steer({ type: 'pause', by, above: 5 });
  queue.green('T+a+b');
  expect(queue.line).toEqual(['a', 'b']);
  queue.steer({ type: 'bump', by, run: 'r1', unit: 'a', priority: 7 });
  queue.green('T+a');
  queue.landed();
  expect(queue.statuses('a')).toEqual(['landed']);
  expect(queue.statuses('b')).toEqual([]);
});
