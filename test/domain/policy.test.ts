import { describe, expect, it } from 'vitest';
import type { Config, PolicyRule } from '../../domain/config.ts';
import { defaultConfig } from '../../domain/config.ts';
import { judgeAsking, judgeMerge, matchesAny, outOfScope } from '../../domain/policy.ts';

function rule(decide: PolicyRule['decide'], paths: readonly string[], by: readonly string[] = []): PolicyRule {
  return { action: 'merge', paths, decide, by };
}

function configWith(...policy: PolicyRule[]): Config {
  const people = {
    maintainers: { slack: ['U1'], users: ['dana'], email: [] },
    owners: { slack: ['U2'], users: [], email: ['o@example.com'] },
  };
  return { ...defaultConfig, policy, people };
}

describe('globs', () => {
  it('match dotfiles, and an empty list matches nothing', () => {
    expect(matchesAny('src/.hidden/x', ['src/**'])).toBe(true);
    expect(matchesAny('src/x', [])).toBe(false);
  });

  it('leave what they do not name out of scope', () => {
    expect(outOfScope(['src/a.ts', 'test/a.ts', '.npmrc'], ['src/**'])).toEqual(['test/a.ts', '.npmrc']);
    expect(outOfScope(['anything'], null)).toEqual([]);
  });
});

describe('the verdict on money and questions', () => {
  const about = (decide: 'ask' | 'deny', by: readonly string[] = []): PolicyRule => ({
    action: 'budget',
    paths: [],
    decide,
    by,
  });

  it('asks anybody where no rule says otherwise, and whom the rule names', () => {
    expect(judgeAsking(configWith(), 'budget')).toMatchObject({ decide: 'ask', policy: { allowed: null } });
    expect(judgeAsking(configWith(about('ask', ['owners'])), 'budget')).toMatchObject({
      policy: { by: ['owners'], allowed: { slack: ['U2'] } },
    });
  });

  it('is "no" where a rule says so, and only for what that rule is about', () => {
    const config = configWith(about('deny'));
    expect(judgeAsking(config, 'budget')).toEqual({ decide: 'deny', rule: 'budget: deny' });
    expect(judgeAsking(config, 'question').decide).toBe('ask');
    expect(judgeMerge(config, ['src/a.ts'], null).decide).toBe('allow');
  });
});

describe('the verdict on a change', () => {
  it('is to allow it when no rule matches', () => {
    expect(judgeMerge(configWith(), ['src/a.ts'], null)).toEqual({ decide: 'allow' });
  });

  it('takes the first rule that matches a path', () => {
    const config = configWith(rule('allow', ['src/pay/docs/**']), rule('ask', ['src/pay/**']));
    expect(judgeMerge(config, ['src/pay/docs/x.md'], null).decide).toBe('allow');
    expect(judgeMerge(config, ['src/pay/docs/x.md', 'src/pay/x.ts'], null).decide).toBe('ask');
  });

  it('over several paths puts deny over ask over allow', () => {
    const config = configWith(rule('ask', ['a']), rule('deny', ['b']), rule('allow', []));
    expect(judgeMerge(config, ['a', 'c'], null).decide).toBe('ask');
    expect(judgeMerge(config, ['a', 'b', 'c'], null)).toEqual({ decide: 'deny', rule: 'merge of b: deny' });
  });

  it('asks the people of the groups that a rule names', () => {
    const verdict = judgeMerge(configWith(rule('ask', ['a'], ['maintainers', 'owners'])), ['a'], null);
    expect(verdict).toMatchObject({
      policy: { allowed: { slack: ['U1', 'U2'], users: ['dana'], email: ['o@example.com'] } },
    });
  });

  it('allows nobody, not anybody, when a named group has no people', () => {
    const verdict = judgeMerge(configWith(rule('ask', ['a'], ['ghosts'])), ['a'], null);
    expect(verdict).toMatchObject({ policy: { allowed: { slack: [], users: [], email: [] } } });
  });

  it('asks about a protected path unless the scope names it', () => {
    const changed = ['.github/workflows/ci.yml'];
    expect(judgeMerge(configWith(), changed, null).decide).toBe('ask');
    expect(judgeMerge(configWith(), changed, ['**', '*/**']).decide).toBe('ask');
    expect(judgeMerge(configWith(), changed, ['.github/**']).decide).toBe('allow');
    expect(judgeMerge(configWith(), ['packages/a/CODEOWNERS'], null).decide).toBe('ask');
  });

  it('does not let an allowing rule open a protected path', () => {
    expect(judgeMerge(configWith(rule('allow', [])), ['coppice.yaml'], null).decide).toBe('ask');
  });
});
