import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration } from '../src/format.ts';
import { parseDuration } from '../src/parse.ts';

test('milliseconds are written in the short form', () => {
  assert.equal(formatDuration(5_400_000), '1h 30m');
  assert.equal(formatDuration(0), '0ms');
  assert.equal(formatDuration(-1_001), '-1s 1ms');
});

test('what is written can be read again', () => {
  for (const milliseconds of [1, 999, 60_000, 86_399_999, -3_600_001]) {
    assert.equal(parseDuration(formatDuration(milliseconds)), milliseconds);
  }
});
