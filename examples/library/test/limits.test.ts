import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDuration } from '../src/limits/check.ts';
import { longest } from '../src/limits/longest.ts';

test('what is too long, and what is no number, is refused', () => {
  assert.equal(checkDuration(longest), longest);
  assert.throws(() => checkDuration(longest + 1), RangeError);
  assert.throws(() => checkDuration(Number.NaN), RangeError);
});
