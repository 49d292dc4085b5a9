import { expect, test } from 'vitest';
import { cellsOf, judgeRow, spreadOf } from '../../bench/parts/figures.ts';

test('the median of an even number of figures is between the two in the middle', () => {
  expect(spreadOf([4, 1, 10, 2])).toEqual({ median: 3, min: 1, max: 10 });
  expect(spreadOf([5])).toEqual({ median: 5, min: 5, max: 5 });
});

test('pairs are judged each by itself, so that a slow repetition does not count against one side', () => {
  const pairs = [
    { ours: 2, baseline: 1 },
    { ours: 60, baseline: 20 },
    { ours: 3, baseline: 1 },
  ];
  const row = judgeRow('wall', { measure: 's', goal: 3 }, pairs);
  expect(row.judged).toEqual({ measure: '×', median: 3, min: 2, max: 3 });
  expect(row.reached).toBe(true);
  expect(judgeRow('wall', { measure: 's', goal: 2.9 }, pairs).reached).toBe(false);
  expect(judgeRow('wall', { measure: 's', goal: null }, pairs).reached).toBeNull();
});

test('a row can be judged by something else than the ratio', () => {
  const judge = {
    measure: 'MB a session',
    of: ({ ours, baseline }: { ours: number; baseline: number }) => ours - baseline,
  };
  const row = judgeRow('memory', { measure: 'MB', judge, goal: 5 }, [{ ours: 104.5, baseline: 100 }]);
  expect(cellsOf(row)).toEqual(['memory', '105 MB', '100 MB', '4.50 MB a session', '≤ 5 MB a session', 'reached']);
});

test('a row says its spread only where there is one', () => {
  const row = judgeRow('wall', { measure: 'ms', goal: 1.1 }, [
    { ours: 1234, baseline: 1000 },
    { ours: 0.0126, baseline: 0.01 },
  ]);
  expect(cellsOf(row)).toEqual([
    'wall',
    '617 ms (0.013–1234)',
    '500 ms (0.010–1000)',
    '1.25 × (1.23–1.26)',
    '≤ 1.1 ×',
    'NOT reached',
  ]);
});
