// The package as other projects use it: packed, installed, type-checked, and run to a landed commit, on the oldest Node
// that package.json names and on this checkout's. Node does not strip types under node_modules, so the checkout's way
// of running from source cannot help here.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it, test, vi } from 'vitest';
import type { Packed } from '../package/stranger-project.ts';
import { Stack } from '../e2e/stack.ts';
import { byUnit, steps } from '../e2e/scripts.ts';
import {
  compilers,
  installNode,
  makeProject,
  oldestNode,
  ownNode,
  ownVersion,
  pack,
  quiet,
  root,
} from '../package/stranger-project.ts';
import { freePort } from '../../scripts/free-port.ts';
import { readPage } from '../docs/page.ts';

const folder = mkdtempSync(join(tmpdir(), 'coppice-package-'));
const project = join(folder, 'project');
const nodes: Record<string, string> = { 'the oldest Node': '', 'this Node': ownNode };
const broken = join(folder, 'broken.yaml');
let packed: Packed;

beforeAll(async () => {
  writeFileSync(broken, 'version: 1\nunits:\n  - id: a\n    title: A\n');
  packed = await pack(folder);
  await makeProject(project, packed.tarball);
  nodes['the oldest Node'] = await installNode(join(folder, 'node'), oldestNode());
}, 300_000);
// Some 20,000 files.
afterAll(() => rm(folder, { recursive: true, force: true }), 300_000);

test('the package holds the launcher, compiled code, schemas, pages and what they lead to, and nothing else', () => {
  const tops = [...new Set(packed.files.map((path) => path.split('/', path.startsWith('dist/') ? 2 : 1).join('/')))];
  expect(tops.toSorted()).toEqual([
    'ARCHITECTURE.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'bin',
    'coppice.yaml',
    'deploy',
    'dist/activities',
    'dist/client',
    'dist/contracts',
    'dist/domain',
    'dist/formats',
    'dist/git',
    'dist/people',
    'dist/temporal',
    'dist/workers',
    'dist/workflows',
    'docker-compose.yml',
    'docs',
    'examples',
    'package.json',
    'schema',
    'test',
  ]);
  expect(packed.files.filter((path) => path.startsWith('test/'))).toEqual(['test/README.md']);
  expect(packed.files.filter((path) => /^(?!examples\/).*(?<!\.d)\.m?ts$/.test(path))).toEqual([]);
  expect(packed.files.filter((path) => path.startsWith('dist/workflows/'))).toEqual(['dist/workflows/bundle.js']);
  expect(packed.unpackedBytes).toBeLessThan(9_000_000);
});

test('every relative link of its pages leads to something in it', () => {
  const inside = join(project, 'node_modules/coppice');
  const pages = packed.files.filter((path) => path.endsWith('.md'));
  const links = pages.flatMap((path) =>
    readPage(path, readFileSync(join(inside, path), 'utf8'))
      .links.map(({ text }) => text.replace(/#.*/, ''))
      .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
      .map((target) => ({ path, target })),
  );
  expect(pages.length).toBeGreaterThan(20);
  expect(links.length).toBeGreaterThan(100);
  expect(links.filter(({ path, target }) => !existsSync(join(inside, dirname(path), target)))).toEqual([]);
});

test.each(['the checkout', 'the tarball'])(
  'npm puts a command of %s on PATH, which works in any folder',
  async (from) => {
    const prefix = join(folder, `global of ${from}`);
    const what = from === 'the checkout' ? root : packed.tarball;
    await promisify(execFile)('npm', ['install', '--global', '--ignore-scripts', '--prefix', prefix, ...quiet, what]);
    const clone = join(folder, `clone for ${from}`);
    mkdirSync(clone);
    const env = { ...process.env, PATH: `${join(prefix, 'bin')}:${process.env['PATH']}` };
    const options = { cwd: clone, env };
    const { stdout } = await promisify(execFile)('coppice', ['--version'], options);
    expect(stdout).toBe(`${ownVersion()}\n`);
    // It looks at the repository that it is called in, not at its own.
    await promisify(execFile)('git', ['init', '--quiet'], options);
    writeFileSync(join(clone, 'Makefile'), 'test:\n\ttrue\n');
    await promisify(execFile)('coppice', ['init', '--yes'], options);
    expect(readFileSync(join(clone, 'coppice.yaml'), 'utf8')).toContain('make test');
  },
  300_000,
);

test('npm run takes the folder that it was called in as the repository', async () => {
  const args = ['run', '--silent', '--prefix', root, 'coppice', '--', 'plan', 'validate', 'broken.yaml'];
  const ran = promisify(execFile)('npm', args, { cwd: folder });
  await expect(ran).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('broken.yaml:3:5: ') });
}, 60_000);

test('the workflow bundle names no folder of the machine that built it', () => {
  const bundle = readFileSync(join(project, 'node_modules/coppice/dist/workflows/bundle.js'), 'utf8');
  const map = Buffer.from(bundle.slice(bundle.lastIndexOf('base64,') + 'base64,'.length), 'base64').toString('utf8');
  const { sources } = JSON.parse(map) as { sources: string[] };
  expect(sources).toContain('workflows/run/run.ts');
  expect([bundle, map].filter((text) => text.includes(root))).toEqual([]);
});

