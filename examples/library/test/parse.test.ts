import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../src/parse.ts';

test('the short form is read', () => {
  assert.equal(parseDuration('1h 30m'), 5_400_000);
  assert.equal(parseDuration('-250ms'), -250);
  assert.equal(parseDuration('1.5s'), 1_500);
});

test('anything else is refused', () => {
  assert.throws(() => parseDuration(''), SyntaxError);
  assert.throws(() => parseDuration('3 parsecs'), SyntaxError);
  assert.throws(() => parseDuration('5x'), /unknown unit "x"/);
});
