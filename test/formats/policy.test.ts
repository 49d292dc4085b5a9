import { describe, expect, it } from 'vitest';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import type { MergeVerdict } from '../../contracts/approval.ts';
import { ambiguousNames } from '../../formats/globs/path-globs.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { type ChangeFacts, askingFirst, judgeMerge } from '../../formats/policy/judge.ts';
import { judgeAsking } from '../../formats/policy/judge-asking.ts';

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

function verdictOn(
  config: Config,
  changed: readonly string[],
  scope: readonly string[] | null,
  target: readonly string[] = [],
) {
  return judgeMerge(config, { changed, scope, target: ambiguousNames(target) });
}

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
    expect(verdictOn(config, ['src/a.ts'], null).decide).toBe('allow');
  });
});

describe('the verdict on a change', () => {
  it('is to allow it when no rule matches', () => {
    expect(verdictOn(configWith(), ['src/a.ts'], null)).toEqual({ decide: 'allow' });
  });

  it('takes the first rule that matches a path', () => {
    const config = configWith(rule('allow', ['src/pay/docs/**']), rule('ask', ['src/pay/**']));
    expect(verdictOn(config, ['src/pay/docs/x.md'], null).decide).toBe('allow');
    expect(verdictOn(config, ['src/pay/docs/x.md', 'src/pay/x.ts'], null).decide).toBe('ask');
  });

  it('over several paths puts deny over ask over allow', () => {
    const config = configWith(rule('ask', ['a']), rule('deny', ['b']), rule('allow', []));
    expect(verdictOn(config, ['a', 'c'], null).decide).toBe('ask');
    expect(verdictOn(config, ['a', 'b', 'c'], null)).toEqual({ decide: 'deny', rule: 'merge of b: deny' });
  });

  it('asks the people of the groups that a rule names', () => {
    const verdict = verdictOn(configWith(rule('ask', ['a'], ['maintainers', 'owners'])), ['a'], null);
    expect(verdict).toMatchObject({
      policy: { allowed: { slack: ['U1', 'U2'], users: ['dana'], email: ['o@example.com'] } },
    });
  });

  it('allows nobody, not anybody, when a named group has no people', () => {
    const verdict = verdictOn(configWith(rule('ask', ['a'], ['ghosts'])), ['a'], null);
    expect(verdict).toMatchObject({ policy: { allowed: { slack: [], users: [], email: [] } } });
  });

  it('asks about a protected path unless the scope names it', () => {
    const changed = ['.github/workflows/ci.yml'];
    expect(verdictOn(configWith(), changed, null).decide).toBe('ask');
    expect(verdictOn(configWith(), changed, ['**', '*/**']).decide).toBe('ask');
    expect(verdictOn(configWith(), changed, ['.github/**']).decide).toBe('allow');
    expect(verdictOn(configWith(), ['packages/a/CODEOWNERS'], null).decide).toBe('ask');
  });

  it('does not let an allowing rule open a protected path', () => {
    expect(verdictOn(configWith(rule('allow', [])), ['coppice.yaml'], null).decide).toBe('ask');
  });

  it('asks everybody whose rule matches a path, each once', () => {
    const config = configWith(
      rule('ask', ['docs/**'], ['owners']),
      rule('ask', ['guarded/**'], ['maintainers']),
      rule('ask', ['guides/**'], ['owners']),
    );
    const verdict = verdictOn(config, ['src/a', 'guarded/b', 'docs/c', 'guides/d', '.github/x'], null);
    expect(verdict).toMatchObject({
      policy: {
        by: ['owners', 'maintainers'],
        required: [
          { by: ['owners'], paths: ['docs/c', 'guides/d'], pathCount: 2 },
          { by: ['maintainers'], allowed: { users: ['dana'] }, paths: ['guarded/b'] },
          { by: [], allowed: null, paths: ['.github/x'], rule: '.github/x is protected' },
        ],
      },
    });
  });

  it('puts the paths that made it ask first, those of each group in turn', () => {
    const config = configWith(rule('ask', ['docs/**'], ['owners']), rule('ask', ['guarded/**'], ['maintainers']));
    const changed = ['a', 'b', 'docs/1', 'docs/2', 'guarded/1', 'z'];
    const first = askingFirst(config, { changed, scope: null, target: [] });
    expect(first).toEqual(['docs/1', 'guarded/1', 'docs/2', 'a', 'b', 'z']);
  });
});

