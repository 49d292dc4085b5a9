import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Consent } from '../../contracts/approval.ts';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import { judgeLanding } from '../../formats/policy/landing-consent.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { matchesRule } from './policy-oracle.ts';
import { noon } from '../domain/fixtures.ts';
import { outOfScope } from '../../formats/policy/judge.ts';
import { consentsOf, requirementsOf } from '../../domain/approval/consent.ts';

const people = {
  writers: { slack: ['UW', 'UB'], users: ['wanda'], email: [] },
  maintainers: { slack: ['UM', 'UB'], users: [], email: ['mo@example.com'] },
};
const config = (policy: readonly PolicyRule[]): Config => ({ ...defaultConfig, policy, people });
const merge = (decide: PolicyRule['decide'], paths: string[], by: string[] = []): PolicyRule => ({
  action: 'merge',
  paths,
  decide,
  by,
});
const slack = (id: string, covers?: string): Consent => ({
  channel: 'slack',
  id,
  ...(covers === undefined ? {} : { covers }),
});

const mail: Consent = { channel: 'email', id: 'mo@example.com' };

interface Case {
  readonly rules: readonly PolicyRule[];
  readonly own: readonly string[];
  readonly changed: readonly string[];
  readonly scope?: readonly string[];
  readonly agreed?: readonly Consent[];
}

function judge({ rules, own, changed, scope, agreed = [] }: Case) {
  const change = { changed, own: new Set(own), scope: scope ?? null, target: [], covers: 'here' };
  const verdict = judgeLanding(config(rules), { ...change, agreed, requestedBy: 'dana' });
  if (verdict.decide === 'deny') return 'deny';
  if (verdict.decide === 'moved') return verdict.paths;
  return verdict.decide === 'allow' ? 'allow' : requirementsOf(verdict.policy).flatMap(({ by }) => by);
}

const guarded = merge('ask', ['guarded/**'], ['maintainers']);

