import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

// A checkout whose dependencies are folders beside it, so that `npm ci` needs no registry.
let checkout: string;
let bin: string;

beforeEach(() => {
  checkout = mkdtempSync(path.join(tmpdir(), 'coppice-bootstrap-'));
  for (const folder of ['scripts', 'workers/server'])
    cpSync(path.join(root, folder), path.join(checkout, folder), { recursive: true });
  bin = path.join(checkout, 'bin');
  mkdirSync(bin);
  dependOn('alpha');
});

afterEach(() => {
  rmSync(checkout, { recursive: true });
});

/** Writes package.json and package-lock.json as `npm install` would for these local packages. */
function dependOn(...names: string[]): void {
  for (const name of names) {
    mkdirSync(path.join(checkout, 'local', name), { recursive: true });
    write(`local/${name}/package.json`, JSON.stringify({ name, version: '1.0.0' }));
  }
  const dependencies = Object.fromEntries(names.map((name) => [name, `file:local/${name}`]));
  write('package.json', JSON.stringify({ name: 'checkout', version: '1.0.0', dependencies }));
  execFileSync('npm', ['install', '--package-lock-only', '--offline', '--no-audit'], {
    cwd: checkout,
    stdio: 'ignore',
  });
}

function write(file: string, content: string): void {
  writeFileSync(path.join(checkout, file), content);
}

function program(name: string, output: string): void {
  write(`bin/${name}`, `#!/bin/sh\necho '${output}'\n`);
  chmodSync(path.join(bin, name), 0o755);
}

/** Puts the machine's own program of that name on the PATH of the test. */
function link(name: string): void {
  const found = execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  symlinkSync(found, path.join(bin, name));
}

function bootstrap(
  args: string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number | null; said: string[] }> {
  const child = spawn(process.execPath, [path.join(checkout, 'scripts/bootstrap.mjs'), ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, said: output.split('\n').filter((line) => line.startsWith('bootstrap: ')) });
    });
  });
}

const installing = 'bootstrap: installing dependencies (npm ci)';

test('dependencies are installed once, and again when the lock file changed', async () => {
  expect(await bootstrap(['--only-dependencies'])).toEqual({ code: 0, said: [installing] });
  expect(await bootstrap(['--only-dependencies'])).toEqual({ code: 0, said: [] });
  dependOn('alpha', 'beta');
  expect(await bootstrap(['--only-dependencies'])).toEqual({ code: 0, said: [installing] });
  expect(await bootstrap(['--only-dependencies'])).toEqual({ code: 0, said: [] });
});

test('an npm ci by hand counts as installed, and one that was cut short does not', async () => {
  execFileSync('npm', ['ci', '--offline', '--no-audit'], { cwd: checkout, stdio: 'ignore' });
  expect(await bootstrap(['--only-dependencies'])).toEqual({ code: 0, said: [] });
  rmSync(path.join(checkout, 'node_modules/.package-lock.json'));
  expect(await bootstrap(['--only-dependencies'])).toEqual({ code: 0, said: [installing] });
});

test('a dependency of another version than the locked one is installed again', async () => {
  await bootstrap(['--only-dependencies']);
  write('local/alpha/package.json', JSON.stringify({ name: 'alpha', version: '1.0.1' }));
  expect(await bootstrap(['--only-dependencies'])).toEqual({ code: 0, said: [installing] });
});

test('of two at once one installs and the other waits for it', async () => {
  const both = await Promise.all([bootstrap(['--only-dependencies']), bootstrap(['--only-dependencies'])]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both.flatMap(({ said }) => said).filter((line) => line === installing)).toHaveLength(1);
});

test('an npm ci that fails is named and fails the bootstrap', async () => {
  write('package-lock.json', '{"lockfileVersion": 3, "packages": {"node_modules/gone": {"version": "1.0.0"}}}');
  const { code, said } = await bootstrap(['--only-dependencies']);
  expect(code).toBe(1);
  expect(said.at(-1)).toMatch(/npm ci .* failed \(1\); its output is above/);
});

/** An environment that has what the test put into `bin`, and nothing else. */
async function machine(): Promise<NodeJS.ProcessEnv> {
  await bootstrap(['--only-dependencies']);
  program('temporal', 'temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)');
  return { PATH: bin, HOME: checkout };
}

test('nothing is said on a machine that has everything', async () => {
  const env = await machine();
  link('git');
  program('bwrap', 'bubblewrap 0.8.0');
  expect(await bootstrap([], env)).toEqual({ code: 0, said: [] });
});

test('a missing bubblewrap that cannot be installed here is a clear sentence', async () => {
  const env = await machine();
  link('git');
  const { code, said } = await bootstrap([], env);
  expect(code).toBe(1);
  expect(said).toEqual([expect.stringMatching(/bubblewrap is missing, .*sudo apt-get install bubblewrap/)]);
});

test.each([
  ['too old', 'git version 2.37.9', 'found: 2.37.9'],
  ['missing', null, 'found: none'],
])('a git that is %s is a clear sentence', async (_, version, found) => {
  const env = await machine();
  program('bwrap', 'bubblewrap 0.8.0');
  if (version !== null) program('git', version);
  expect(await bootstrap([], env)).toEqual({ code: 1, said: [`bootstrap: git 2.38 or newer is needed, ${found}`] });
});
