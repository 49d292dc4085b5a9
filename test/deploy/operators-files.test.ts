// The files that operators copy from deploy/: that operate.md says how to get every file and program that they name, that
// systemd reads them, and that a stop leaves a worker time to drain. start-units.test.ts starts what they start.

import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { taskQueues } from '../../contracts/task-queues.ts';
import { dynamicConfig, handOutKey, linesKey } from '../../domain/server-settings.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const page = read('docs/operate.md');
const units = globSync('deploy/systemd/*.service', { cwd: root });
const workers = units.filter((file) => read(file).includes('coppice worker'));

/** The values of a key, in order; comments left out. */
function valuesOf(file: string, key: string): string[] {
  return [...read(file).matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

test('what operate.md copies is in the checkout, and all of deploy/systemd is in operate.md', () => {
  const named = [...new Set(page.match(/\bdeploy\/[\w./-]+\w/g))];
  expect(named.length).toBeGreaterThan(4);
  expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  expect(units.filter((file) => !named.includes(file))).toEqual([]);
});

test.each(units)('%s has one command, with its full path, and starts again when it fails', (file) => {
  expect(valuesOf(file, 'ExecStart')).toEqual([expect.stringMatching(/^\/usr\/local\/bin\//)]);
  expect(valuesOf(file, 'Restart')).toEqual([expect.stringMatching(/^(always|on-failure)$/)]);
});

test.each(units)(
  'operate.md says how to make every file that %s reads, how to install its program and to enable it',
  (file) => {
    for (const made of valuesOf(file, 'EnvironmentFile')) {
      // A file that may be missing would hide a missing secret.
      expect(made).toMatch(/^\//);
      expect(page).toMatch(new RegExp(`^install -D --mode 6[04][04] \\S+ ${made.replaceAll('.', '\\.')}$`, 'm'));
    }
    const [program = ''] = (valuesOf(file, 'ExecStart')[0] ?? '').split(' ');
    expect(page).toMatch(
      program === '/usr/local/bin/coppice'
        ? /^npm install --global --prefix \/usr\/local /m
        : new RegExp(`^install \\S+ ${program}$`, 'm'),
    );
    expect(page).toMatch(new RegExp(`^systemctl enable --now (.* )?${path.basename(file, '.service')}( |$)`, 'm'));
  },
);

test('secrets are in files that only root reads', () => {
  const secret = units.flatMap((file) => valuesOf(file, 'EnvironmentFile')).filter((made) => made.includes('secret'));
  expect(new Set(secret)).toEqual(new Set(['/etc/coppice/secret.env', '/etc/temporal/secret.env']));
  for (const made of secret) expect(page).toContain(`install -D --mode 600 /dev/null ${made}\n`);
  for (const file of units.filter((each) => read(each).includes('/bin/coppice '))) {
    expect(valuesOf(file, 'EnvironmentFile')).toEqual(['/etc/coppice/coppice.env', '/etc/coppice/secret.env']);
  }
});

const analyze = '/usr/bin/systemd-analyze';

test.skipIf(!existsSync(analyze)).each(units)('systemd finds nothing wrong in %s', (file) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'coppice-units-'));
  try {
    const copy = path.join(folder, path.basename(file));
    // The programs are not installed here.
    writeFileSync(copy, read(file).replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
    const verify = (): string =>
      execFileSync('sh', ['-c', '"$0" verify "$1" 2>&1 || true', analyze, copy], { encoding: 'utf8' });
    expect(verify()).toBe('');
    writeFileSync(copy, `${readFileSync(copy, 'utf8')}\n[Service]\nRestart=perhaps\n`);
    expect(verify()).toContain('perhaps');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('workers are told to end before their agents are, and have more time than a drain may take', () => {
  const grace = /drainGrace = '(\d+)m'/.exec(read('workers/worker.ts'))?.[1];
  expect(workers).toHaveLength(2);
  for (const file of workers) {
    expect(valuesOf(file, 'KillMode')).toEqual(['mixed']);
    const minutes = /^(\d+)min$/.exec(valuesOf(file, 'TimeoutStopSec')[0] ?? '')?.[1];
    expect(Number(minutes)).toBeGreaterThan(Number(grace));
  }
});

test('workers are started by commands that there are, each with a home that systemd makes', () => {
  for (const file of workers) {
    const [, ...words] = (valuesOf(file, 'ExecStart')[0] ?? '').split(' ');
    const help = execFileSync(process.execPath, [path.join(root, 'client/cli/main.ts'), ...words, '--help'], {
      encoding: 'utf8',
    });
    expect(help).toContain('coppice worker');
    expect(valuesOf(file, 'Environment')).toEqual([`COPPICE_HOME=/var/lib/${valuesOf(file, 'StateDirectory')[0]}`]);
  }
});

test('the server gets the settings that every server of ours has', () => {
  const file = parse(read('deploy/temporal-dynamic-config.yaml')) as Record<string, readonly { value: unknown }[]>;
  expect(Object.keys(dynamicConfig)).not.toEqual([]);
  for (const [key, value] of Object.entries(dynamicConfig)) expect(file[key]).toEqual([{ value }]);
  for (const place of ['docker-compose.yml', 'docs/operate.md']) {
    expect(read(place)).toContain('deploy/temporal-dynamic-config.yaml');
  }
  expect(page).toContain(handOutKey);
  expect(file[linesKey]).toEqual([{ value: 1, constraints: { taskQueueName: taskQueues.agents } }]);
  expect(page).toContain(linesKey);
});

test('the server binds to this machine only, and its files are where operate.md puts them', () => {
  const settings = parseEnv(read('deploy/temporal-server.env'));
  expect(settings).toMatchObject({ BIND_ON_IP: '127.0.0.1', NUM_HISTORY_SHARDS: '64', DB: 'postgres12' });
  expect(settings).not.toHaveProperty('POSTGRES_PWD');
  for (const file of [
    settings['DYNAMIC_CONFIG_FILE_PATH'] ?? '',
    ...valuesOf('deploy/systemd/temporal.service', 'EnvironmentFile'),
  ]) {
    expect(page).toContain(` ${file}\n`);
  }
});