test.each(Object.entries(compilers))('%s checks scripts that use it', { timeout: 120_000 }, async (_, compile) => {
  expect(await compile(project, '--noEmit')).toBe('');
});

test('a compiler reads nothing of our dependencies for it', { timeout: 60_000 }, async () => {
  const listed = await compilers['the TypeScript of this checkout'](project, '--noEmit', '--listFiles');
  const packages = [...listed.matchAll(/.*\/node_modules\/((?:@[^/\n]+\/)?[^/\n]+)/g)].map(([, name = '']) => name);
  const own = new Set(packages.filter((name) => !name.includes('typescript')));
  expect([...own].toSorted()).toEqual(['@types/node', 'coppice', 'undici-types']);
});

describe.each(Object.keys(nodes))('on %s', (name) => {
  let stack: Stack;
  let env: Record<string, string>;

  beforeAll(async () => {
    stack = await Stack.start({
      reply: byUnit({ greet: steps('echo hello > hello.txt'), wave: steps('echo bye > bye.txt') }),
      files: { 'coppice.yaml': "version: 1\nverify: 'test ! -e hello.txt || test -s hello.txt'\n" },
      program: [join(project, 'node_modules/.bin/coppice')],
      env: {
        PATH: `${nodes[name]}:${process.env['PATH']}`,
        COPPICE_TEMPORAL_BIN: inject('temporalBinary'),
        // The commands and the script find `coppice dev` by its home.
        TEMPORAL_ADDRESS: '',
        TEMPORAL_NAMESPACE: '',
      },
    });
    env = { ...stack.env };
  });
  afterAll(() => stack.close());

  it('the command runs through npx', { timeout: 60_000 }, async () => {
    const { stdout } = await promisify(execFile)('npx', ['--no-install', 'coppice', 'run', '--help'], {
      cwd: project,
      env,
    });
    expect(stdout).toContain('Usage: coppice run');
  });

  it('a plan is checked', async () => {
    const { code, stdout, stderr } = await stack.coppice(['plan', 'validate', broken]);
    expect(`${stdout}${stderr}`).toContain(`${broken}:3:5: `);
    expect(code).toBe(1);
  });

  it('agents have an MCP server', async () => {
    expect(await stack.coppice(['mcp'])).toEqual({ code: 0, stdout: '', stderr: 'ready mcp=stdio\n' });
  });

  it('scripts start runs and see their work land', { timeout: 120_000 }, async () => {
    const ports = ['--port', `${await freePort()}`, '--ui-port', `${await freePort()}`];
    const dev = stack.spawn(['dev', '--ephemeral', '--slots', '1', ...ports]);
    await vi.waitFor(() => expect(dev.stdout()).toMatch(/^ready/m), { timeout: 60_000, interval: 200 });
    await compilers['the TypeScript of this checkout'](project, '--outDir', 'out');
    const { stdout } = await promisify(execFile)(
      join(nodes[name] ?? '', 'node'),
      ['out/start-and-follow.js', stack.remote, broken],
      { cwd: project, env },
    );
    const [landed] = stack.log();
    expect(landed?.subject).toBe('Say hello');
    expect(stack.show('hello.txt')).toBe('hello\n');
    const said = stdout.trimEnd().split('\n');
    expect(said.slice(0, 3)).toEqual([
      'units is empty: a plan has at least one unit',
      'BadPlan line 3',
      'greet starts',
    ]);
    expect(said.at(-2)).toBe('1 of 1 landed');
    expect(said.at(-1)).toBe(`completed ${landed?.sha}`);
    const example = await readmeExample(name, stack);
    const printed = await promisify(execFile)(join(nodes[name] ?? '', 'node'), [example], {
      cwd: dirname(example),
      env,
    });
    expect(printed.stdout.trimEnd().split('\n').at(-1)).toBe('completed');
    expect(printed.stderr).not.toContain('Error');
    dev.process.kill('SIGTERM');
    const { code, stderr } = await dev.ended;
    expect(code).toBe(0);
    // The bundle came with the package.
    expect(stderr).not.toContain('Workflow bundle created');
    expect(stderr).not.toMatch(/warning/i);
  });
});

/** The script of the README as it is printed there, but for the repository, in a project that `npm init -y` has made. */
async function readmeExample(name: string, stack: Stack): Promise<string> {
  const made = join(project, `fresh for ${name}`);
  mkdirSync(made);
  await promisify(execFile)('npm', ['init', '--yes'], { cwd: made });
  const readme = readFileSync(join(project, 'node_modules/coppice/README.md'), 'utf8');
  const [, file = ''] = /save this as `([\w.]+)`/.exec(readme) ?? [];
  const { text = '' } = readPage('README.md', readme).blocks.find(({ language }) => language === 'ts') ?? {};
  writeFileSync(join(made, file), text.replace(/(?<=repository: ')[^']+/, stack.remote));
  const unit = { id: 'wave', title: 'Say goodbye', prompt: 'Write bye.txt' };
  writeFileSync(join(made, 'plan.yaml'), JSON.stringify({ version: 1, units: [unit] }));
  return join(made, file);
}
