// Rules that ask the owners of code, from the texts of coppice.yaml and CODEOWNERS to who must agree.

import { describe, expect, it } from 'vitest';
import type { Consent } from '../../contracts/approval.ts';
import { isMet, requirementsOf } from '../../domain/approval/consent.ts';
import { atMoment } from '../../domain/approval/timing.ts';
import { readCodeowners } from '../../formats/codeowners/parse.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { explainOwners } from '../../formats/policy/explain-owners.ts';
import { judgeMerge, mergeRules, touchesProtected } from '../../formats/policy/judge.ts';
import { judgeLanding } from '../../formats/policy/landing-consent.ts';
import { configCodec } from '../../formats/state-documents/plan.ts';

const people = [
  'people:',
  "  dana: { person: true, users: [dana], slack: [U1], owns: ['@dana'] }",
  "  kim: { person: true, users: [kim], email: [kim@example.com, k@example.com], owns: ['@Kim'] }",
  "  payments: { members: [dana], slack: [U3], owns: ['@acme/payments'] }",
  '  writers: { users: [wanda], email: [writers@example.com] }',
  '  mixed: { users: [mia], email: [a@example.com, b@example.com] }',
].join('\n');

function configOf(...rules: string[]) {
  const parsed = parseConfig(`${people}\npolicy:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`, 'c');
  if (parsed.config === undefined) throw new Error(JSON.stringify(parsed.errors));
  return parsed.config;
}

const asking = '{ action: merge, paths: [src/**], decide: ask, by: [codeowners] }';

const codeowners = [
  'src/ @acme/core',
  'src/pay/ @dana @acme/payments',
  'src/pay/docs/ writers@example.com',
  'src/kim/ KIM@example.com',
  'src/mixed/ a@example.com',
  'src/both/ @ACME/payments @Dana',
  'src/free/',
  'src/bad[12]/ @dana',
].join('\n');

function verdict(config: ReturnType<typeof configOf>, changed: readonly string[], text: string | null = codeowners) {
  const owners = readCodeowners(text === null ? null : { file: 'CODEOWNERS', text });
  return judgeMerge(config, { changed, scope: null, target: [], owners });
}

function asked(config: ReturnType<typeof configOf>, changed: readonly string[], text?: string | null) {
  const judged = verdict(config, changed, text);
  if (judged.decide !== 'ask') throw new Error(judged.decide);
  return judged.policy;
}

const nobody = { slack: [], users: [], email: [] };

