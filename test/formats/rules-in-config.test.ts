import { describe, expect, it } from 'vitest';
import { matchesAny } from '../../formats/globs/path-globs.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';

const people = `people:
  dana: { person: true, slack: [U1], users: [dana], email: [dana@example.com] }
  mail: { email: [a@example.com, b@example.com] }
  none: { owns: ['@none'] }
  two: { slack: [U2, U3], users: [kim, sam] }
  same: { members: [dana] }
  mixed: { slack: [U4], email: [a@example.com, b@example.com] }
  usergroup: { slack: [S0614TZR7] }
  spelled: { users: [lou, Lou], email: [Lou@Example.com, lou@example.com] }
policy:
`;

/** Line 1 is the first rule. */
function errorsOf(...rules: readonly string[]): string[] {
  const { errors = [] } = parseConfig(`${people}${rules.map((rule) => `  - ${rule}\n`).join('')}`, 'coppice.yaml');
  return errors.map(({ at: { line }, message }) => `${line - 10}: ${message}`);
}

const merge = (more: string): string => `{ action: merge, paths: [src/**], decide: ask, ${more} }`;

describe('a rule that nobody could answer is an error', () => {
  it.each([
    [
      merge('by: [mail], tier: critical'),
      'policy[0].by names "mail", who decide by e-mail only, and a critical decision never comes by e-mail: add slack or users to people.mail, or remove `tier`',
    ],
    [
      merge('by: [two], tier: critical, escalate: { after: 1d, to: [mail] }'),
      'policy[0].escalate.to names "mail", who decide by e-mail only, and a critical decision never comes by e-mail: add slack or users to people.mail, or remove `tier`',
    ],
    [
      merge('by: [none]'),
      'policy[0].by names "none", where nobody is: add slack, users, email or members to people.none',
    ],
    [
      merge('by: [two], count: 3'),
      'policy[0].count wants 3 different people, and there are at most 2 in "two": add people, or lower it',
    ],
    [
      merge('by: [same, dana], count: 2'),
      'policy[0].count wants 2 different people, and there is at most 1 in "same" and "dana": add people, or lower it',
    ],
    [
      merge('by: [spelled], count: 2'),
      'policy[0].count wants 2 different people, and there is at most 1 in "spelled": add people, or lower it',
    ],
    [
      merge('by: [mixed], count: 2, tier: critical'),
      'policy[0].count wants 2 different people, and there is at most 1 in "mixed" who may decide other than by e-mail: add people, or lower it',
    ],
  ])('%s', (rule, message) => {
    expect(errorsOf(rule)).toEqual([`1: ${message}`]);
  });

  it.each([
    merge('by: [mail]'),
    merge('by: [mail, two], tier: critical'),
    merge('by: [none, codeowners], count: 9'),
    merge('by: [usergroup], tier: critical, count: 9'),
    merge('by: [two, same], count: 3'),
    merge('by: [mixed], count: 2'),
    merge('by: [dana], count: 2, escalate: { after: 1d, to: [two] }'),
    merge('count: 9'),
    merge('tier: critical'),
  ])('but not %s', (rule) => {
    expect(errorsOf(rule)).toEqual([]);
  });

  it('says nothing more of groups that do not exist', () => {
    expect(errorsOf(merge('by: [tow], count: 3'))).toEqual([
      '1: policy[0].by names "tow", which is not a group of people',
    ]);
  });
});

describe('an empty list, which would be about everything or everybody, is an error', () => {
  it.each([
    [
      '{ action: merge, decide: ask, by: [] }',
      'by must not be an empty list: name groups of people, or leave it out if anybody may decide',
    ],
    [
      '{ action: merge, decide: allow, paths: [] }',
      'paths must not be an empty list: name paths, or leave it out for every change',
    ],
    [
      '{ action: setup, decide: ask, labels: [] }',
      'labels must not be an empty list: name labels, or leave it out for all units',
    ],
    [
      '{ action: tool, decide: ask, commands: [] }',
      'commands must not be an empty list: name tool calls, such as bash(git push:*)',
    ],
    [
      merge('by: [two], escalate: { after: 1d, to: [] }'),
      'escalate.to must not be an empty list: name groups of people, or leave escalate out',
    ],
    [
      merge('by: [], escalate: { after: 1d, to: [two] }'),
      'by must not be an empty list: name groups of people, or leave it out if anybody may decide',
    ],
  ])('%s', (rule, message) => {
    expect(errorsOf(rule)).toEqual([`1: policy[0].${message}`]);
  });
});

