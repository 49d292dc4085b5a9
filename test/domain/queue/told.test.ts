// What units and people are told of entries that leave a merge queue, or may have landed without anybody's knowing.

import { describe, expect, test } from 'vitest';
import { context, unit } from '../fixtures.ts';
import { ByHand, commitOf } from './by-hand.ts';

const by = 'dana';
const a = { run: 'r1', unit: 'a' } as const;
const landedAlready = { status: 'already-landed', commit: commitOf('T+a') } as const;

/** The push of `a` ends without an answer. */
function pushIsLost(): ByHand {
  const queue = new ByHand();
  queue.enqueue('a');
  queue.built('T');
  queue.green('T+a');
  queue.fails('the host died');
  return queue;
}

describe('a build on the tip that fails for good', () => {
  test.each([
    ['landed', landedAlready],
    ['refused', { status: 'gone' }],
  ] as const)('may have landed its unit, which is told once a host has looked: %s', (status, member) => {
    const queue = new ByHand();
    queue.enqueue('a');
    queue.fails('10 hosts have died with this');
    expect(queue.told('a')).toEqual([]);
    queue.built('T', { a: member });
    expect(queue.statuses('a')).toEqual([status]);
  });

  test('does not refuse its unit if nobody could look whether it has landed: it is built again after a resume', () => {
    const queue = new ByHand();
    queue.enqueue('a');
    queue.fails('10 hosts have died with this');
    queue.fails('the remote does not answer');
    expect(queue.view().paused?.reason).toBe(
      'it could not be found out whether r1/a has landed: the remote does not answer',
    );
    queue.steer({ type: 'resume', by });
    queue.built('T');
    expect(queue.line).toEqual(['a']);
    expect(queue.told('a')).toEqual([]);
  });
});

describe('a unit that gives up', () => {
  test('is told nothing while nobody could look whether it has landed, and the truth after a resume', () => {
    const queue = pushIsLost();
    queue.withdraw('a');
    queue.fails('the remote does not answer');
    expect(queue.told('a')).toEqual([]);
    expect(queue.view().paused?.reason).toContain('it could not be found out whether r1/a has landed');
    expect(queue.reasonOf('a')).toContain('once the queue is resumed');
    queue.steer({ type: 'resume', by });
    queue.built('T', { a: landedAlready });
    expect(queue.statuses('a')).toEqual(['landed']);
  });

  test.each(['behind', 'solo'] as const)('is answered by the build that has found it "%s"', (status) => {
    const queue = new ByHand();
    queue.enqueueAll(['a', 'b']);
    queue.withdraw('b');
    queue.built('T', { b: { status } });
    expect(queue.statuses('b')).toEqual(['withdrawn']);
  });

  test('and may have landed is looked up at once, although the line is full and the queue paused', () => {
    const queue = new ByHand({ parallel: 1, batch: { min: 1, max: 1 } });
    queue.enqueue('a');
    queue.steer({ type: 'pause', by });
    queue.stopped();
    queue.enqueue('hotfix');
    queue.steer({ type: 'bump', by, run: 'r1', unit: 'hotfix' });
    queue.steer({ type: 'resume', by });
    queue.built('T');
    queue.steer({ type: 'pause', by });
    queue.withdraw('a');
    expect(queue.build.input).toMatchObject({ on: null, members: [{ unit: 'a', leaving: true }] });
    queue.built('T');
    expect(queue.statuses('a')).toEqual(['withdrawn']);
    expect(queue.line).toEqual(['hotfix']);
  });
});

test.each([
  ['it is ejected', (queue: ByHand) => queue.steer({ type: 'eject', by, ...a })],
  ['its unit gives up', (queue: ByHand) => queue.withdraw('a')],
])('a repetition of its message does not bring a result back once %s', (_, leave) => {
  const queue = new ByHand();
  queue.enqueue('a');
  leave(queue);
  queue.enqueue('a');
  queue.stopped();
  queue.built('T');
  expect(queue.line).toEqual([]);
  expect(queue.told('a')).toHaveLength(1);
});

