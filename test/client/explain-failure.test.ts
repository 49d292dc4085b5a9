import { expect, test } from 'vitest';
import { explainFailure } from '../../client/explain-failure.ts';
import { failure } from '../../contracts/failures.ts';
import { readPlan } from '../../client/start/read-plan.ts';

test('a failure has its type, what happened, what to do, and each place in a file', async () => {
  const broken = await readPlan({ version: 1, units: [] }).catch((error: unknown) => error);
  expect(explainFailure(broken)).toEqual({
    type: 'BadPlan',
    message: 'the plan has an error',
    hint: expect.stringContaining('coppice plan validate'),
    errors: [{ at: { file: 'plan', line: 3, column: 12 }, message: 'units is empty: a plan has at least one unit' }],
  });
});

test('a failure that is not about a file has no places', () => {
  expect(explainFailure(failure('NotFound', 'there is no run x'))).toMatchObject({ type: 'NotFound', errors: [] });
});

test('an error that nobody named is not explained', () => {
  expect(explainFailure(new TypeError('undefined is not a function'))).toBeNull();
});
