// What a reviewer's verdict changes of what the rules say, and what it never changes.

import { describe, expect, it } from 'vitest';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import type { Review } from '../../contracts/review.ts';
import { defaultConfig, defaultReview } from '../../contracts/documents/config.ts';
import { describeRule } from '../../formats/policy/describe-rule.ts';
import { judgeLanding } from '../../formats/policy/landing-consent.ts';
import { judgeMerge } from '../../formats/policy/judge.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { parseSamples } from '../../formats/policy/samples.ts';
import { requirementsOf } from '../../domain/approval/consent.ts';
import { reviewFor } from '../../domain/plan/review-for.ts';
import { trySamples } from '../../formats/policy/try-samples.ts';

const people = { maintainers: { users: ['dana'] }, owners: { users: ['kim'] } };
const rule = (change: Partial<PolicyRule>): PolicyRule => ({
  action: 'merge',
  paths: [],
  decide: 'ask',
  by: ['maintainers'],
  ...change,
});
const unlessReviewed = rule({ unless: 'reviewed' });
const configOf = (...policy: readonly PolicyRule[]): Config => ({ ...defaultConfig, policy, people });

function judge(config: Config, review: Review['verdict'] | undefined, changed: readonly string[] = ['src/a.ts']) {
  const facts = review === undefined ? {} : { review };
  const verdict = judgeMerge(config, { changed, scope: null, target: [], facts });
  return verdict.decide === 'ask' ? verdict.policy.rule : verdict.decide;
}

describe('a rule unless: reviewed', () => {
  it('asks people unless the reviewer has approved the result', () => {
    const config = configOf(unlessReviewed);
    const asks = 'merge of anything unless the reviewer approves it: ask';
    expect(describeRule(unlessReviewed)).toBe(asks);
    expect(judge(config, 'approve')).toBe('allow');
    expect([judge(config, 'changes'), judge(config, 'none'), judge(config, undefined)]).toEqual([asks, asks, asks]);
  });

  it('leaves what comes after it to the next rules', () => {
    const config = configOf(
      rule({ paths: ['src/pay/**'], by: ['owners'] }),
      rule({ paths: ['ci/**'], decide: 'deny', by: [] }),
      unlessReviewed,
      rule({ paths: ['src/**'], by: ['owners'] }),
    );
    expect(judge(config, 'approve')).toBe('merge of src/**: ask');
    expect(judge(config, 'approve', ['docs/a.md'])).toBe('allow');
    expect(judge(config, 'approve', ['src/pay/a.ts'])).toBe('merge of src/pay/**: ask');
    expect(judge(config, 'approve', ['docs/a.md', 'ci/x'])).toBe('deny');
  });

  it('never opens what is protected, or a lock file', () => {
    const config = configOf(unlessReviewed);
    expect(judge(config, 'approve', ['coppice.yaml'])).toBe('coppice.yaml is protected');
    expect(judge(config, 'approve', ['package-lock.json'])).toBe('package-lock.json is a lock file');
  });
});

describe('without a rule', () => {
  it('anybody is asked about what the reviewer wants changed, and about nothing else', () => {
    const asks = 'the reviewer wants changes';
    expect(judge(defaultConfig, 'changes')).toBe(asks);
    expect([judge(defaultConfig, 'approve'), judge(defaultConfig, 'none')]).toEqual(['allow', 'allow']);
    const narrow = configOf(rule({ paths: ['docs/**'], decide: 'allow', by: [] }));
    expect(judge(narrow, 'changes', ['docs/a.md'])).toBe('allow');
    expect(judge(narrow, 'changes', ['docs/a.md', 'src/a.ts'])).toBe(asks);
    const scoped = judgeMerge(defaultConfig, {
      changed: ['coppice.yaml'],
      scope: ['coppice.yaml'],
      target: [],
      facts: { review: 'changes' },
    });
    expect(scoped).toMatchObject({ decide: 'ask', policy: { rule: asks, allowed: null } });
  });
});