it('says what a number may be, in words', () => {
  expect(errorsOf('{ action: plan, over: { units: -1 }, decide: ask }', merge('count: 21'))).toEqual([
    '1: policy[0].over.units must be at least 0',
    '2: policy[1].count must be at most 20',
  ]);
});

describe('terms that contradict each other are an error', () => {
  it.each([
    ['{ action: merge, decide: deny, by: [two] }', 'policy[0].by must not be in a rule that does not ask'],
    [
      merge('by: [two], within: 1h, remind: 1h'),
      'policy[0].remind must be shorter than the time that `within` gives (1h): silence means no then',
    ],
    [
      merge('by: [two], within: 1h, silence: deny, escalate: { after: 2h, to: [dana] }'),
      'policy[0].escalate.after must be shorter than the time that `within` gives (1h): silence means no then',
    ],
    [
      merge('by: [two], escalate: { after: 8d, to: [dana] }'),
      'policy[0].escalate.after must be shorter than 7 days, as in a rule without `within`: silence means no then',
    ],
    [
      merge('escalate: { after: 1d, to: [dana] }'),
      'policy[0].escalate lets others decide, too, and without `by` anybody may at once: add `by`, or remove escalate',
    ],
    [
      merge('within: never, silence: pause'),
      'policy[0].silence says what it means if nobody decides in time, and with `within: never` there is always time: remove one of them',
    ],
  ])('%s', (rule, message) => {
    expect(errorsOf(rule)).toEqual([`1: ${message}`]);
  });

  // People are reminded beyond the time, and others may decide then, where whoever asks goes on waiting.
  it.each([
    merge('by: [two], within: 1h, silence: pause, remind: 2h, escalate: { after: 1d, to: [dana] }'),
    '{ action: budget, decide: ask, within: 1h, remind: 1h }',
    merge('by: [two], within: never, remind: 30d, escalate: { after: 8d, to: [dana] }'),
  ])('but not %s', (rule) => {
    expect(errorsOf(rule)).toEqual([]);
  });
});

