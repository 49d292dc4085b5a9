import { describe, expect, it } from 'vitest';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import type { Plan } from '../../contracts/documents/plan.ts';
import { comparePlans } from '../../activities/planning/compare-plans.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { parsePlan } from '../../formats/plan-file/plan-file.ts';
import { sha } from '../domain/fixtures.ts';

function planOf(...ids: string[]): Plan {
  const units = ids.map((id) => ({ id, title: id, prompt: 'Do it' }));
  const { plan } = parsePlan(JSON.stringify({ version: 1, units }), 'plan');
  if (plan === undefined) throw new Error('a bad plan');
  return plan;
}

function rules(...policy: object[]): Config {
  const { config } = parseConfig(JSON.stringify({ version: 1, policy }), 'coppice.yaml');
  return { ...defaultConfig, policy: config?.policy ?? ([] as PolicyRule[]) };
}

const compare = (config: Config, before: Plan, after: Plan, proposed?: number) =>
  comparePlans({ before, after, config, commit: sha(9), proposed, by: 'dana', why: undefined });

describe('another plan', () => {
  it('names what differs, but not for an order that follows from the files of the target', () => {
    const [before, after] = [planOf('a', 'b', 'c'), planOf('a', 'b', 'd')];
    const [a, b, d] = after.units;
    const ordered = { ...after, units: [a, { ...b, after: ['a'] }, d] } as Plan;
    expect(compare(rules(), before, ordered)).toMatchObject({ added: ['d'], changed: [], removed: ['c'] });
    const changed = { ...after, units: [a, { ...b, title: 'Else' }, d] } as Plan;
    expect(compare(rules(), before, changed)).toMatchObject({ changed: ['b'] });
  });

  it('that agents propose needs more than their own rule where it outgrows what people agreed to', () => {
    const config = rules(
      { action: 'plan', over: { units: 4 }, decide: 'deny' },
      { action: 'plan', over: { units: 2 }, decide: 'ask' },
      { action: 'proposal', decide: 'allow' },
    );
    const decide = (before: Plan, after: Plan) => compare(config, before, after, 1).verdict.decide;
    expect(decide(planOf('a'), planOf('a', 'b'))).toBe('allow');
    expect(decide(planOf('a', 'b'), planOf('a', 'b', 'c'))).toBe('ask');
    expect(decide(planOf('a', 'b', 'c'), planOf('a', 'b', 'c', 'd'))).toBe('allow');
    expect(decide(planOf('a', 'b', 'c', 'd'), planOf('a', 'b', 'c', 'd', 'e'))).toBe('deny');
    const both = rules({ action: 'plan', over: { units: 1 }, decide: 'ask' }, { action: 'proposal', decide: 'ask' });
    expect(compare(both, planOf('a'), planOf('a', 'b'), 1).verdict).toMatchObject({
      decide: 'ask',
      policy: { rule: 'proposal: ask; plan over 1 units: ask' },
    });
  });
});
