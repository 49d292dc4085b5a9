import { expect, it } from 'vitest';
import type { Sha } from '../../contracts/ids.ts';
import { isAtWork, mayGo, queueOfTrain, refsByRun } from '../../domain/run/pruning.ts';

const now = new Date('2026-11-24T12:00:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3600_000);

it.each([
  ['one that is open', { status: 'open' }, 0, false],
  ['one that ended before', { status: 'ended', at: hoursAgo(25) }, 24, true],
  ['one that ended since', { status: 'ended', at: hoursAgo(23) }, 24, false],
  ['one that ended just now, when all shall go', { status: 'ended', at: hoursAgo(0.001) }, 0, true],
  ['one that nobody remembers', { status: 'forgotten', at: hoursAgo(25) }, 24, true],
  ['one that nobody remembers and that changed since', { status: 'forgotten', at: hoursAgo(23) }, 24, false],
  ['one that may be about to start', { status: 'forgotten', at: hoursAgo(0.5) }, 0, false],
] as const)('of %s the refs go only when nobody can need them', (_, end, hours, goes) => {
  expect(mayGo(end, hoursAgo(hours), now)).toBe(goes);
});

it('a ref belongs to the run in its name, candidates too, and strangers’ refs to none', () => {
  const sha = 'a'.repeat(40) as Sha;
  const refs = [
    'refs/coppice/runs/one/plan',
    'refs/coppice/runs/one/units/a',
    'refs/coppice/queues/0123abcd/one/a',
    'refs/coppice/queues/0123abcd/two/a',
    'refs/coppice/runs/Not-An-Id/plan',
    'refs/coppice/other/one/plan',
    'refs/coppice/queues/0123abcd/train-7',
    'refs/heads/main',
    'HEAD',
  ];
  const byRun = refsByRun(new Map(refs.map((ref) => [ref, sha])));
  expect([...byRun].map(([run, own]) => [run, [...own.keys()]])).toEqual([
    ['one', refs.slice(0, 3)],
    ['two', [refs[3]]],
  ]);
});

it('a train belongs to its queue, which needs it and the newer ones while it is the oldest at work', () => {
  const train = (n: number) => `refs/coppice/queues/0123abcd/train-${n}`;
  expect(queueOfTrain(train(7))).toBe('0123abcd');
  for (const ref of ['refs/coppice/queues/0123abcd/one/a', 'refs/coppice/queues/0123abcd/train-7/a', 'refs/heads/a'])
    expect(queueOfTrain(ref)).toBeNull();
  expect([6, 7, 8].map((n) => isAtWork(train(n), 7))).toEqual([false, true, true]);
  expect(isAtWork(train(7), null)).toBe(false);
});