describe('a rule that never decides is an error, with the place of the one that does', () => {
  const tool = (decide: string, ...commands: string[]): string =>
    `{ action: tool, decide: ${decide}, commands: ${JSON.stringify(commands)} }`;
  const first = (rest: string): string =>
    `2: policy[1] never decides: policy[0] (line 11) comes first and always decides; ${rest}`;
  it.each([
    [['{ action: merge, decide: allow }', merge('by: [two]')], [first('move it above it')]],
    [
      ['{ action: merge, decide: allow }', '{ action: merge, paths: ["**"], decide: ask }'],
      [first('remove one of them, or say which of them is about what (paths, labels, over)')],
    ],
    [
      ['{ action: merge, decide: ask }', '{ action: setup, decide: deny }'],
      [first('remove one of them, or say which of them is about what (paths, labels, over)')],
    ],
    [['{ action: budget, decide: ask }', '{ action: budget, decide: deny }'], [first('remove one of them')]],
    [['{ action: egress, decide: ask }', '{ action: egress, decide: allow }'], [first('remove one of them')]],
    [
      ['{ action: plan, decide: allow }', '{ action: plan, over: { units: 5 }, decide: ask }'],
      [first('move it above it')],
    ],
    [[tool('allow', 'bash'), tool('deny', 'bash(git push:*)')], [first('move it above it')]],
    [[tool('ask', 'edit(a)', 'bash(*)'), tool('deny', 'bash(git push:*)', 'bash(x)')], [first('move it above it')]],
    [
      [tool('ask', 'edit'), tool('ask', 'bash'), tool('deny', 'bash(x)', 'edit(src/**)')],
      [
        '3: policy[2] never decides: policy[1] (line 12) and policy[0] (line 11) come first and always decide; move it above them',
      ],
    ],
  ])('%j', (rules, errors) => {
    expect(errorsOf(...rules)).toEqual(errors);
  });

  it.each([
    [[merge('by: [two]'), '{ action: merge, decide: allow }']],
    [['{ action: merge, paths: ["**"], labels: [risky], decide: ask }', merge('by: [two]')]],
    [['{ action: merge, labels: [risky], decide: ask }', '{ action: merge, decide: allow }']],
    [['{ action: merge, over: { lines: 5 }, decide: ask }', merge('by: [two]')]],
    [['{ action: merge, decide: ask, by: [codeowners] }', merge('by: [two]')]],
    [['{ action: setup, decide: ask }', '{ action: merge, decide: allow }']],
    [['{ action: plan, over: { units: 5 }, decide: ask }', '{ action: plan, decide: allow }']],
    [['{ action: budget, decide: ask }', '{ action: question, decide: ask }']],
    [[tool('ask', 'bash'), tool('deny', 'bash(x)', 'edit')]],
    [[tool('allow', 'bash(git push:*)'), tool('ask', 'bash')]],
  ])('but not %j', (rules) => {
    expect(errorsOf(...rules)).toEqual([]);
  });
});

describe('globs', () => {
  const shadow = (glob: string): readonly string[] => [
    `{ action: merge, paths: [docs/**, "${glob}"], decide: allow }`,
    merge('by: [two]'),
  ];

  it.each(['**', '**/*', './**', '**/**', '**/**/*', '**/./*'])(
    'that match every path, such as %s, are as good as none',
    (glob) => {
      for (const path of ['a', '.a', 'a/b', '.a/.b/c']) expect(matchesAny(path, [glob])).toBe(true);
      expect(errorsOf(...shadow(glob))).toEqual([expect.stringContaining('2: policy[1] never decides')]);
    },
  );

  it.each(['*', '*/**', '**/*.ts', '**/a/**', '{**,a}x', '\\\\*\\\\*'])(
    'that match some, such as %s, are not',
    (glob) => {
      expect(errorsOf(...shadow(glob))).toEqual([]);
    },
  );
});

describe('a pattern that matches no call is an error', () => {
  it.each([
    [
      'bash(FOO=1 git push:*)',
      'begins with the assignment "FOO=1", and commands are compared without those before them: write "bash(git push:*)"',
    ],
    [
      'bash(FOO=1)',
      'begins with the assignment "FOO=1", and commands are compared without those before them: name a command',
    ],
    ['bash(time npm test)', 'begins with "time", which belongs to the shell and is no command: write "bash(npm test)"'],
    ['bash(! npm *)', 'begins with "!", which belongs to the shell and is no command: write "bash(npm:*)"'],
    ['bash(if:*)', 'begins with "if", which belongs to the shell and is no command: name a command'],
    [
      'ask_person',
      'names ask_person, which asks people a question, which rules with `action: question` are about: remove it',
    ],
    ['report', 'names report, which only tells how the work went, and no rule is about that: remove it'],
  ])('%s', (pattern, message) => {
    const rule = `{ action: tool, decide: ask, commands: [${JSON.stringify(pattern)}] }`;
    expect(errorsOf(rule)).toEqual([`1: policy[0].commands[0] ${message}`]);
  });

  it.each(['bash(env FOO=1 git push)', 'bash(export FOO=1)', 'bash(git time)', 'bash(* if)', 'bash(*)', 'edit(if)'])(
    'but not %s',
    (pattern) => {
      expect(errorsOf(`{ action: tool, decide: ask, commands: [${JSON.stringify(pattern)}] }`)).toEqual([]);
    },
  );
});
