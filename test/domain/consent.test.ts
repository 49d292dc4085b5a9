import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApprovalView, DecisionMaker } from '../../contracts/approval.ts';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import { closeApproval, decide, describeEnd, explainExpiry } from '../../domain/approval/decide.ts';
import { decision, noon, openView } from './fixtures.ts';
import { decisionOf } from '../../domain/approval/record.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import type { Person } from '../../contracts/people.ts';
import { agreedUsd, consentLines, explainProgress } from '../../domain/approval/consent.ts';
import { judgeMerge, matchesRule } from '../formats/policy-oracle.ts';

const people = {
  writers: { slack: ['UW', 'UB'], users: ['wanda'], email: [] },
  maintainers: { slack: ['UM', 'UB'], users: ['max'], email: [] },
  nobody: { slack: [], users: [], email: [] },
};
const ask = (glob: string, ...by: string[]): PolicyRule => ({ action: 'merge', paths: [glob], decide: 'ask', by });
const config = (policy: readonly PolicyRule[]): Config => ({ ...defaultConfig, people, policy });
const both = config([ask('docs/**', 'writers'), ask('guarded/**', 'maintainers')]);

function asked(of: Config, changed: readonly string[]): ApprovalView {
  const verdict = judgeMerge(of, changed);
  if (verdict.decide !== 'ask') throw new Error(verdict.decide);
  return openView({ policy: verdict.policy });
}

let serial = 0;
function vote(
  view: ApprovalView,
  id: string,
  choice: 'approve' | 'deny' = 'approve',
  channel: DecisionMaker['channel'] = 'slack',
) {
  const by: DecisionMaker = { channel, id, name: id };
  return decide(view, decision({ decisionId: `v${++serial}`, decision: choice, by }), noon);
}

describe('a landing that several groups are asked about', () => {
  const open = asked(both, ['docs/a', 'guarded/b']);

  it('waits until each of them has agreed, and says who is missing', () => {
    const first = vote(open, 'UW');
    expect(first.ruling).toEqual({ accepted: true, status: 'open' });
    expect(explainProgress(first.view)).toBe('UW (slack) agreed; still missing: maintainers');
    const second = vote(first.view, 'max', 'approve', 'cli');
    expect(second.ruling).toMatchObject({ status: 'approved' });
    expect(describeEnd(second.view)).toBe('approved by UW (slack) and max (cli)');
    expect(decisionOf(second.view, 0)).toMatchObject({ decision: 'approved', by: 'UW, max' });
  });

  it('is agreed to at once by somebody who is in both', () => {
    expect(vote(open, 'UB').ruling).toMatchObject({ status: 'approved' });
  });

  it('takes nothing from those whose consent it has, and does not count them twice', () => {
    const first = vote(open, 'UW').view;
    for (const id of ['UW', 'wanda']) {
      const again = vote(first, id, 'approve', id === 'wanda' ? 'cli' : 'slack');
      expect(again.ruling).toMatchObject({ accepted: false, code: 'not-allowed', status: 'open' });
      expect(again.view).toEqual(first);
    }
  });

  it('ends with one "no", also by somebody who had agreed', () => {
    const first = vote(open, 'UW').view;
    for (const id of ['UM', 'UW']) {
      const { view } = vote(first, id, 'deny');
      expect(describeEnd(view)).toBe(`denied by ${id} (slack)`);
    }
  });

  it('that expires half-way was decided by nobody', () => {
    const expired = closeApproval(vote(open, 'UW').view, 'expired');
    expect(describeEnd(expired)).toBe('expired');
    expect(explainExpiry(expired)).toBe('UW (slack) agreed, maintainers did not decide in time');
    expect(decisionOf(expired, 0)).toMatchObject({ decision: 'expired', by: null });
  });

  it('needs nobody more for a protected path than those who agree anyway', () => {
    const view = asked(both, ['docs/a', 'coppice.yaml']);
    expect(vote(view, 'UW').ruling).toMatchObject({ status: 'approved' });
    const other = vote(view, 'stranger');
    expect(other.ruling).toMatchObject({ accepted: true, status: 'open' });
    expect(explainProgress(other.view)).toContain('still missing: writers');
  });
});

