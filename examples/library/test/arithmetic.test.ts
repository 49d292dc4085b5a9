import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, subtract } from '../src/arithmetic.ts';

test('durations are added and subtracted', () => {
  assert.equal(add(1_000, 500), 1_500);
  assert.equal(subtract(1_000, 1_500), -500);
});
