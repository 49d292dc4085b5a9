// `coppice policy test` as people run it: it needs no server.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const main = resolve(import.meta.dirname, '../../client/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'coppice-policy-'));
afterAll(() => rmSync(folder, { recursive: true }));

writeFileSync(
  join(folder, 'coppice.yaml'),
  [
    'policy:',
    '  - { action: merge, paths: [docs/**], decide: allow }',
    '  - { action: merge, paths: [src/payments/**], decide: ask, by: [owners], count: 2, requester: false }',
    '  - { action: merge, over: { lines: 500 }, decide: ask }',
    '  - { action: merge, paths: [vendor/**], decide: deny }',
    'people: { owners: { slack: [U1, U2, U3] } }',
  ].join('\n'),
);

writeFileSync(
  join(folder, 'tools.yaml'),
  [
    'policy:',
    "  - { action: tool, commands: ['bash(git push --dry-run:*)'], decide: allow }",
    "  - { action: tool, commands: ['bash(git push:*)'], decide: ask, by: [owners], tier: critical }",
    "  - { action: tool, commands: ['bash(npm publish:*)', 'edit(locked/**)'], decide: deny }",
    "  - { action: tool, commands: ['bash(npm test)'], decide: allow }",
    '  - { action: plan, over: { units: 50, usd: 20 }, decide: ask, by: [owners] }',
    'people: { owners: { slack: [U1] } }',
  ].join('\n'),
);

async function policyTest(samples: string, ...args: string[]) {
  const file = join(folder, 'samples.yaml');
  writeFileSync(file, samples);
  const given = ['policy', 'test', file, '--config', join(folder, 'coppice.yaml'), ...args];
  return promisify(execFile)(process.execPath, [main, ...given], { cwd: folder }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );
}

test('shows verdict, people and rule of each sample, and the rules that none meets', async () => {
  const samples = [
    '- { action: merge, paths: [src/payments/charge.ts], lines: 20, expect: ask, by: [owners] }',
    '- { name: a page, action: merge, paths: [docs/index.md], lines: 900, expect: allow }',
    '- { action: merge, paths: [coppice.yaml], lines: 1 }',
    '- { action: merge, paths: [src/large.ts], lines: 501, by: [] }',
    '- { action: budget }',
  ].join('\n');
  const { code, stdout } = await policyTest(samples);
  expect([code, stdout.split('\n')]).toEqual([
    0,
    [
      expect.stringMatching(
        /^ask +merge of src\/payments\/charge\.ts +2 of owners but the requester +merge of src\/pay/,
      ),
      'allow  a page',
      expect.stringMatching(/^ask +merge of coppice\.yaml +anybody +coppice\.yaml is protected$/),
      expect.stringMatching(/^ask +merge of src\/large\.ts +anybody +merge of anything over 500 lines: ask$/),
      expect.stringMatching(/^ask +budget +anybody +budget: asked by default$/),
      '',
      '1 rule that no sample meets:',
      'policy[3]: merge of vendor/**: deny',
      '',
    ],
  ]);
});

test('ends with 1 where a sample is not as expected, and says what is', async () => {
  const samples = [
    '- { action: merge, paths: [vendor/x], expect: ask }',
    '- { action: merge, paths: [src/payments/x], by: [] }',
    '- { action: merge, paths: [docs/x], by: [owners] }',
  ].join('\n');
  const { code, stdout } = await policyTest(samples, '--json');
  const { good, samples: results } = JSON.parse(stdout) as { good: boolean; samples: { unexpected: string }[] };
  expect([code, good, results.map(({ unexpected }) => unexpected)]).toEqual([
    1,
    false,
    [
      'expected ask, not deny',
      'expected a question to anybody, not to owners',
      'expected a question to owners, not allow',
    ],
  ]);
});