describe('what would land', () => {
  it.each<[string, Case, ReturnType<typeof judge>]>([
    ['is what its unit changed, and no rule asks', { rules: [guarded], own: ['a'], changed: ['a'] }, 'allow'],
    [
      'is asked about when the target has a rule that the unit did not know',
      { rules: [guarded], own: ['guarded/a'], changed: ['guarded/a'] },
      ['maintainers'],
    ],
    [
      'is agreed to by one of those who are asked',
      { rules: [guarded], own: ['guarded/a'], changed: ['guarded/a'], agreed: [slack('UM')] },
      'allow',
    ],
    [
      'is not agreed to by others',
      { rules: [guarded], own: ['guarded/a'], changed: ['guarded/a'], agreed: [slack('UW')] },
      ['maintainers'],
    ],
    [
      'is agreed to by those who may after some time, once they have',
      {
        rules: [{ ...guarded, escalate: { afterSeconds: 60, to: ['writers'] } }],
        own: ['guarded/a'],
        changed: ['guarded/a'],
        agreed: [slack('UW')],
      },
      'allow',
    ],
    [
      'is asked about, first of all, those whom its rule names at once',
      {
        rules: [{ ...guarded, escalate: { afterSeconds: 60, to: ['writers'] } }],
        own: ['guarded/a'],
        changed: ['guarded/a'],
      },
      ['maintainers'],
    ],
    [
      'is not agreed to by those who may after some time by another rule',
      {
        rules: [
          { ...merge('ask', ['docs/**'], ['writers']), escalate: { afterSeconds: 60, to: ['maintainers'] } },
          merge('ask', ['a'], ['writers']),
        ],
        own: ['docs/a', 'a'],
        changed: ['docs/a', 'a'],
        agreed: [slack('UM')],
      },
      ['writers'],
    ],
    [
      'is agreed to by e-mail',
      { rules: [guarded], own: ['guarded/a'], changed: ['guarded/a'], agreed: [mail] },
      'allow',
    ],
    [
      'is not agreed to by e-mail where the target has made it critical',
      { rules: [{ ...guarded, tier: 'critical' }], own: ['guarded/a'], changed: ['guarded/a'], agreed: [mail] },
      ['maintainers'],
    ],
    [
      'is not agreed to from another channel under the same name',
      { rules: [guarded], own: ['guarded/a'], changed: ['guarded/a'], agreed: [{ channel: 'cli', id: 'UM' }] },
      ['maintainers'],
    ],
    [
      'is asked about when the merge moves it, anyone who has agreed to the result',
      { rules: [guarded], own: ['src/a'], changed: ['guarded/a'], agreed: [slack('UM')] },
      ['maintainers'],
    ],
    [
      'is agreed to by anyone who was shown the moved paths',
      { rules: [guarded], own: ['src/a'], changed: ['guarded/a'], agreed: [slack('UM', 'here')] },
      'allow',
    ],
    [
      'is not agreed to by those who were shown other paths',
      { rules: [guarded], own: ['src/a'], changed: ['guarded/a'], agreed: [slack('UM', 'there')] },
      ['maintainers'],
    ],
    [
      'asks only those who are missing',
      {
        rules: [guarded, merge('ask', ['docs/**'], ['writers'])],
        own: ['docs/a', 'src/a'],
        changed: ['docs/a', 'guarded/a'],
        agreed: [slack('UW')],
      },
      ['maintainers'],
    ],
    [
      'does not go where a rule denies it',
      { rules: [merge('deny', ['guarded/**'])], own: ['src/a'], changed: ['guarded/a', 'b'] },
      ['guarded/a'],
    ],
    [
      'does not go outside the scope of its unit',
      { rules: [], own: ['src/a', 'src/b'], changed: ['lib/a', 'src/b'], scope: ['src/**'] },
      ['lib/a'],
    ],
    [
      'is denied when the target denies what the unit itself has changed',
      { rules: [merge('deny', ['src/**'])], own: ['src/a'], changed: ['src/a'], agreed: [slack('UM')] },
      'deny',
    ],
    [
      'is protected where the scope does not name it',
      { rules: [], own: ['src/a'], changed: ['.github/a'], agreed: [slack('UM')] },
      [],
    ],
  ])('%s', (_, given, expected) => {
    expect(judge(given)).toEqual(expected);
  });

  it('lets nobody join later where only those are missing whom nobody joins', () => {
    const rules = [{ ...guarded, escalate: { afterSeconds: 60, to: ['writers'] } }, merge('ask', ['b'], ['writers'])];
    const changed = ['guarded/a', 'b'];
    const change = { changed, own: new Set(changed), scope: null, target: [], covers: 'here' };
    const verdict = judgeLanding(config(rules), { ...change, agreed: [slack('UM')], requestedBy: 'dana' });
    expect(verdict).toMatchObject({ decide: 'ask', policy: { by: ['writers'], required: [{ by: ['writers'] }] } });
    expect(verdict).not.toHaveProperty('policy.timing');
  });

  const rule = fc.record({
    action: fc.constant('merge' as const),
    paths: fc.subarray(['a/**', 'b/**', '**/x', 'a/x', 'c', '{a,c}/**']),
    decide: fc.constantFrom('allow' as const, 'ask' as const, 'ask' as const, 'deny' as const),
    by: fc.subarray(['writers', 'maintainers']),
  });
  const paths = fc.subarray(['a/x', 'a/y', 'b/x', 'b/y', 'c', 'c/z', 'coppice.yaml'], { minLength: 1 });
  const agreed = fc.array(
    fc.tuple(fc.constantFrom('UW', 'UM', 'UB', 'UX'), fc.constantFrom(undefined, 'here', 'there')),
    { maxLength: 5 },
  );
  const scope = fc.option(fc.subarray(['a/**', 'b/**', 'c', 'c/**']), { nil: null });

  it('lands only if every path is allowed, or agreed to by somebody who was shown it', () => {
    let asked = 0;
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), paths, paths, agreed, scope, (...given) => {
        const [rules, own, changed, consents, within] = given;
        const change = { changed, own: new Set(own), scope: within, target: [], covers: 'here' };
        const verdict = judgeLanding(config(rules), {
          ...change,
          agreed: consents.map((each) => slack(...each)),
          requestedBy: 'dana',
        });
        if (verdict.decide !== 'allow') return;
        const moved = changed.filter((path) => !own.includes(path));
        expect(outOfScope({ changed: moved, scope: within, target: [] })).toEqual([]);
        for (const path of changed) {
          const first = rules.find((each) => matchesRule(each, path));
          expect(first?.decide).not.toBe('deny');
          if (first?.decide !== 'ask') continue;
          asked += 1;
          const allowed = first.by.flatMap((group) => people[group as keyof typeof people].slack);
          const counting = consents.filter(([, covers]) => own.includes(path) || covers === 'here');
          expect(counting.some(([id]) => first.by.length === 0 || allowed.includes(id))).toBe(true);
        }
      }),
      { numRuns: 1500 },
    );
    expect(asked).toBeGreaterThan(20);
  });

  it('is worth a vote that agrees, by its channel and person', () => {
    const vote = (id: string, decision: 'approve' | 'deny') => ({
      ...({ decisionId: id, decision, by: { channel: 'slack', id, name: id }, reason: null, at: noon } as const),
    });
    expect(consentsOf([vote('UM', 'approve'), vote('UW', 'deny')], 'here')).toEqual([slack('UM', 'here')]);
    expect(consentsOf([vote('UM', 'approve')])).toEqual([slack('UM')]);
  });
});
