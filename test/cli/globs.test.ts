// How commands report globs that match nothing: real commands on a real repository, without a server.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { cleanUp, git, makeRemote, temporaryFolder } from '../git/make-repository.ts';

afterAll(cleanUp);

const main = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));

const config = `version: 1
verify: "true"
landing: { protect: [coppice.yaml, CODEOWNERS, "app/[id]/**", "app/[slug]/**"] }
policy:
  - { action: merge, paths: ["app/(admin)/**", "app/(amdin)/**", docs], decide: deny }
`;
const remote = makeRemote({ 'coppice.yaml': config, 'app/(admin)/x': '1', 'app/[id]/x': '1', 'docs/a': '1' });
remote.push({ 'coppice.yaml': 'version: 1\nverify: "true"\n', 'src/new/x': '1' }, { branch: 'next' });
const folder = temporaryFolder();
const plan = join(folder, 'plan.yaml');
const units = `
  - { id: a, title: A, prompt: Do, scope: ["app/[id]/x"] }
  - { id: b, title: B, prompt: Do, scope: ["src/new/**"] }`;
writeFileSync(plan, `version: 1\nunits:${units}\n`);

const rules = [
  'policy (deny): app/(amdin)/** matches no path of main',
  'policy (deny): docs is a folder of main and matches none of its files: write docs/**',
  'landing.protect: app/[slug]/** matches no path of main',
];
const scope = 'scope of b: src/new/** matches no path of main; that is right only if the unit creates it';

async function coppice(
  args: readonly string[],
  cwd = folder,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, TEMPORAL_ADDRESS: '127.0.0.1:1', COPPICE_HOME: folder, NO_COLOR: '1' };
  return promisify(execFile)(process.execPath, [main, ...args], { env, cwd }).then(
    (printed) => ({ code: 0, ...printed }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

const warned = (text: string) => text.split('\n').filter((line) => line.startsWith('warning: '));

it('plan validate names those of the plan and of coppice.yaml, on the branch that it is told', async () => {
  const { code, stderr, stdout } = await coppice(['plan', 'validate', plan, '--repo', remote.url]);
  expect(code).toBe(0);
  expect(stdout).toContain('is valid: 2 units');
  expect(warned(stderr)).toEqual([...rules, scope].map((line) => `warning: ${line}`));
  const next = await coppice(['plan', 'validate', plan, '--repo', remote.url, '--branch', 'next', '--json']);
  expect(JSON.parse(next.stdout)).toMatchObject({ valid: true, warnings: [] });
});

it('plan validate without a repository looks at none', async () => {
  const { code, stdout, stderr } = await coppice(['plan', 'validate', plan, '--json']);
  expect([code, warned(stderr)]).toEqual([0, []]);
  expect(JSON.parse(stdout)).not.toHaveProperty('warnings');
  expect((await coppice(['plan', 'validate', plan, '--branch', 'main'])).code).toBe(2);
});

it('a run names them before it starts', async () => {
  const { stderr } = await coppice(['run', plan, '--repo', remote.url, '--dry-run']);
  expect(warned(stderr)).toEqual(expect.arrayContaining([...rules, scope].map((line) => `warning: ${line}`)));
});

it('a plan with commands has the units of its globs, and the hint says what is missing', async () => {
  const mixed = join(folder, 'mixed.yaml');
  const each = (id: string, items: string) => `  - { id: ${id}, title: T, prompt: P, forEach: { ${items} } }\n`;
  writeFileSync(mixed, `version: 1\nunits:\n${each('files', 'glob: "docs/**"')}${each('lines', 'command: ls')}`);
  const note = 'lines stands for a unit for each line of `ls`: a run shows them: the command runs when it starts';
  const alone = await coppice(['plan', 'show', mixed]);
  expect(alone.stderr).toContain('files stands for a unit for each file of docs/**: --repo URL shows them\n');
  for (const command of [
    ['plan', 'show'],
    ['plan', 'validate'],
    ['run', '--dry-run'],
  ]) {
    const { stderr, stdout } = await coppice([...command, mixed, '--repo', remote.url]);
    expect(stderr.split('\n')).toContain(note);
    expect(stderr).not.toContain('--repo URL');
    if (command.includes('show')) expect(stdout).toContain('files-1');
  }
  const checked = await coppice(['run', mixed, '--repo', remote.url, '--dry-run', '--json']);
  expect(JSON.parse(checked.stdout)).toMatchObject({ units: 2, open: ['lines'] });
});

it('the doctor names those of coppice.yaml', async () => {
  const { stdout } = await coppice(['doctor', '--repo', remote.url, '--json']);
  const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; detail: string }[] };
  expect(checks.find(({ name }) => name === 'coppice.yaml')).toMatchObject({
    status: 'warn',
    detail: rules.join('; '),
  });
});

it('init names those of a file that is there already, in the working copy', async () => {
  const clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '-q', remote.url, clone);
  const { code, stderr } = await coppice(['init', '--yes'], clone);
  expect(code).toBe(1);
  expect(stderr).toContain('policy (deny): app/(amdin)/** matches no path of the working copy');
});