test('names every error of the samples with its place', async () => {
  const { code, stderr } = await policyTest(
    ['- { action: merg, paths: [a] }', '- { action: merge }', '- { action: budget, lines: 3 }'].join('\n'),
  );
  expect(code).toBe(2);
  expect(stderr.replaceAll(`${folder}/`, '').split('\n').slice(0, 3)).toEqual([
    'samples.yaml:1:13: [0].action must be merge or budget or question or egress or conflict or tool or plan or setup or proposal, not "merg"; did you mean "merge"?',
    expect.stringMatching(/^samples\.yaml:2:3: \[1\]\.paths is missing/),
    'samples.yaml:3:28: [2].lines must not be in a sample of budget',
  ]);
});

test('tries commands, edits and plans', async () => {
  const samples = [
    '- { action: tool, command: "cd sub && git -C . push origin main", expect: ask, by: [owners] }',
    '- { action: tool, command: "git push --dry-run", expect: allow }',
    '- { action: tool, command: "echo git push", expect: allow }',
    '- { action: tool, command: "git push; npm publish", expect: deny }',
    '- { action: tool, edits: [locked/a.txt], expect: deny }',
    '- { action: plan, units: 51, usd: 5, expect: ask }',
    '- { action: plan, units: 3, usd: 5, expect: allow }',
  ].join('\n');
  const { code, stdout, stderr } = await policyTest(samples, '--config', join(folder, 'tools.yaml'));
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.split('\n').slice(-4)).toEqual([
    '',
    '1 rule that no sample meets:',
    'policy[3]: tool bash(npm test): allow',
    '',
  ]);
});

test('says which command pattern is none, and what is missing in a sample', async () => {
  const file = join(folder, 'wrong.yaml');
  writeFileSync(
    file,
    [
      'policy:',
      "  - { action: tool, commands: ['bash(git push'], decide: ask }",
      '  - { action: tool, decide: ask }',
      "  - { action: merge, commands: ['bash(ls)'], decide: ask }",
    ].join('\n'),
  );
  const { code, stderr } = await policyTest('- { action: tool }', '--config', file);
  expect(code).toBe(2);
  expect(stderr.replaceAll(`${folder}/`, '').split('\n').slice(0, 3)).toEqual([
    expect.stringMatching(/^wrong\.yaml:2:32: policy\[0\]\.commands\[0\] lacks its `\)`/),
    expect.stringMatching(/^wrong\.yaml:3:5: policy\[1\]\.commands is missing: which tool calls/),
    expect.stringMatching(/^wrong\.yaml:4:32: policy\[2\]\.commands must not be in a rule about merge/),
  ]);
});

test('reads the CODEOWNERS beside the configuration', async () => {
  const project = join(folder, 'owned');
  mkdirSync(join(project, 'docs'), { recursive: true });
  const config = join(project, 'coppice.yaml');
  writeFileSync(
    config,
    [
      'policy: [{ action: merge, decide: ask, by: [codeowners] }]',
      "people: { dana: { users: [dana], owns: ['@dana'] } }",
    ].join('\n'),
  );
  writeFileSync(join(project, 'docs/CODEOWNERS'), '/src/ @dana\n/lib/ @ghost\n');
  const samples = [
    "- { action: merge, paths: [src/a], expect: ask, by: ['@dana'] }",
    "- { action: merge, paths: [lib/a], expect: ask, by: ['@ghost'] }",
    '- { action: merge, paths: [a], expect: allow }',
  ].join('\n');
  const { code, stdout } = await policyTest(samples, '--config', config, '--json');
  const rulesIn = (text: string) => (JSON.parse(text) as { samples: { rule: string | null }[] }).samples;
  expect([code, rulesIn(stdout).map(({ rule }) => rule)]).toEqual([
    0,
    [
      'merge of anything: ask @dana (line 1 of docs/CODEOWNERS)',
      'merge of anything: ask the owners; `people` knows nobody who is @ghost (line 2 of docs/CODEOWNERS), so nobody may decide',
      null,
    ],
  ]);
  symlinkSync('docs/CODEOWNERS', join(project, 'CODEOWNERS'));
  const linked = await policyTest('[{ action: merge, paths: [a] }]', '--config', config, '--json');
  expect(rulesIn(linked.stdout)[0]?.rule).toMatch(/CODEOWNERS is a symbolic link; it must be a file, so nobody may/);
});
