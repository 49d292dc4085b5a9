import type { z } from 'zod';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, expectTypeOf, test } from 'vitest';
import { cleanUp, makeRemote } from '../git/make-repository.ts';
import type { PlanDocument, PlanDocumentForEach, PlanDocumentUnit } from '../../contracts/documents/plan.ts';
import type { planSchema } from '../../formats/plan-file/schema.ts';
import { PlanText } from '../../client/start/read-plan.ts';
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

test('a target shows files that nobody has, and budgets that the run cannot pay', async () => {
  const { url: repository } = makeRemote({ 'coppice.yaml': 'version: 1\nrun: { budgetUsd: 15 }\n', 'src/a.ts': '' });
  const of = (id: string, prompt: string) => ({ id, title: id, prompt, scope: [`src/${id}.ts`], budgetUsd: 10 });
  const units = [of('a', 'See `src/b.ts` and `src/a.ts`.'), of('b', 'See `src/gone.ts`.')];
  const warnings = [
    expect.stringMatching(/^scope of b: /),
    'the prompt of b names src/gone.ts, which main does not have and no unit may create',
    'the budgets of the units add up to $20.00, and the run has $15.00: people are asked when it is spent',
  ];
  expect(await checkPlan({ version: 1, units }, { repository })).toMatchObject({ valid: true, warnings });
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

  test('of files and tables are made beside those of commands, which stand for themselves', async () => {
    const text = (...units: string[]) => `version: 1\nunits:\n${units.map((each) => `  - { ${each} }\n`).join('')}`;
    writeFileSync(join(folder, 'table.csv'), 'name\nx\ny\n');
    writeFileSync(
      plan,
      text(
        "id: files, forEach: { glob: '**/*.js' }, title: '${{ name }}', prompt: P, scope: ['${{ path }}', none/**]",
        "id: rows, forEach: { csv: table.csv }, title: '${{ name }}', prompt: P",
        "id: lines, forEach: { command: ls }, title: '${{ line }}', prompt: P, scope: ['${{ line }}']",
        'id: last, title: Last, prompt: P, needs: [files, lines]',
      ),
    );
    const idsOf = async (...where: readonly { repository: string }[]) => {
      const check = await checkPlan(plan, ...where);
      if (!check.valid) throw new Error('it has errors');
      const { open = [], warnings } = check;
      return [check.plan.units.map(({ id }) => id), open.map(({ id }) => id), warnings];
    };
    const { url } = makeRemote({ 'src/one.js': '', 'src/two.js': '', 'coppice.yaml': 'version: 1\n' });
    expect(await idsOf()).toEqual([['files', 'rows-1', 'rows-2', 'lines', 'last'], ['files', 'lines'], undefined]);
    expect(await idsOf({ repository: url })).toEqual([
      ['files-1', 'files-2', 'rows-1', 'rows-2', 'lines', 'last'],
      ['lines'],
      [expect.stringMatching(/^scope of files-1: none/), expect.stringMatching(/^scope of files-2: none/)],
    ]);
    expect(await checkPlan(plan, { repository: url })).toMatchObject({
      plan: {
        units: [{}, {}, {}, {}, { scope: ['${{ line }}'], prompt: 'P' }, { needs: ['files-1', 'files-2', 'lines'] }],
      },
    });
  });

  test('of a table that a plan in a text names are an error at its place there', async () => {
    const given =
      'version: 1\n# A comment\nunits:\n  - id: a\n    forEach:\n      csv: none.csv\n    title: T\n    prompt: P\n';
    expect(await checkPlan(new PlanText(given, 'plan'))).toEqual({
      valid: false,
      errors: [{ at: { file: 'plan', line: 6, column: 12 }, message: expect.stringContaining('none.csv') }],
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
