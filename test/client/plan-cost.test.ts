// What a plan may cost, as rules about plans compare it and as people who are asked see it.

import { expect, it } from 'vitest';
import type { Config } from '../../contracts/documents/config.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { drawCard } from '../../people/slack/card.ts';
import { maxCost } from '../../domain/money/max-cost.ts';
import { openView, sha } from '../domain/fixtures.ts';
import { parsePlan } from '../../formats/plan-file/plan-file.ts';
import { planAskOf } from '../../client/start/start-run.ts';

const unit = (id: string, more: object = {}) => ({ id, title: id, prompt: 'Do', ...more });

function planOf(...units: readonly object[]) {
  const parsed = parsePlan(JSON.stringify({ version: 1, units }), 'plan');
  if (parsed.plan === undefined) throw new Error('no plan');
  return parsed.plan;
}

function configWith(run: number | null, agent: number | null, overUsd = 20): Config {
  const { agent: anAgent, run: aRun } = defaultConfig;
  return {
    ...defaultConfig,
    agent: { ...anAgent, budgetUsd: agent },
    run: { ...aRun, budgetUsd: run },
    policy: [{ action: 'plan', paths: [], over: { usd: overUsd }, decide: 'ask', by: [] }],
  };
}

const two = planOf(unit('a'), unit('b', { budgetUsd: 2 }));

it.each([
  ['the sum of the units, if it is less than the run’s budget', 200, 10, 12],
  ['the run’s budget, if that is less', 5, 10, 5],
  ['the sum, if the run has no budget', null, 10, 12],
  ['the run’s budget, if a unit has none', 50, null, 50],
  ['without a limit, if neither has one', null, null, null],
])('is %s', (_, run, agent, most) => {
  expect(maxCost(configWith(run, agent), two)).toBe(most);
});

it('does not ask about a small plan because the budget of a run is large', () => {
  expect(planAskOf({ plan: two, config: configWith(200, 10, 12) }, sha(1))).toBeNull();
});

it('shows people on the card what the rule compared', () => {
  const ask = planAskOf({ plan: two, config: configWith(200, 10, 11) }, sha(1));
  expect(ask).toMatchObject({ policy: { rule: 'plan over 11 USD: ask' }, request: { budgetUsd: 12 } });
  if (ask === null) return;
  const { subject, ...view } = openView();
  const card = drawCard({ ...view, kind: 'plan', unit: null, subject: { ...subject, ...ask.request } });
  expect(JSON.stringify(card.blocks)).toContain('at most $12.00');
});