describe('a landing that two of a group must agree to', () => {
  const persons = [
    { name: 'wanda', slack: ['UW'], users: ['wanda'], email: [] },
    { name: 'bo', slack: ['UB'], users: [], email: [] },
  ];
  const two = (more: object = {}, of = persons): ApprovalView =>
    asked({ ...config([{ ...ask('**', 'writers'), count: 2, ...more }]), persons: of }, ['docs/a']);

  it('waits for the second, and says so', () => {
    const first = vote(two(), 'UW');
    expect(first.ruling).toMatchObject({ accepted: true, status: 'open' });
    expect(explainProgress(first.view)).toBe('UW (slack) agreed; still missing: 1 more of writers');
    expect(consentLines(first.view)).toEqual(['2 of writers: UW (slack) agreed, 1 missing (docs/a)']);
    expect(vote(first.view, 'UB').ruling).toMatchObject({ status: 'approved' });
  });

  it('counts nobody twice, by whichever medium they come', () => {
    const first = vote(two(), 'UW').view;
    for (const [id, medium] of [
      ['UW', 'slack'],
      ['wanda', 'cli'],
    ] as const) {
      const again = vote(first, id, 'approve', medium);
      expect(again.ruling).toMatchObject({ accepted: false, message: expect.stringContaining('You have agreed') });
    }
  });

  it('counts nobody twice, by whichever spelling of a name or an address', () => {
    const spelled = { writers: { users: ['wanda', 'Wanda'], email: ['Wanda@Example.com', 'kim@example.com'] } };
    const open = asked({ ...config([{ ...ask('**', 'writers'), count: 2 }]), people: spelled }, ['docs/a']);
    for (const [medium, id, again] of [
      ['cli', 'wanda', 'Wanda'],
      ['email', 'wanda@example.com', 'WANDA@example.com'],
    ] as const) {
      const first = vote(open, id, 'approve', medium);
      expect(first.ruling).toEqual({ accepted: true, status: 'open' });
      expect(vote(first.view, again, 'approve', medium).ruling).toMatchObject({
        accepted: false,
        message: expect.stringContaining('You have agreed already'),
      });
    }
    const first = vote(two(), 'UW').view;
    expect(vote(first, 'WANDA', 'approve', 'cli').ruling).toMatchObject({ accepted: false, status: 'open' });
  });

  it('takes ids of two media for one person’s unless it knows better', () => {
    const first = vote(two({}, []), 'UW').view;
    expect(vote(first, 'wanda', 'approve', 'cli').ruling).toMatchObject({ accepted: false, status: 'open' });
    expect(vote(first, 'UB').ruling).toMatchObject({ status: 'approved' });
  });
});

describe('money that two of a group must agree to', () => {
  const open = asked(config([{ ...ask('src/**', 'maintainers'), count: 2 }]), ['src/a']);
  const agree = (view: ApprovalView, id: string, usd?: number) =>
    decide(
      view,
      decision({
        decisionId: `m${++serial}`,
        by: { channel: 'slack', id, name: id },
        ...(usd === undefined ? {} : { usd }),
      }),
      noon,
    ).view;

  it.each([
    [5, 2, 2],
    [2, 5, 2],
    [5, undefined, 5],
    [undefined, undefined, null],
  ])('%j and %j USD are %j, whoever comes first', (first, second, usd) => {
    const { votes } = agree(agree({ ...open, kind: 'budget' } as ApprovalView, 'UM', first), 'UB', second);
    expect(votes).toHaveLength(2);
    expect(agreedUsd(votes)).toBe(usd);
  });
});