describe('a rule that asks the owners', () => {
  it.each([
    ['src/pay/a', ['@dana', '@acme/payments'], { slack: ['U1', 'U3'], users: ['dana'], email: [] }],
    ['src/pay/docs/a', ['writers@example.com'], { slack: [], users: ['wanda'], email: ['writers@example.com'] }],
    ['src/kim/a', ['KIM@example.com'], { slack: [], users: ['kim'], email: ['kim@example.com', 'k@example.com'] }],
    // `mixed` has two addresses and is not one person, so its other ids may be somebody else's.
    ['src/mixed/a', ['a@example.com'], { slack: [], users: [], email: ['a@example.com'] }],
    ['src/a', ['@acme/core'], nobody],
    ['src/bad1/a', ['codeowners'], nobody],
  ])('asks whom `people` knows as the owners of %s: %o', (path, by, allowed) => {
    expect(asked(configOf(asking), [path]).required).toMatchObject([{ by, allowed, paths: [path], pathCount: 1 }]);
  });

  it('asks each set of owners once, however it is written and whichever line names it', () => {
    const policy = asked(configOf(asking), ['src/pay/a', 'src/both/b', 'src/kim/c', 'src/pay/d']);
    expect(policy.required).toMatchObject([
      {
        rule: 'merge of src/**: ask @dana, @acme/payments (lines 2, 6 of CODEOWNERS)',
        paths: ['src/pay/a', 'src/both/b', 'src/pay/d'],
      },
      { rule: 'merge of src/**: ask KIM@example.com (line 4 of CODEOWNERS)', paths: ['src/kim/c'] },
    ]);
  });

  it.each([
    ['src/a', codeowners, 'the owners; `people` knows nobody who is @acme/core (line 1 of CODEOWNERS), so nobody'],
    ['src/bad1/a', codeowners, 'the owners; line 8 of CODEOWNERS cannot be read: `[` is not syntax in CODEOWNERS, so'],
    ['src/a', null, 'the owners; the target has no CODEOWNERS, so nobody may decide'],
  ])('says why nobody can agree (%s)', (path, text, why) => {
    expect(asked(configOf(asking), [path], text).rule).toContain(`merge of src/**: ask ${why}`);
  });

  it('lets nobody decide where CODEOWNERS was not read', () => {
    const judged = judgeMerge(configOf(asking), { changed: ['src/a'], scope: null, target: [] });
    expect(judged).toMatchObject({ policy: { by: ['codeowners'], allowed: nobody } });
  });

  it('leaves what nobody owns to the next rule that matches', () => {
    expect(verdict(configOf(asking), ['src/free/a'])).toEqual({ decide: 'allow' });
    const denies = configOf(asking, '{ action: merge, paths: [src/free/**], decide: deny }');
    expect(verdict(denies, ['src/free/a']).decide).toBe('deny');
    expect(verdict(denies, ['src/pay/a']).decide).toBe('ask');
    const change = { changed: ['src/free/a'], scope: null, target: [] };
    const owners = readCodeowners({ file: 'CODEOWNERS', text: codeowners });
    expect(mergeRules(configOf(asking), { ...change, owners })).toEqual([]);
  });

  it('does not ask about what an earlier rule has decided', () => {
    const config = configOf('{ action: merge, paths: [src/pay/**], decide: allow }', asking);
    expect(verdict(config, ['src/pay/a'])).toEqual({ decide: 'allow' });
  });

  it('lets its other groups decide as well, alone where nobody owns the path or CODEOWNERS cannot be read', () => {
    const config = configOf(asking.replace('[codeowners]', '[codeowners, writers]'));
    expect(asked(config, ['src/pay/a']).required).toMatchObject([
      { by: ['@dana', '@acme/payments', 'writers'], allowed: { users: ['dana', 'wanda'] } },
    ]);
    const alone = { by: ['writers'], allowed: { users: ['wanda'] } };
    expect(asked(config, ['src/free/a', 'src/bad1/a']).required).toMatchObject([alone]);
    expect(asked(config, ['src/a'], null).required).toMatchObject([alone]);
  });

  it('protects CODEOWNERS, whatever landing.protect says', () => {
    const config = configOf(asking);
    const open = { ...config, landing: { ...config.landing, protect: [] } };
    const change = { changed: ['.gitlab/CODEOWNERS'], scope: null, target: [] };
    expect(judgeMerge(open, change)).toMatchObject({ decide: 'ask', policy: { allowed: null } });
    expect(touchesProtected(open, change)).toBe(true);
  });

  it('names at most 100 sets of owners, and nobody for the rest', () => {
    const numbers = Array.from({ length: 102 }, (_, i) => i);
    const text = numbers.map((i) => `/src/${i} @dana @x${i}`).join('\n');
    const { required = [] } = asked(
      configOf(asking),
      numbers.map((i) => `src/${i}`),
      text,
    );
    expect(required.length).toBe(101);
    expect(required.at(-1)).toMatchObject({
      by: ['codeowners'],
      allowed: nobody,
      paths: ['src/100', 'src/101'],
      rule: expect.stringContaining('more than 100 sets of owners'),
    });
  });
});

describe('the terms of such a rule', () => {
  const by = (id: string): Consent => ({ channel: 'cli', id });

  it('hold for each set of owners: how many, and not the requester', () => {
    const config = configOf(asking.replace('by:', 'count: 2, requester: false, by:'));
    const policy = asked(config, ['src/pay/a', 'src/kim/a']);
    const text = 'src/ @dana @kim @wanda\n';
    const one = requirementsOf(asked(config, ['src/a'], text))[0];
    if (one === undefined) throw new Error('nobody is asked');
    expect(policy.required).toMatchObject([
      { count: 2, notRequester: true },
      { count: 2, notRequester: true },
    ]);
    const poll = { policy: asked(config, ['src/a'], text), requestedBy: 'root' };
    expect(isMet(one, poll, [by('dana'), { channel: 'slack', id: 'U1' }])).toBe(false);
    expect(isMet(one, poll, [by('dana'), by('kim')])).toBe(true);
    expect(isMet(one, { ...poll, requestedBy: 'kim' }, [by('dana'), by('kim')])).toBe(false);
  });

  it('are at least as strict as the section of CODEOWNERS', () => {
    const text = '[Core][2] @dana @kim\nsrc/\n';
    expect(asked(configOf(asking), ['src/a'], text).required).toMatchObject([{ count: 2 }]);
    expect(asked(configOf(asking.replace('by:', 'count: 3, by:')), ['src/a'], text).required).toMatchObject([
      { count: 3 },
    ]);
  });

  it('let others decide later, also where nobody could', () => {
    const config = configOf(asking.replace('by:', 'escalate: { after: 1h, to: [writers] }, by:'));
    const subject = { repository: '/r', branch: 'main', title: 'T', requestedBy: 'root' };
    const view = {
      id: 'a',
      run: 'r' as never,
      unit: null,
      kind: 'merge',
      status: 'open',
      hash: 'h',
      summary: 's',
      subject: { ...subject, result: 'h', paths: [], pathCount: 1 },
      policy: asked(config, ['src/a']),
      votes: [],
      since: '2026-11-24T10:00:00.000Z',
      expiresAt: null,
    } as const;
    const later = requirementsOf(atMoment(view, 'escalation', '2026-11-24T11:00:00.000Z').policy);
    expect(later).toMatchObject([{ by: ['@acme/core', 'writers'], allowed: { users: ['wanda'] } }]);
  });

  it('are kept where the configuration is pinned for a run', () => {
    const config = configOf(asking);
    expect(configCodec.read(configCodec.write(config))).toEqual({ ...config, version: 1 });
    expect(Object.keys(config.owners ?? {})).toContain('@kim');
    expect(configOf('{ action: budget, decide: ask, by: [dana] }').owners).toBeUndefined();
  });
});

