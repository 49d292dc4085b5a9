// There is no Docker here to run it. So this checks that docker-compose.yml parses and that every name in it exists: in
// the file itself, in the checkout, and in the program it starts.

import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

interface Service {
  readonly image: string;
  readonly build?: { context: string; dockerfile: string };
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly volumes?: readonly string[];
  readonly healthcheck?: object;
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Readonly<Record<string, Service>>;
  volumes: Readonly<Record<string, null>>;
};
const services = Object.entries(compose.services);
const ours = services.filter(([, service]) => service.build !== undefined);
const pinned = /^[a-z./-]+:\d+(\.\d+)+(-[a-z-]+)?$/;

test('the services are those that a Coppice needs', () => {
  expect(Object.keys(compose.services)).toEqual(
    expect.arrayContaining(['worker', 'gateway', 'state', 'temporal', 'temporal-ui', 'postgresql']),
  );
});

test('the image is built of every folder that production code is in', () => {
  const { include } = parse(read('tsconfig.json')) as { include: string[] };
  const folders = include.filter((folder) => !['test', 'bench', 'examples', '*.ts'].includes(folder));
  expect(folders).toEqual(expect.arrayContaining(['client', 'temporal', 'workers']));
  const allowed = read('.dockerignore').split('\n');
  expect(folders.filter((folder) => !allowed.includes(`!${folder}`))).toEqual([]);
});

test('every image is pinned to a version', () => {
  const from = [...read('deploy/Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
  expect(from).not.toEqual([]);
  expect([...from, ...services.map(([, { image }]) => image)].filter((image) => !pinned.test(image ?? ''))).toEqual([]);
});

test('what a service waits for is a service that can get there', () => {
  for (const [name, { depends_on: awaited = {} }] of services) {
    for (const [other, { condition }] of Object.entries(awaited)) {
      const service = compose.services[other];
      expect(service, `${name} waits for ${other}`).toBeDefined();
      if (condition === 'service_healthy') expect(service?.healthcheck, `${other} has no health check`).toBeDefined();
      else expect(condition).toBe('service_completed_successfully');
    }
  }
});

test('every volume is declared, every declared volume used, and every mounted file is in the checkout', () => {
  const sources = services
    .flatMap(([, { volumes = [] }]) => volumes)
    .filter((volume) => volume.includes(':'))
    .map((volume) => volume.split(':')[0] ?? '');
  const [files, names] = [sources.filter((s) => s.startsWith('.')), sources.filter((s) => !s.startsWith('.'))];
  expect([...new Set(names)].toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
  expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});

test('the Dockerfile and what it builds from are in the checkout and not ignored', () => {
  const kept = read('.dockerignore').matchAll(/^!(\S+)$/gm);
  const folders = globSync('{contracts,domain,formats,workflows,git,people,temporal,activities,workers,client}', {
    cwd: root,
  });
  expect([...kept].map(([, name]) => name)).toEqual(
    expect.arrayContaining(['package.json', 'package-lock.json', 'tsconfig.build.json', 'scripts', ...folders]),
  );
  for (const [, { build }] of ours) expect(existsSync(path.join(root, build?.dockerfile ?? ''))).toBe(true);
});

test('every variable given to our services is one that the sources read', () => {
  const elsewhere = ['TEMPORAL_ADDRESS', 'ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL']; // read by the SDKs
  const sources = globSync('{domain,git,people,activities,workers,client}/**/*.ts', { cwd: root }).map(read).join('\n');
  const names = ours.flatMap(([, { environment = {} }]) => Object.keys(environment));
  expect(names.length).toBeGreaterThan(3);
  const unknown = [...new Set(names)].filter(
    (name) => !elsewhere.includes(name) && !new RegExp(`['.]${name}\\b`).test(sources),
  );
  expect(unknown).toEqual([]);
});

test('every command of our services is one that `coppice` has, with its options', () => {
  const commands = ours.flatMap(([, { command = [], entrypoint }]) => (entrypoint === undefined ? [command] : []));
  expect(commands.map(([name]) => name)).toEqual(['worker', 'gateway']);
  for (const [name = '', ...options] of commands) {
    const help = execFileSync(process.execPath, [path.join(root, 'client/cli/main.ts'), name, '--help'], {
      encoding: 'utf8',
    });
    for (const option of options.filter((word) => word.startsWith('--'))) expect(help).toContain(option);
  }
});
