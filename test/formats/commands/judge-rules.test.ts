// Which rule decides about a call, and what becomes of matches that are not certain.

import { describe, expect, test } from 'vitest';
import { judgeToolCall, type ToolRule } from '../../../formats/commands/judge.ts';
import { rule, toolPattern } from './rules.ts';

function judge(rules: readonly ToolRule[], command: string) {
  return judgeToolCall(rules, { tool: 'bash', command });
}

describe('the order of rules', () => {
  const rules = [rule('allow', 'npm test'), rule('ask', 'npm:*'), rule('deny', 'npm publish:*', 'rm -rf:*')];

  test('the first rule that matches decides', () => {
    expect(judge(rules, 'npm test')).toEqual({ decide: 'allow' });
    expect(judge(rules, 'npm publish')).toEqual({
      decide: 'ask',
      matched: [{ command: 'npm publish', rule: 1, decide: 'ask', certain: true }],
    });
  });

  test('over all commands, deny wins over ask over allow', () => {
    expect(judge(rules, 'npm test && npm run build && rm -rf x')).toEqual({
      decide: 'deny',
      matched: [
        { command: 'npm run build', rule: 1, decide: 'ask', certain: true },
        { command: 'rm -rf x', rule: 2, decide: 'deny', certain: true },
      ],
    });
  });

  test('no rule that matches is allow', () => {
    expect(judge(rules, 'ls')).toEqual({ decide: 'allow' });
    expect(judge([], 'npm publish')).toEqual({ decide: 'allow' });
    expect(judge([rule('allow', 'ls')], 'eval "$X"')).toEqual({ decide: 'allow' });
  });
});

describe('rules that allow', () => {
  const rules = [rule('allow', 'npm test', 'git status:*', 'npm run *'), rule('ask', '*')];
  const decide = (command: string) => judge(rules, command).decide;

  test.each([
    'npm test',
    'git status',
    'git status -s "$X"',
    'git status $X',
    'npm run build',
    '"npm" \'test\'',
    'X=test; npm $X',
  ])('match %j', (command) => {
    expect(decide(command)).toBe('allow');
  });

  test.each([
    ...['npm test x', 'npm "$X"', 'npm $X', '$X test', '$X', './npm test', '/tmp/npm test', 'npm --prefix x test'],
    ...[
      'git -c core.fsmonitor=x status',
      'PATH=x npm test',
      'env npm test',
      'npm test; ls',
      'npm test $(ls)',
      'npm test )',
    ],
    'eval "$X"',
  ])('do not match %j', (command) => {
    expect(decide(command)).toBe('ask');
  });

  test('that are about everything match what cannot be known', () => {
    expect(judge([rule('allow', '*'), rule('ask', 'git push:*')], 'eval "$X"').decide).toBe('allow');
    expect(judge([rule('ask', 'git push:*'), rule('allow', '*')], 'eval "$X"').decide).toBe('ask');
  });
});

describe('matches that are only possible', () => {
  test('deny asks', () => {
    expect(judge([rule('deny', 'git push:*')], '$CMD push')).toEqual({
      decide: 'ask',
      matched: [{ command: '$CMD push', rule: 0, decide: 'ask', certain: false }],
    });
    expect(judge([rule('deny', 'git push:*')], 'eval "$X"').decide).toBe('ask');
    expect(judge([rule('deny', 'git push:*')], 'git push; eval "$X"').decide).toBe('deny');
  });

  test('later rules count as well, up to the first certain match', () => {
    const rules = [rule('deny', 'git push --force:*'), rule('allow', 'git push:*'), rule('ask', 'git:*')];
    expect(judge(rules, 'git push "$X"')).toMatchObject({ decide: 'ask', matched: [{ rule: 0, certain: false }] });
    expect(judge(rules, 'git push main')).toEqual({ decide: 'allow' });
    expect(judge(rules, 'git push main --force')).toMatchObject({ decide: 'deny', matched: [{ rule: 0 }] });
    expect(judge(rules, 'git push -f')).toMatchObject({ decide: 'deny', matched: [{ rule: 0 }] });
  });

  test('a script that cannot be followed names the reason', () => {
    expect(judge([rule('ask', 'git push:*')], 'bash -c "$X"')).toEqual({
      decide: 'ask',
      matched: [{ command: 'it runs a text that is only known when it runs', rule: 0, decide: 'ask', certain: false }],
    });
  });
});