it('the merge queue asks the owners that the target has by now, of what they have not agreed to', () => {
  const config = configOf(asking);
  const landing = {
    changed: ['src/pay/a'],
    scope: null,
    target: [],
    own: new Set(['src/pay/a']),
    covers: '',
    requestedBy: 'root',
  };
  const decide = (text: string, ...ids: string[]) => {
    const owners = readCodeowners({ file: 'CODEOWNERS', text });
    return judgeLanding(config, { ...landing, owners, agreed: ids.map((id) => ({ channel: 'cli', id })) });
  };
  expect(decide(codeowners)).toMatchObject({ policy: { by: ['@dana', '@acme/payments'] } });
  expect(decide(codeowners, 'dana')).toEqual({ decide: 'allow' });
  expect(decide(`${codeowners}\nsrc/ @kim`, 'dana')).toMatchObject({ policy: { by: ['@kim'] } });
});

describe('before a run starts', () => {
  const warnings = (text: string | null, paths: readonly string[], ...rules: string[]) =>
    explainOwners(configOf(...rules), text === null ? null : { file: 'CODEOWNERS', text }, paths);

  it('is said where nobody could agree, for paths that the rule asks about', () => {
    const paths = ['src/a', 'src/bad1/x', 'src/pay/a', 'other/a', 'docs/a'];
    expect(warnings(`${codeowners}\nother/ @ghost`, paths, asking)).toEqual([
      'policy: merge of src/**: ask the owners; `people` knows nobody who is @acme/core (line 1 of CODEOWNERS), so nobody may decide: src/a',
      'policy: merge of src/**: ask the owners; line 8 of CODEOWNERS cannot be read: `[` is not syntax in CODEOWNERS, so nobody may decide: src/bad1/x',
    ]);
    expect(warnings(null, paths, asking)).toEqual([
      'policy: merge of src/**: ask the owners; the target has no CODEOWNERS, so nobody may decide',
    ]);
  });

  it('nothing is said where others may decide, or no rule asks the owners', () => {
    expect(warnings(codeowners, ['src/a'], asking.replace('[codeowners]', '[codeowners, writers]'))).toEqual([]);
    expect(warnings(null, ['src/a'], '{ action: merge, decide: ask }')).toEqual([]);
  });

  it('only a few are named', () => {
    const numbers = Array.from({ length: 7 }, (_, i) => i);
    const text = numbers.map((i) => `/src/${i} @ghost${i}`).join('\n');
    const lines = warnings(
      text,
      numbers.map((i) => `src/${i}`),
      asking,
    );
    expect([lines.length, lines.at(-1)]).toEqual([6, 'policy: nobody may decide for 2 more sets of owners']);
  });
});

describe('coppice.yaml', () => {
  const errorsOf = (text: string) =>
    (parseConfig(text, 'c').errors ?? []).map(({ at, message }) => `${at.line}:${at.column}: ${message}`);

  it.each([
    [
      'people: { codeowners: { users: [dana] } }',
      '1:11: people.codeowners is a reserved name: in policy[].by it stands for the owners that CODEOWNERS names; call the group something else',
    ],
    ['people: { a: { members: [codeowners] } }', '1:26: people.a.members names codeowners, which only policy[].by can'],
    [
      'people: { a: { users: [dana] } }\npolicy: [{ action: merge, decide: ask, by: [a], escalate: { after: 1d, to: [codeowners] } }]',
      '2:77: policy[0].escalate.to names codeowners, which only policy[].by can',
    ],
    [
      'policy: [{ action: budget, decide: ask, by: [codeowners] }]',
      '1:46: policy[0].by[0] must not be codeowners in a rule that does not ask about merge: only changed paths have owners',
    ],
    [
      'policy: [{ action: merge, decide: deny, by: [codeowners] }]',
      '1:46: policy[0].by[0] must not be codeowners in a rule that does not ask about merge: only changed paths have owners',
    ],
    [
      'policy: [{ action: merge, decide: ask, by: [codeowner] }]',
      '1:45: policy[0].by names "codeowner", which is not a group of people; did you mean "codeowners"?',
    ],
    [
      "people: { a: { owns: ['@a', dana@example.com] } }",
      '1:29: people.a.owns[1] must be @name or @organization/team, as CODEOWNERS names owners; an address belongs into email',
    ],
  ])('with %s is refused, with the place', (text, error) => {
    expect(errorsOf(text)).toEqual([error]);
  });
});