describe('a guard on names that hold brackets or parentheses', () => {
  const denied = (glob: string, path: string, target: readonly string[] = []) =>
    verdictOn(configWith(rule('deny', [glob])), [path], null, target).decide === 'deny';

  it.each([
    ['app/(admin)/**', 'app/(admin)/[id]/page.tsx'],
    ['routes/[id]/page.tsx', 'routes/[id]/page.tsx'],
    ['src/[...slug]/**', 'src/[...slug]/x'],
    ['src/[[...slug]]/**', 'src/[[...slug]]/x'],
    ['src/routes/+layout.*', 'src/routes/+layout.svelte'],
    ['@scope/**', '@scope/x'],
    ['app/@modal/(.)photo/**', 'app/@modal/(.)photo/x'],
    ['{{cookiecutter.name}}/**', '{{cookiecutter.name}}/setup.py'],
    ['a{b,c}/**', 'a{b,c}/x'],
    ['pages/[slug].{ts,tsx}', 'pages/[slug].tsx'],
    ['docs/', 'docs/x'],
  ])('%s holds for %s, whether the target has it or not', (glob, path) => {
    expect(denied(glob, path)).toBe(true);
    expect(denied(glob, path, [path])).toBe(true);
  });

  it('holds for what it spells as a class, too, even where the target has the name', () => {
    expect(denied('[ab].ts', 'a.ts', ['[ab].ts'])).toBe(true);
    expect(denied('[ab].ts', 'c.ts', ['[ab].ts'])).toBe(false);
  });

  it('that only might match does not shield a path from the rule that surely does', () => {
    const config = configWith(rule('ask', ['[id]/**']), rule('deny', ['i/**']));
    expect(verdictOn(config, ['i/x'], null, ['[id]/x']).decide).toBe('deny');
    expect(verdictOn(config, ['[id]/x'], null, ['[id]/x']).decide).toBe('ask');
  });

  it('allows only where it surely matches', () => {
    const config = configWith(rule('allow', ['[id]/**']), rule('deny', []));
    expect(verdictOn(config, ['i/x'], null, ['[id]/x']).decide).toBe('deny');
    expect(verdictOn(config, ['[id]/x'], null, ['[id]/x']).decide).toBe('allow');
  });

  it('opens a protected path only by a scope that spells its folder out', () => {
    const config = { ...configWith(), landing: { ...configWith().landing, protect: ['(admin)/**', '[id]/**'] } };
    expect(verdictOn(config, ['(admin)/x'], ['(admin)/**']).decide).toBe('allow');
    expect(verdictOn(config, ['[id]/x'], ['[id]/**'], ['[id]/x']).decide).toBe('allow');
    expect(verdictOn(config, ['i/x'], ['[id]/**']).decide).toBe('ask');
  });
});

describe('a rule with conditions', () => {
  const small = { files: 1, lines: 5 };
  const large = { files: 30, lines: 600 };
  const when = (more: Partial<PolicyRule>, facts: ChangeFacts | undefined, decide: PolicyRule['decide'] = 'ask') => {
    const config = configWith({ ...rule(decide, []), ...more }, ...(decide === 'allow' ? [rule('deny', [])] : []));
    const change = { changed: ['a'], scope: null, target: [] };
    return judgeMerge(config, facts === undefined ? change : { ...change, facts }).decide;
  };

  it.each([
    [{ over: { lines: 500 } }, large, small],
    [{ over: { lines: 5 } }, { lines: 6 }, small],
    [{ over: { files: 20 } }, large, small],
    [{ over: { files: 20, lines: 4 } }, small, { files: 1, lines: 4 }],
    [{ over: { usd: 5 } }, { usd: 5.01 }, { usd: 5 }],
    [{ labels: ['risky', 'db'] }, { labels: ['db'] }, { labels: ['docs'] }],
    [
      { labels: ['risky'], over: { usd: 1 } },
      { labels: ['risky'], usd: 2 },
      { labels: ['risky'], usd: 1 },
    ],
  ] as const)('%o applies where they hold alone', (conditions, holding, other) => {
    expect(when(conditions, holding)).toBe('ask');
    expect(when(conditions, other)).toBe('allow');
    expect(when(conditions, holding, 'allow')).toBe('allow');
    expect(when(conditions, other, 'allow')).toBe('deny');
  });

  it('guards where they are not known, and does not allow', () => {
    for (const conditions of [{ over: { lines: 500 } }, { over: { usd: 5 } }, { labels: ['risky'] }]) {
      expect(when(conditions, undefined)).toBe('ask');
      expect(when(conditions, undefined, 'allow')).toBe('deny');
    }
  });

  it('says them', () => {
    const config = configWith({ ...rule('deny', ['src/**']), labels: ['db'], over: { lines: 500, usd: 5 } });
    const facts = { labels: ['db'], ...large, usd: 1 };
    expect(judgeMerge(config, { changed: ['src/a'], scope: null, target: [], facts })).toEqual({
      decide: 'deny',
      rule: 'merge of src/** by a unit with the label db, over 500 lines or 5 USD: deny',
    });
  });
});

