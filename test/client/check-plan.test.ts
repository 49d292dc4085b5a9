import type { z } from 'zod';
import { expect, expectTypeOf, test } from 'vitest';
import type { PlanDocument, PlanDocumentUnit } from '../../contracts/documents/plan.ts';
import type { planSchema } from '../../formats/plan-file/schema.ts';
import { checkPlan } from '../../client/start/check-plan.ts';

type Complete<Value> = { [Key in keyof Value]-?: Exclude<Value[Key], undefined> };

const unit: Complete<PlanDocumentUnit> = {
  id: 'parse',
  title: 'Parse durations',
  prompt: 'Write it.',
  needs: [],
  scope: ['src/**'],
  verify: 'npm test',
  labels: ['gpu'],
  budgetUsd: 5,
  maxTurns: 10,
};
const everything: Complete<PlanDocument> = {
  $schema: './plan.schema.json',
  version: 1,
  goal: 'Durations',
  units: [unit, { ...unit, id: 'use', needs: ['parse'] }],
};

test('a plan in code may say all that a plan file may', async () => {
  type FromFile = z.input<typeof planSchema>;
  expectTypeOf<FromFile>().toExtend<PlanDocument>();
  expectTypeOf<keyof PlanDocument>().toEqualTypeOf<keyof FromFile>();
  expectTypeOf<keyof PlanDocumentUnit>().toEqualTypeOf<keyof FromFile['units'][number]>();
  const { $schema: _, ...rest } = everything;
  expect(await checkPlan(everything)).toEqual({ valid: true, plan: rest, criticalPath: ['parse', 'use'] });
});

test('what is absent, or undefined, has its default', async () => {
  const check = await checkPlan({ version: 1, units: [{ id: 'a', title: 'A', prompt: 'Do', verify: undefined }] });
  expect(check).toMatchObject({ valid: true, plan: { goal: '', units: [{ needs: [], scope: null, verify: null }] } });
});

test('a plan with errors says all of them, and where', async () => {
  const check = await checkPlan({
    version: 1,
    units: [
      { id: 'A', title: 'Upper', prompt: 'Do' },
      { id: 'b', title: 'Needs nobody', prompt: 'Do', needs: ['c'] },
    ],
  });
  expect(check.valid ? [] : check.errors).toEqual([
    { at: { file: 'plan', line: 5, column: 13 }, message: expect.stringContaining('units[0].id') },
    { at: { file: 'plan', line: 14, column: 9 }, message: expect.stringContaining('c') },
  ]);
});