describe('in the merge queue', () => {
  const landing = (review: Review['verdict'], changed: readonly string[], agreed = false) => {
    const verdict = judgeLanding(configOf(unlessReviewed), {
      changed,
      own: new Set(['src/a.ts']),
      scope: null,
      target: [],
      covers: 'here',
      agreed: agreed ? [{ channel: 'cli', id: 'dana' }] : [],
      requestedBy: 'lou',
      facts: { review },
    });
    if (verdict.decide === 'ask') return requirementsOf(verdict.policy).flatMap(({ paths }) => paths);
    return verdict.decide;
  };

  it('a review counts for what the result changes, and not for what the merge adds', () => {
    expect(landing('approve', ['src/a.ts'])).toBe('allow');
    expect(landing('none', ['src/a.ts'])).toEqual(['src/a.ts']);
    expect(landing('approve', ['src/a.ts', 'src/moved/b.ts'])).toEqual(['src/moved/b.ts']);
  });

  it('people who have agreed to the result are not asked again because of the reviewer', () => {
    expect(landing('changes', ['src/a.ts'], true)).toBe('allow');
  });
});

describe('coppice.yaml', () => {
  const read = (text: string) => {
    const { config, errors = [] } = parseConfig(text, 'coppice.yaml');
    return config ?? errors.map(({ at, message }) => `${at.line}: ${message}`);
  };
  const reviewIn = (text: string) => (read(text) as Config).agent.review;

  it('has no review unless it says so, and says what is not as usual', () => {
    expect(reviewIn('verify: npm test\n')).toBeUndefined();
    expect(reviewIn('agent: { review: {} }\n')).toEqual(defaultReview);
    expect(reviewIn('agent: { review: { model: other, budgetUsd: null, rounds: 1 } }\n')).toEqual({
      ...defaultReview,
      model: 'other',
      budgetUsd: null,
      rounds: 1,
    });
    expect(read('agent: { review: { rounds: 0 } }\n')).toEqual([expect.stringContaining('agent.review.rounds')]);
  });

  it('may leave to a reviewer what people are asked about a landing, and nothing else', () => {
    const errors = read(
      `policy:
  - { action: merge, decide: deny, paths: [a], unless: reviewed }
  - { action: plan, decide: ask, unless: reviewed }
  - { action: setup, decide: ask, unless: reviewed }
`,
    );
    const message = 'must not be in a rule that does not ask about merge: a review never replaces anything else';
    expect(errors).toEqual([2, 3, 4].map((line, i) => `${line}: policy[${i}].unless ${message}`));
  });

  it('names a rule that never decides, whatever the reviewer says', () => {
    const asks = '{ action: merge, decide: ask }';
    const reviewed = '{ action: merge, decide: ask, unless: reviewed }';
    const dead = (...rules: readonly string[]) => {
      const found = read(`policy:\n${rules.map((each) => `  - ${each}\n`).join('')}`);
      return Array.isArray(found) ? found.map((text: string) => text.split(' never decides')[0]) : [];
    };
    expect(dead(reviewed, asks)).toEqual([]);
    expect(dead(asks, reviewed)).toEqual(['3: policy[1]']);
    expect(dead(reviewed, reviewed)).toEqual(['3: policy[1]']);
    expect(dead(reviewed, '{ action: setup, decide: ask }')).toEqual([]);
  });
});

it('a unit is reviewed as its plan says, or else as the configuration does', () => {
  const own = { ...defaultReview, rounds: 1 };
  const on = { agent: { ...defaultConfig.agent, review: own } };
  const planner = { ask: false, only: false };
  expect([reviewFor({}, defaultConfig), reviewFor({ review: true }, defaultConfig)]).toEqual([null, defaultReview]);
  expect([reviewFor({}, on), reviewFor({ review: true }, on), reviewFor({ review: false }, on)]).toEqual([
    own,
    own,
    null,
  ]);
  expect(reviewFor({ planner, review: true }, on)).toBeNull();
  const unpriced = { agent: { ...defaultConfig.agent, model: 'house-model' } };
  expect(reviewFor({ review: true }, unpriced)).toEqual({ ...defaultReview, budgetUsd: null });
});

it('samples of coppice policy test say what the reviewer said', () => {
  const parsed = parseSamples(
    `- { action: merge, paths: [src/a.ts], reviewed: true, expect: allow }
- { action: merge, paths: [src/a.ts], reviewed: false, expect: ask, by: [maintainers] }
- { action: merge, paths: [src/a.ts], expect: ask }
`,
    'samples.yaml',
  );
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors));
  const tried = trySamples(configOf(unlessReviewed), parsed.samples, [], { problem: 'there are no owners' });
  expect(tried.samples.map(({ unexpected }) => unexpected)).toEqual([null, null, null]);
  expect(tried.unmet).toEqual([]);
  expect(parseSamples('- { action: plan, reviewed: true }\n', 'samples.yaml')).toMatchObject({
    errors: [{ message: expect.stringContaining('must not be in a sample of plan') }],
  });
});