describe('of a revert, people see', () => {
  /** Its first build was stopped. */
  function startRevert(): ByHand {
    const queue = new ByHand();
    queue.steer({ type: 'revert', by, context: context(), unit: unit('a'), commit: commitOf('a') });
    queue.steer({ type: 'pause', by });
    queue.stopped();
    queue.steer({ type: 'resume', by });
    return queue;
  }

  test('why it has failed', () => {
    const queue = startRevert();
    queue.fails('the commit has no parent');
    queue.built('T');
    expect(queue.view().reverts).toMatchObject([{ commit: null, reason: 'error: the commit has no parent' }]);
  });

  test('that later commits are in its way', () => {
    const queue = new ByHand();
    queue.steer({ type: 'revert', by, context: context(), unit: unit('a'), commit: commitOf('a') });
    queue.built('T', { a: { status: 'conflict', conflicts: [{ path: 'x.ts', kind: 'contents' }] } });
    expect(queue.view().reverts).toMatchObject([{ reason: 'later commits changed the same files: x.ts' }]);
    expect(queue.view().decisions.at(-1)?.text).toMatch(
      /^the revert of .*\/a leaves the queue: it conflicts .* in x\.ts$/,
    );
  });

  test('who has ejected it', () => {
    const queue = startRevert();
    queue.steer({ type: 'eject', by, ...a, reason: 'wrong commit' });
    queue.stopped();
    queue.built('T');
    expect(queue.view().reverts).toMatchObject([{ reason: 'ejected: by dana: wrong commit' }]);
  });
});

describe('people see', () => {
  test('the place and the time of a run among all that are in the queue', () => {
    const queue = new ByHand({ parallel: 1, batch: { min: 1, max: 1 } });
    queue.state = { ...queue.state, pace: [60] };
    for (const name of ['a', 'b']) queue.enqueue(name);
    queue.enqueue('c', { run: 'r2' });
    const own = { unit: 'c', place: 3, expectedAt: '2026-01-01T12:03:00.000Z' };
    expect(queue.view({ run: 'r2' })).toMatchObject({ entries: [own], total: 1 });
  });

  test('that an entry leaves because it is ejected', () => {
    const queue = new ByHand();
    queue.enqueue('a');
    queue.steer({ type: 'eject', by, ...a });
    expect(queue.reasonOf('a')).toBe('ejected: by dana; a host looks whether it has landed');
  });

  test('a landing that is found on the branch, and it counts', () => {
    const queue = pushIsLost();
    queue.steer({ type: 'resume', by });
    queue.built('T+a', { a: landedAlready });
    expect(queue.view().landed).toBe(1);
    expect(queue.lastDecision).toContain('r1/a landed as');
  });

  test('whether an entry waits for a repair or for what was repaired', () => {
    const queue = new ByHand();
    const conflict = { status: 'conflict', conflicts: [{ path: 'same.ts', kind: 'contents' }] } as const;
    queue.enqueueAll(['a', 'b']);
    queue.built('T', { a: conflict, b: conflict });
    expect(queue.reasonOf('b')).toContain('r1/a, which is being repaired');
    queue.enqueue('a', { result: 2 });
    queue.built('T');
    expect(queue.reasonOf('b')).toContain('r1/a, which has been repaired and goes first');
  });

  test('why an entry is ejected that no host could verify', () => {
    const queue = new ByHand({ retries: 0 });
    queue.enqueue('a');
    queue.built('T');
    queue.verdict('T+a', { status: 'failed', command: '', output: 'no host has the tools' });
    queue.green('T');
    expect(queue.lastDecision).toBe('r1/a is ejected: no host has the tools');
  });
});

test('a unit that gives up and is to be built alone is looked up at once, although something is in flight', () => {
  const queue = new ByHand();
  queue.enqueueAll(['a', 'b']);
  queue.fails('two at once');
  queue.built('T');
  queue.steer({ type: 'pause', by });
  queue.withdraw('b');
  queue.built('T');
  expect(queue.statuses('b')).toEqual(['withdrawn']);
});

test('a unit whose target is gone hears so at once, and the queue goes on', () => {
  const queue = new ByHand();
  queue.enqueue('a');
  queue.fails('BranchMissing: the repository has no branch main; it has trunk');
  expect(queue.told('a')).toMatchObject([
    { status: 'refused', reason: expect.stringMatching(/^error: BranchMissing/) },
  ]);
  expect(queue.view().paused).toBeNull();
});