describe('patterns', () => {
  test.each([
    ['npm test', 'npm test', 'ask'],
    ['npm test', 'npm --silent test', 'ask'],
    ['npm test', 'npm test x', 'allow'],
    ['npm test', 'npm', 'allow'],
    ['npm test', 'npm $X', 'ask'],
    ['npm test', 'npm test $X', 'ask'],
    ['npm test', 'npm t', 'ask'],
    ['git push origin *', 'git push origin main', 'ask'],
    ['git * main', 'git push main', 'ask'],
    ['git * main', 'git push origin main', 'allow'],
    ['git push --force:*', 'git push origin', 'allow'],
    ['git push --force:*', 'git push origin --force', 'ask'],
    ['git push --force:*', 'git push --force=x', 'ask'],
    ['git push --force:*', 'git push --forc', 'ask'],
    ['git push --force:*', 'git push -- --force', 'allow'],
    ['git push --force:*', 'git push --follow-tags', 'allow'],
    ['git clean -fd:*', 'git clean --forc -d', 'ask'],
    ['rm --recursive --force:*', 'rm --rec -f x', 'ask'],
    ['cp -r:*', 'cp --reflink=auto a b', 'allow'],
    ['./deploy.sh:*', './deploy.sh prod', 'ask'],
    ['./deploy.sh:*', 'bash deploy.sh', 'ask'],
    ['./deploy.sh:*', '$PWD/deploy.sh', 'ask'],
    ['scripts/deploy.sh', 'cd scripts && ./deploy.sh', 'ask'],
    ['scripts/deploy.sh', 'other/deploy.sh', 'allow'],
    ['scripts/deploy.sh', 'bash < other/deploy.sh', 'allow'],
    ['scripts/deploy.sh', 'cat scripts/deploy.sh', 'allow'],
    ['scripts/deploy.sh', 'cd other && ../deploy.sh', 'ask'],
    ['scripts/deploy.sh', 'cd scripts && sh < deploy.sh', 'ask'],
    ['scripts/deploy.sh', 'bash < "$X/deploy.sh"', 'ask'],
    ['node scripts/deploy.js:*', 'node ./scripts//deploy.js prod', 'ask'],
    ['deploy', 'bin/deploy', 'ask'],
    ['terraform apply:*', 'terraform -chdir=x apply', 'ask'],
    ['tool remote add:*', 'tool remote --x add y', 'ask'],
    ['tool remote add:*', 'tool --x y remote add', 'ask'],
    ['tool run', 'tool -a b run', 'ask'],
    ['npm install:*', 'npm i left-pad', 'ask'],
    ['npm run deploy:*', 'npm run-script deploy', 'ask'],
  ])('%j and %j: %s', (pattern, command, decide) => {
    expect(judge([rule('ask', pattern)], command).decide).toBe(decide);
  });
});

test.each([
  ...['./scripts/deploy.sh', 'scripts//deploy.sh', 'scripts/./deploy.sh', 'scripts/x/../deploy.sh'],
  ...['bash scripts/./deploy.sh', 'source ./scripts/deploy.sh', 'env - scripts/deploy.sh', 'X=scripts; $X/./deploy.sh'],
  ...['bash < scripts/deploy.sh', 'sh -s < scripts//deploy.sh', '. /dev/stdin < scripts/deploy.sh'],
  ...['{ bash; } < scripts/deploy.sh', 'exec < scripts/deploy.sh; sh', 'bash -c sh < scripts/deploy.sh'],
])('a rule about a file denies %j', (command) => {
  expect(judge([rule('deny', 'scripts/deploy.sh:*')], command).decide).toBe('deny');
});

describe('other tools', () => {
  const rules: readonly ToolRule[] = [
    { decide: 'allow', patterns: [toolPattern('edit(src/payments/README.md)')] },
    { decide: 'ask', patterns: [toolPattern('edit(src/payments/**)'), toolPattern('report')] },
    { decide: 'deny', patterns: [toolPattern('edit(**/*.pem)'), toolPattern('bash(git push:*)')] },
  ];

  test.each([
    [['src/a.ts'], 'allow'],
    [['src/payments/a.ts'], 'ask'],
    [['./src/x/../payments/a.ts'], 'ask'],
    [['src/payments/README.md'], 'allow'],
    [['src/payments/a.ts', 'keys/a.pem'], 'deny'],
    [['../other/a.ts'], 'ask'],
    [['/etc/passwd'], 'ask'],
  ])('an edit of %j: %s', (paths, decide) => {
    expect(judgeToolCall(rules, { tool: 'str_replace_based_edit_tool', paths }).decide).toBe(decide);
    expect(judgeToolCall(rules, { tool: 'Edit', paths }).decide).toBe(decide);
  });

  test('a tool is named without a pattern', () => {
    expect(judgeToolCall(rules, { tool: 'report' })).toMatchObject({ decide: 'ask', matched: [{ rule: 1 }] });
    expect(judgeToolCall(rules, { tool: 'ask_person' })).toEqual({ decide: 'allow' });
  });

  test('a whole tool can be denied', () => {
    expect(
      judgeToolCall([{ decide: 'deny', patterns: [toolPattern('bash')] }], { tool: 'Bash', command: 'ls' }),
    ).toEqual({
      decide: 'deny',
      matched: [{ command: 'ls', rule: 0, decide: 'deny', certain: true }],
    });
  });
});