const requiredBy = (verdict: MergeVerdict) => (verdict.decide === 'ask' ? verdict.policy.required : undefined);

describe('what is guarded without a rule', () => {
  const people = { owners: { slack: ['U2'] } };

  it('is a lock file where the configuration names people, unless a rule or the scope names it', () => {
    const named = { ...defaultConfig, people };
    const asked = verdictOn(named, ['src/a.ts', 'web/package-lock.json'], null);
    expect(asked).toMatchObject({ decide: 'ask', policy: { rule: 'web/package-lock.json is a lock file', by: [] } });
    expect(requiredBy(asked)).toMatchObject([{ lockFiles: true }]);
    expect(requiredBy(asked)?.[0]).not.toHaveProperty('guarded');
    const both = { ...named, landing: { ...named.landing, protect: ['src/**'] } };
    expect(requiredBy(verdictOn(both, ['src/a.ts', 'go.sum'], null))).toMatchObject([
      { guarded: true, lockFiles: true },
    ]);
    expect(verdictOn(named, ['go.sum', 'Cargo.lock'], null)).toMatchObject({
      policy: { rule: 'go.sum and 1 more are lock files' },
    });
    expect(verdictOn(named, ['package-lock.json'], ['package-lock.json']).decide).toBe('allow');
    const settled = { ...named, policy: [rule('allow', ['**/package-lock.json'])] };
    expect(verdictOn(settled, ['package-lock.json'], null).decide).toBe('allow');
    expect(verdictOn(defaultConfig, ['package-lock.json'], null).decide).toBe('allow');
  });

  it('is no lock file that the queue has made again', () => {
    const change = { changed: ['package-lock.json'], scope: null, target: ambiguousNames([]) };
    expect(judgeMerge({ ...defaultConfig, people }, { ...change, isMade: true }).decide).toBe('allow');
  });
});

describe('a rule about the setup', () => {
  const about = { ...rule('ask', []), action: 'setup' } as const;
  const config = { ...defaultConfig, policy: [about], setup: { run: 'make', network: true, timeoutSeconds: 9 } };

  it('matches what package managers read, and what the setup declares', () => {
    expect(verdictOn(config, ['src/a.ts'], null).decide).toBe('allow');
    expect(verdictOn(config, ['api/package.json', 'src/a.ts'], null)).toMatchObject({
      decide: 'ask',
      policy: { rule: 'change of what the setup reads: ask', required: [{ setup: true, paths: ['api/package.json'] }] },
    });
    const declared = { ...config, setup: { ...config.setup, inputs: ['tools/**'] } };
    expect(verdictOn(declared, ['tools/x.sh'], null).decide).toBe('ask');
  });

  it('may be narrower', () => {
    const narrow = { ...config, policy: [{ ...about, paths: ['api/**'] }] };
    expect(verdictOn(narrow, ['web/package.json'], null).decide).toBe('allow');
    expect(verdictOn(narrow, ['api/package.json'], null).decide).toBe('ask');
  });
});

describe('the tier', () => {
  it('is critical if one of the rules that ask is', () => {
    const config = configWith(rule('ask', ['a/**']), { ...rule('ask', ['b/**']), tier: 'critical' });
    const tierOf = (changed: string[]) => verdictOn(config, changed, null) as { policy?: { tier?: string } };
    expect(tierOf(['a/x']).policy?.tier).toBeUndefined();
    expect(tierOf(['a/x', 'b/x']).policy?.tier).toBe('critical');
    const money = configWith({ action: 'budget', decide: 'ask', paths: [], by: [], tier: 'critical' });
    expect(judgeAsking(money, 'budget')).toMatchObject({ policy: { tier: 'critical' } });
  });
});