describe('a landing that the requester may not agree to', () => {
  const dana = { name: 'dana', slack: ['UD'], users: ['dana'], email: [] };
  const other = (persons: readonly Person[]): ApprovalView =>
    asked({ ...config([{ action: 'merge', paths: [], decide: 'ask', by: [], requester: false }]), persons }, ['a']);

  it.each([
    ['dana', 'cli', []],
    ['Dana', 'cli', []],
    ['UD', 'slack', [dana]],
    ['danas-other-name', 'cli', [{ ...dana, users: ['dana', 'danas-other-name'] }]],
  ] as const)('refuses them as %s (%s)', (id, medium, persons) => {
    const refused = vote(other(persons), id, 'approve', medium).ruling;
    expect(refused).toMatchObject({ accepted: false, message: expect.stringContaining('somebody else must agree') });
  });

  it('takes anybody else, and their own no', () => {
    expect(vote(other([]), 'kim', 'approve', 'cli').ruling).toMatchObject({ status: 'approved' });
    expect(vote(other([dana]), 'UK').ruling).toMatchObject({ status: 'approved' });
    expect(vote(other([]), 'dana', 'deny', 'cli').ruling).toMatchObject({ status: 'denied' });
    const kim = { name: 'kim', slack: ['UK'], users: ['kim'], email: [] };
    expect(vote(other([kim]), 'UK').ruling).toMatchObject({ status: 'approved' });
  });

  it('refuses whoever might be them, and says how that can be known', () => {
    expect(vote(other([]), 'UD').ruling).toMatchObject({
      accepted: false,
      message: expect.stringContaining('nobody knows whether that is you: `people` in coppice.yaml'),
    });
  });
});

describe('whatever the rules, the paths and the votes', () => {
  const rule = fc.record({
    action: fc.constant('merge' as const),
    paths: fc.subarray(['a/**', 'b/**', '**/x', 'a/x', 'c', '[ab]/y', '{a,c}/**']),
    decide: fc.constantFrom('allow' as const, 'ask' as const, 'ask' as const, 'deny' as const),
    by: fc.subarray(['writers', 'maintainers', 'nobody']),
    count: fc.constantFrom(1, 1, 2),
  });
  const paths = fc.subarray(['a/x', 'a/y', 'b/x', 'b/y', 'c', 'c/z', 'coppice.yaml', '[ab]/y'], { minLength: 1 });
  const votes = fc.array(fc.tuple(fc.constantFrom('UW', 'UM', 'UB', 'UX'), fc.boolean()), { maxLength: 6 });

  it('what lands was agreed to, path by path, by somebody whom its rule allows; what a rule denies never lands', () => {
    let landed = 0;
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), paths, votes, (rules, changed, clicks) => {
        const verdict = judgeMerge(config(rules), changed);
        const firsts = changed.map((path) => rules.find((each) => matchesRule(each, path)));
        if (firsts.some((first) => first?.decide === 'deny')) expect(verdict.decide).toBe('deny');
        if (firsts.some((first) => first?.decide === 'ask')) expect(verdict.decide).not.toBe('allow');
        if (verdict.decide !== 'ask') return;
        const view = clicks.reduce<ApprovalView>(
          (now, [id, yes]) => vote(now, id, yes ? 'approve' : 'deny').view,
          openView({ policy: verdict.policy }),
        );
        if (view.status !== 'approved') return;
        landed += 1;
        const agreed = view.votes.filter((each) => each.decision === 'approve').map(({ by }) => by.id);
        for (const first of firsts) {
          if (first?.decide !== 'ask') continue;
          const allowed = first.by.flatMap((group) => people[group as keyof typeof people].slack);
          const counting = new Set(agreed.filter((id) => first.by.length === 0 || allowed.includes(id)));
          expect(counting.size).toBeGreaterThanOrEqual(first.count);
        }
      }),
      { numRuns: 600 },
    );
    expect(landed).toBeGreaterThan(20);
  });
});
