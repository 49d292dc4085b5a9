import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { formatPlacedError } from '../../formats/yaml/placed-error.ts';
import { judgeMadePlan } from '../../formats/plan-file/judge-made-plan.ts';

const paths = ['src/a.ts', 'src/b.ts', 'README.md', 'data/list.csv'];
const tables: Readonly<Record<string, string>> = { 'data/list.csv': 'name\none\ntwo\n' };
const target = { branch: 'main', paths, readTable: (path: string) => Promise.resolve(tables[path] ?? null) };
const config = { ...defaultConfig, run: { ...defaultConfig.run, budgetUsd: 15 } };
const judge = (units: readonly object[], more = {}) =>
  judgeMadePlan(JSON.stringify({ version: 1, units }), { config: { ...config, ...more }, target, goal: 'The goal' });
const unit = (id: string, more: object = {}) => ({
  id,
  title: `Do ${id}`,
  prompt: 'Do it',
  scope: [`${id}.txt`],
  ...more,
});

describe('a plan that a session has made', () => {
  it('has the goal of the run if it names none, and an estimate', async () => {
    const made = await judge([unit('a', { estimate: '10m' })]);
    expect(made).toMatchObject({ plan: { goal: 'The goal' }, warnings: [], estimate: { chain: 1, workSeconds: 600 } });
  });

  it.each([
    ['a cycle', [unit('a', { needs: ['b'] }), unit('b', { needs: ['a'] })], /a.*b/],
    ['the id of the planner', [unit('plan')], /the id plan belongs to the planning session/],
    ['a command', [unit('a', { forEach: { command: 'ls' } })], /forEach.command \(ls\) is not possible here/],
    ['no file that a glob matches', [unit('a', { forEach: { glob: 'none/**' } })], /matches no file/],
    ['a table that does not exist', [unit('a', { forEach: { csv: 'no.csv' } })], /"no\.csv" does not exist/],
    ['what is no unit', [{ id: 'a' }], /title is missing/],
    ['no units', [], /at least one unit/],
  ])('is refused for %s', async (_, units, why) => {
    expect((await judge(units)).errors?.map(formatPlacedError).join('\n')).toMatch(why);
  });

  it('is refused if it is no plan at all', async () => {
    for (const text of ['', 'null', '[]', 'just words', '{']) {
      expect((await judgeMadePlan(text, { config, target, goal: '' })).errors).not.toHaveLength(0);
    }
  });

  it('has as many units as the configuration allows, those of forEach included', async () => {
    const rules = { config, target, goal: '', maxUnits: 2 };
    const judged = (...units: object[]) => judgeMadePlan(JSON.stringify({ version: 1, units }), rules);
    const each = unit('each', { forEach: { csv: 'data/list.csv' }, title: 'Do ${{ name }}', scope: ['${{ name }}'] });
    expect((await judged(each)).plan?.units.map(({ title }) => title)).toEqual(['Do one', 'Do two']);
    expect((await judged(each, unit('b'))).errors).toMatchObject([
      { message: 'the plan has 3 units, and at most 2 are allowed (agent.planning.maxUnits)' },
    ]);
  });

  it('comes with what people should know', async () => {
    const made = await judge([
      unit('a', { scope: ['src/**'], prompt: 'See `src/gone.ts`, `src/a.ts` and `lib/none.ts`.' }),
      unit('b', { scope: ['src/a.ts', 'readme.md'] }),
    ]);
    expect('warnings' in made && made.warnings).toEqual([
      expect.stringContaining('a and b may change src/a.ts at the same time'),
      'scope of b: readme.md matches no path of main, which has README.md',
      'the prompt of a names lib/none.ts, which main does not have and no unit may create',
      expect.stringContaining('add up to $20.00, and the run has $15.00'),
    ]);
  });

  it('has its overlapping units in order, if the run puts them in order', async () => {
    const made = await judge([unit('a', { scope: ['src/**'] }), unit('b', { scope: ['src/a.ts'] })], {
      run: { ...config.run, overlap: 'serialize', budgetUsd: null },
    });
    expect(made.plan?.units[1]).toMatchObject({ after: ['a'] });
    expect(made).toMatchObject({ estimate: { chain: 2 } });
  });
});
