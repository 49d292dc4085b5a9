import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findBuiltPrograms, findPrograms, serverVersion } from '../../../scripts/cluster/programs.ts';

let folder: string;
let path: string;
let said: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coppice-programs-'));
  path = join(folder, 'bin');
  mkdirSync(path);
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function finding() {
  const env = { PATH: path, HOME: folder };
  return { env, signal: new AbortController().signal, log: (line: string) => void said.push(line) };
}

function place(file: string, lines: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
}

const thatSays = (version: string): string => `echo 'temporal version ${version}'`;

/** A Go that takes its time and "installs" programs that say `version`. */
function placeGo(version: string): void {
  const write = (name: string): string =>
    `printf '#!/bin/sh\\necho temporal version ${version}\\n' > "$GOBIN/${name}"; /bin/chmod +x "$GOBIN/${name}"`;
  place(
    join(path, 'go'),
    `echo "$GOTOOLCHAIN $@" >> ${folder}/asked\n/bin/sleep 0.3\n${write('server')}\n${write('sql')}`,
  );
}

test('programs on PATH are used, whatever is in the cache', async () => {
  for (const name of ['temporal-server', 'temporal-sql-tool']) place(join(path, name), thatSays('1.33.4'));
  placeGo(serverVersion);
  expect(await findPrograms(finding())).toEqual({
    server: join(path, 'temporal-server'),
    sqlTool: join(path, 'temporal-sql-tool'),
    version: '1.33.4',
  });
  expect(existsSync(join(folder, 'asked'))).toBe(false);
});

test('a server and a schema tool of two versions are refused', async () => {
  place(join(path, 'temporal-server'), thatSays('1.32.0'));
  place(join(path, 'temporal-sql-tool'), thatSays('1.29.1'));
  await expect(findPrograms(finding())).rejects.toThrow(/is version 1\.32\.0, .*temporal-sql-tool is version 1\.29\.1/);
});

test('they are built once, also when two ask at the same time, and found in the cache from then on', async () => {
  placeGo(serverVersion);
  expect(await findBuiltPrograms(finding())).toBeUndefined();
  const [one, two] = await Promise.all([findPrograms(finding()), findPrograms(finding())]);
  expect(one).toEqual(two);
  expect(one.server).toContain(`coppice/temporal-server-${serverVersion}-`);
  expect(await findBuiltPrograms(finding())).toEqual(one);
  const asked = readFileSync(join(folder, 'asked'), 'utf8');
  expect(asked.trim().split('\n')).toHaveLength(1);
  expect(asked).toMatch(new RegExp(`^auto install .*/cmd/server@v${serverVersion} .*/cmd/tools/sql@v${serverVersion}`));
  expect(readdirSync(join(folder, '.cache/coppice'))).toHaveLength(1);
});

test('a build that yields something that does not run leaves nothing behind', async () => {
  place(join(path, 'go'), 'echo nothing > "$GOBIN/server"; echo nothing > "$GOBIN/sql"');
  await expect(findPrograms(finding())).rejects.toThrow(/temporal-server/);
  expect(readdirSync(join(folder, '.cache/coppice'))).toEqual([]);
});

test('a build that fails says what Go said', async () => {
  place(join(path, 'go'), 'echo "go: no such host" >&2; exit 1');
  await expect(findPrograms(finding())).rejects.toThrow(/go failed \(exit code 1\):\ngo: no such host/);
});

test('without programs and without Go it says what to install', async () => {
  await expect(findPrograms(finding())).rejects.toThrow(/Install Go 1\.21 or newer/);
});

test('the compose file runs the same version', () => {
  const compose = readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8');
  expect([...compose.matchAll(/temporalio\/(?:server|admin-tools):(\S+)/g)].map(([, version]) => version)).toEqual(
    Array(3).fill(serverVersion),
  );
});
