// `coppice plan import`: the real command, without a server.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { documentProblems } from '../e2e/check-documents.ts';
import { parsePlan } from '../../formats/plan-file/plan-file.ts';

const main = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'plan-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function coppice(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [main, 'plan', ...args], { cwd: folder }).then(
    (printed) => ({ code: 0, ...printed }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const tasks = file('tasks.md', '- [x] T001 One\n- [ ] T002 Two\n- [ ] T003 Three (depends on T009)\n');
const note = 'T003 depends on T009, which is not in the file: it does not wait for T009';

it('prints the plan on stdout and its notes on stderr', async () => {
  const { code, stdout, stderr } = await coppice('import', tasks);
  expect([code, stderr]).toEqual([0, `tasks.md:3: ${note}\n`]);
  expect(stdout).toContain(`# - line 3: ${note}\n`);
  expect(parsePlan(stdout, 'plan').plan?.units.map(({ id, needs }) => [id, needs])).toEqual([
    ['t002', []],
    ['t003', ['t002']],
  ]);
});

it('writes the same into a file that `plan validate` accepts, and never over another one', async () => {
  const { stdout } = await coppice('import', tasks, '--from', 'spec-kit');
  const written = await coppice('import', tasks, '--out', 'plan.yaml');
  expect(written).toMatchObject({ code: 0, stdout: expect.stringContaining('wrote plan.yaml: 2 units\n') as string });
  expect(readFileSync(join(folder, 'plan.yaml'), 'utf8')).toBe(stdout);
  expect((await coppice('validate', 'plan.yaml')).code).toBe(0);
  const again = await coppice('import', tasks, '--out', 'plan.yaml');
  expect([again.code, again.stdout]).toEqual([1, '']);
  expect(again.stderr).toContain('error: plan.yaml exists already and was not changed\nName another file with --out');
});

it('prints JSON', async () => {
  const { code, stdout } = await coppice('import', tasks, '--json');
  expect(documentProblems({ args: ['plan', 'import', tasks, '--json'], stdout, code })).toEqual([]);
  expect(JSON.parse(stdout)).toMatchObject({
    from: 'spec-kit',
    units: 2,
    out: null,
    notes: [{ line: 3, message: note }],
  });
});

it.each([
  [[file('what.txt', 'hello\n')], 'not clearly a plan of one of the tools', 'Say it with --from: spec-kit, taskmaster'],
  [['nowhere.md'], 'cannot read nowhere.md', 'Check its path'],
  [[tasks, '--tag', 'master'], '--tag is for taskmaster, and tasks.md is spec-kit', ''],
  [[tasks, '--from', 'jira'], "argument 'jira' is invalid", 'spec-kit, taskmaster, beads, github'],
  [
    [tasks, '--from', 'beads'],
    'tasks.md:1:1: it is not JSON',
    'no plan can be made of tasks.md, read as beads: 3 errors',
  ],
  [
    [file('tags.json', '{"master":{"tasks":[]},"api":{"tasks":[]}}')],
    'tags.json:1:1: it has several tags, so --tag must name one: master, api',
    'docs/importing-plans.md',
  ],
  [
    [tasks, '--out', 'no/such/folder.yaml'],
    'no/such/folder.yaml cannot be written: there is no folder no/such\n',
    'Make the folder first',
  ],
  [
    [file('long.md', Array.from({ length: 1001 }, (_, n) => `- [ ] T${n} part`).join('\n'))],
    '1001 units form a chain of needs',
    'the limit is 1,000',
  ],
])('%j is refused with what is wrong and the way out', async (args, wrong, way) => {
  const { code, stdout, stderr } = await coppice('import', ...args);
  expect([code > 0, stdout]).toEqual([true, '']);
  expect(stderr).toContain(wrong);
  expect(stderr).toContain(way);
});
