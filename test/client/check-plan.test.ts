import type { z } from 'zod';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, expectTypeOf, test } from 'vitest';
import { cleanUp, makeRemote } from '../git/make-repository.ts';
import type { PlanDocument, PlanDocumentForEach, PlanDocumentUnit } from '../../contracts/documents/plan.ts';
import type { planSchema } from '../../formats/plan-file/schema.ts';
import { checkPlan } from '../../client/start/check-plan.ts';

type Complete<Value> = { [Key in keyof Value]-?: Exclude<Value[Key], undefined> };

const forEach: Complete<PlanDocumentForEach> = {
  glob: ['src/**'],
  csv: 'table.csv',
  command: 'ls',
  batch: 2,
  limit: 10,
};
const unit: Omit<Complete<PlanDocumentUnit>, 'forEach'> = {
  id: 'parse',
  title: 'Parse durations',
  prompt: 'Write it.',
  needs: [],
  scope: ['src/**'],
  verify: 'npm test',
  labels: ['gpu'],
  budgetUsd: 5,
  maxTurns: 10,
  estimate: '30m',
  review: true,
};
const everything = {
  $schema: './plan.schema.json',
  version: 1,
  goal: 'Durations',
  units: [unit, { ...unit, id: 'use', needs: ['parse'] }],
};

test('a plan in code may say all that a plan file may', async () => {
  type FromFile = z.input<typeof planSchema>;
  expectTypeOf<FromFile>().toExtend<PlanDocument>();
  expectTypeOf<keyof PlanDocument>().toEqualTypeOf<keyof FromFile>();
  type UnitFromFile = FromFile['units'][number];
  expectTypeOf<keyof PlanDocumentUnit>().toEqualTypeOf<keyof UnitFromFile>();
  expectTypeOf<keyof typeof forEach>().toEqualTypeOf<keyof NonNullable<UnitFromFile['forEach']>>();
  const { estimate: _, ...asPlan } = { ...unit, estimateSeconds: 1800 };
  const plan = { version: 1, goal: 'Durations', units: [asPlan, { ...asPlan, id: 'use', needs: ['parse'] }] };
  expect(await checkPlan(everything)).toEqual({ valid: true, plan, criticalPath: ['parse', 'use'] });
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

describe('units for each item', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coppice-for-each-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    cleanUp();
  });
  const plan = join(folder, 'plan.yaml');
  const withItems = (items: string) =>
    writeFileSync(plan, `version: 1\nunits: [{ id: a, forEach: { ${items} }, title: 'Do \${{ name }}', prompt: P }]`);

  test('of a table beside the plan need no target', async () => {
    withItems('csv: table.csv');
    writeFileSync(join(folder, 'table.csv'), 'name\nx\ny\n');
    const check = await checkPlan(plan);
    expect(check).toMatchObject({ valid: true, plan: { units: [{ title: 'Do x' }, { title: 'Do y' }] } });
    expect(check).not.toHaveProperty('open');
  });

  test('of a table that is not there are an error at its name', async () => {
    withItems('csv: none.csv');
    expect(await checkPlan(plan)).toEqual({
      valid: false,
      errors: [{ at: { file: plan, line: 2, column: 34 }, message: expect.stringContaining('none.csv') }],
    });
  });

  test('of files stand for themselves until a target is named', async () => {
    withItems('glob: "**/*.js"');
    expect(await checkPlan(plan)).toMatchObject({
      valid: true,
      plan: { units: [{ id: 'a', title: 'Do ${{ name }}' }] },
      open: [{ id: 'a', forEach: { items: { from: 'glob', globs: ['**/*.js'] } } }],
    });
    const { url: path } = makeRemote({ 'src/one.js': '', 'src/two.js': '', README: '' });
    const onTarget = await checkPlan(plan, { repository: path });
    expect(onTarget).toMatchObject({ valid: true, plan: { units: [{ title: 'Do one' }, { title: 'Do two' }] } });
    expect(onTarget).not.toHaveProperty('open');
    expect(await checkPlan(plan, { repository: path, branch: 'main' })).toEqual(onTarget);
    withItems('glob: lib/**');
    expect(await checkPlan(plan, { repository: path })).toMatchObject({
      valid: false,
      errors: [{ at: { column: 35 } }],
    });
  });
});
