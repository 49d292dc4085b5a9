// The `coppice` command before any Node runs: which Node it becomes, in small checkouts and packages of our own making
// whose main program prints what it was given.

import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../', import.meta.url));
/** Prints which process and which Node it is, and ends as its arguments say. */
const program = `
const [what, code] = process.argv.slice(2);
if (what === 'wait') {
  process.once('SIGINT', () => process.exit(130));
  setInterval(() => undefined, 1000);
}
if (what === 'end') process.exitCode = Number(code);
console.log(JSON.stringify({ pid: process.pid, node: process.execPath, args: process.argv.slice(2) }));
if (what === 'read') process.stdin.pipe(process.stdout);
`;

let folder: string;
/** Programs of the tests; the only folder on PATH besides what the launcher's shell needs. */
let bin: string;
let elsewhere: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coppice-launcher-'));
  bin = join(folder, 'bin');
  elsewhere = join(folder, 'else where');
  for (const made of [bin, elsewhere]) mkdirSync(made);
  for (const name of ['sh', 'readlink', 'dirname']) link(name);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

/** Puts the machine's own program of that name on the PATH of the test. */
function link(name: string): void {
  const found = execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  symlinkSync(found, join(bin, name));
}

/** A Node that is this one but gives another version, or this one itself. */
function node(path: string, version?: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  if (version === undefined) return symlinkSync(process.execPath, join(folder, path));
  write(path, `#!/bin/sh\n[ "$1" = --version ] && echo v${version} && exit\nexec '${process.execPath}' "$@"\n`);
  chmodSync(join(folder, path), 0o755);
}

/** What `npm install` of the package leaves in a project's or npm's global folder. */
function installPackage(): string {
  const place = join(folder, 'lib/node_modules/coppice');
  cpSync(join(repository, 'bin'), join(place, 'bin'), { recursive: true });
  write('lib/node_modules/coppice/dist/client/cli/main.js', program);
  mkdirSync(join(folder, 'lib/node_modules/.bin'), { recursive: true });
  symlinkSync('../coppice/bin/coppice', join(folder, 'lib/node_modules/.bin/coppice'));
  return join(folder, 'lib/node_modules/.bin/coppice');
}

/** A clone whose one dependency is a folder beside it, so that installing it needs no registry. */
function cloneCheckout(): string {
  for (const each of ['bin', 'scripts', 'workers/server'])
    cpSync(join(repository, each), join(folder, 'checkout', each), { recursive: true });
  write('checkout/client/cli/main.ts', `const typed: string = '';\n${program}`);
  write('checkout/local/node/package.json', '{ "name": "node", "version": "1.0.0", "bin": { "node": "node" } }');
  symlinkSync(process.execPath, join(folder, 'checkout/local/node/node'));
  const dependencies = { node: 'file:local/node' };
  write('checkout/package.json', JSON.stringify({ name: 'checkout', version: '1.0.0', type: 'module', dependencies }));
  execFileSync('npm', ['install', '--package-lock-only', '--offline', '--no-audit'], {
    cwd: join(folder, 'checkout'),
    stdio: 'ignore',
  });
  return join(folder, 'checkout/bin/coppice');
}

interface Started {
  readonly pid: number;
  readonly node: string;
  readonly args: readonly string[];
}

function start(command: string, args: readonly string[], path = bin) {
  const child = spawn(command, args, { cwd: elsewhere, env: { ...process.env, PATH: path } });
  const printed = { stdout: '', stderr: '' };
  const { promise: started, resolve: seen } = Promise.withResolvers<Started>();
  child.stdout.on('data', (chunk: Buffer) => {
    printed.stdout += chunk.toString();
    const end = printed.stdout.indexOf('\n');
    if (end !== -1) seen(JSON.parse(printed.stdout.slice(0, end)) as Started);
  });
  child.stderr.on('data', (chunk: Buffer) => (printed.stderr += chunk.toString()));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...printed }));
  });
  return { child, started, ended };
}

it('becomes the program: one process, with its input, its arguments, its signals and its exit code', async () => {
  node('bin/node');
  const coppice = installPackage();
  const reading = start(coppice, ['read', 'a b', '*', '']);
  reading.child.stdin.end('from outside');
  expect(await reading.started).toMatchObject({ pid: reading.child.pid, args: ['read', 'a b', '*', ''] });
  expect((await reading.ended).stdout).toMatch(/\nfrom outside$/);
  const waiting = start(coppice, ['wait']);
  expect((await waiting.started).pid).toBe(waiting.child.pid);
  waiting.child.kill('SIGINT');
  expect((await waiting.ended).code).toBe(130);
  expect((await start(coppice, ['end', '4']).ended).code).toBe(4);
});

it('finds itself through links, and by its name on PATH', async () => {
  node('bin/node');
  symlinkSync(installPackage(), join(bin, 'coppice'));
  const { started, ended, child } = start('coppice', ['end', '0']);
  expect((await started).pid).toBe(child.pid);
  expect((await ended).code).toBe(0);
});

it.each(['20.20.2', '22.17.1', '9.99.0', 'x'])('a Node %s on PATH is refused in a sentence', async (version) => {
  node('bin/node', version);
  const { code, stdout, stderr } = await start(installPackage(), []).ended;
  expect([code, stdout]).toEqual([1, '']);
  const found = `${join(bin, 'node')} is ${version}`;
  expect(stderr).toBe(
    `coppice: Node 22.18 or later is needed, and ${found}. Install it (https://nodejs.org), or put it first on PATH.\n`,
  );
});

it('no Node at all is said in a sentence', async () => {
  const { code, stderr } = await start(installPackage(), []).ended;
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^coppice: Node 22\.18 or later is needed\. Install .*\n$/),
  ]);
});

it.each(['22.18.0', '23.0.0', '100.1.0'])('a Node %s on PATH is taken', async (version) => {
  node('bin/node', version);
  expect((await start(installPackage(), []).ended).code).toBe(0);
});

it.each([
  ['of the project', 'lib/node_modules/.bin/node', 'lib/node_modules/.bin/coppice'],
  ['of the version manager whose npm installed it', 'prefix/bin/node', 'prefix/bin/coppice'],
  ['of the project, for a link elsewhere', 'lib/node_modules/.bin/node', 'prefix/bin/coppice'],
])('with an old Node on PATH, it takes that %s', async (_, near, called) => {
  node('bin/node', '20.20.2');
  node(near);
  const coppice = installPackage();
  mkdirSync(join(folder, 'prefix/bin'), { recursive: true });
  symlinkSync(coppice, join(folder, 'prefix/bin/coppice'));
  const { code, stdout, stderr } = await start(join(folder, called), []).ended;
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ node: process.execPath });
});

it('a fresh checkout installs itself once, and runs its sources on its own Node', { timeout: 120_000 }, async () => {
  const coppice = cloneCheckout();
  // The Node on PATH is only asked to install; npm is the one beside it.
  node('bin/node', '20.20.2');
  const path = `${bin}:${process.env['PATH'] ?? ''}`;
  const first = await start(coppice, ['end', '0'], path).ended;
  expect([first.code, first.stderr]).toEqual([
    0,
    expect.stringMatching(/^bootstrap: installing dependencies \(npm ci\)\n/),
  ]);
  expect((JSON.parse(first.stdout) as Started).node).toBe(process.execPath);
  expect(await start(coppice, ['end', '0']).ended).toMatchObject({ code: 0, stderr: '' });
  // As after a `git pull` with another lock file.
  execFileSync('touch', [join(folder, 'checkout/package-lock.json')]);
  rmSync(join(folder, 'checkout/node_modules/node'), { recursive: true });
  expect((await start(coppice, ['end', '0'], path).ended).stderr).toContain('installing dependencies');
});

it('a checkout that no Node can set up says which one is needed for that', async () => {
  const coppice = cloneCheckout();
  node('bin/node', '18.1.0');
  const { code, stderr } = await start(coppice, []).ended;
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^coppice: Node 20 or later is needed to set up this .*18/),
  ]);
});
