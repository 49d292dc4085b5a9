// `coppice init` as users run it: in a clone, on a terminal and elsewhere, and where it must refuse.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { onTerminal } from './terminal.ts';
import { Stack } from './stack.ts';
import { byUnit } from './scripts.ts';

interface Written {
  readonly version: number;
  readonly path: string;
  readonly branch: string | null;
  readonly setup: { readonly run: string; readonly network: boolean } | null;
  readonly verify: readonly { readonly run: string; readonly name: string }[];
  readonly text: string;
}

const files = {
  'package.json': JSON.stringify({ name: 'x', scripts: { test: 'node --test', lint: 'oxlint' } }),
  'package-lock.json': '{}',
};

const lockCommand = 'npm install --package-lock-only --ignore-scripts --no-audit --no-fund';

describe('init', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start({ reply: byUnit({}), files, env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  });
  afterAll(() => stack.close());

  function clone(): string {
    const folder = mkdtempSync(join(stack.root, 'clone-'));
    stack.git('clone', '--quiet', stack.remote, folder);
    return folder;
  }

  const init = (cwd: string, ...args: string[]) => stack.coppice(['init', ...args], {}, cwd);
  const written = (folder: string) => readFileSync(join(folder, 'coppice.yaml'), 'utf8');
  const config = (folder: string) => parseConfig(written(folder), 'coppice.yaml').config;
  const asked = (cwd: string, ...keys: string[]) =>
    onTerminal({ args: ['init'], cwd, env: stack.env, prompt: '\n> ', keys });

  it('writes at the top of the repository what it found, and says what to do next', async () => {
    const folder = clone();
    mkdirSync(join(folder, 'src'));
    const { code, stdout } = await init(join(folder, 'src'));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^wrote .*\/coppice\.yaml\n[^]*npm ci[^]*git add coppice\.yaml[^]*git push\n[^]*coppice doctor/,
    );
    expect(config(folder)).toMatchObject({
      branch: 'main',
      setup: { run: 'npm ci', network: true },
      verify: [{ run: 'npm run lint' }, { run: 'npm test' }],
    });
  });

  it('says what the repository needs that no sandbox has', async () => {
    const folder = clone();
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ scripts: { lint: 'git fetch && x', test: 'docker compose up -d' } }),
    );
    const { stdout } = await init(folder);
    const first = '! package.json runs `git fetch`, which fails in a sandbox: there is no network\n  → Leave ';
    expect(stdout).toContain(`needs what a sandbox does not give it by itself:\n${first}`);
    expect(stdout).toMatch(/! package\.json runs `docker compose`, and no sandbox has Docker\n {2}→ /);
    rmSync(join(folder, 'coppice.yaml'));
    const { needs } = JSON.parse((await init(folder, '--json')).stdout) as { needs: { what: string }[] };
    expect(needs.map(({ what }) => what)).toEqual([
      expect.stringContaining('git fetch'),
      expect.stringContaining('docker compose'),
    ]);
  });

  it('prints with --json what was written and where, and nothing else', async () => {
    const folder = clone();
    const { code, stdout } = await init(folder, '--json');
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const document = JSON.parse(stdout) as Written;
    expect([code, document]).toEqual([
      0,
      {
        version: 1,
        path: join(folder, 'coppice.yaml'),
        branch: 'main',
        env: {},
        setup: { run: 'npm ci', network: true },
        verify: [
          { run: 'npm run lint', name: 'npm run lint' },
          { run: 'npm test', name: 'npm test' },
        ],
        regenerate: [{ path: 'package-lock.json', run: lockCommand }],
        text: written(folder),
        needs: [],
      },
    ]);
  });

  it('never overwrites: it ends with 1 and changes nothing', async () => {
    const folder = clone();
    for (const content of ['version: 1\n', 'not: [yaml']) {
      writeFileSync(join(folder, 'coppice.yaml'), content);
      const { code, stderr } = await init(folder, '--yes');
      expect([code, stderr]).toEqual([1, expect.stringContaining('exists already')]);
      expect(JSON.parse((await init(folder, '--json')).stdout)).toMatchObject({ error: { type: 'Refused' } });
      expect(written(folder)).toBe(content);
    }
  });

  it('outside of a repository ends with 2, and so does what it does not understand', async () => {
    const folder = mkdtempSync(join(stack.root, 'plain-'));
    const { code, stderr } = await init(folder);
    expect([code, stderr]).toEqual([2, expect.stringContaining('not in a git repository')]);
    expect(existsSync(join(folder, 'coppice.yaml'))).toBe(false);
    expect((await init(clone(), '--yess')).code).toBe(2);
    expect((await init(clone(), 'here')).code).toBe(2);
  });

  it('where nothing is known writes a file without verify and says so', async () => {
    const folder = mkdtempSync(join(stack.root, 'empty-'));
    stack.git('init', '--quiet', '--initial-branch=trunk', folder);
    const { code, stdout } = await init(folder);
    expect([code, stdout]).toEqual([0, expect.stringContaining('NOTHING')]);
    expect(config(folder)).toMatchObject({ branch: 'trunk', setup: null, verify: [] });
    expect(written(folder)).toContain('# verify:');
  });

  it('takes the target branch from the remote’s HEAD, and from the clone when the remote is away', async () => {
    const folder = clone();
    stack.git('-C', folder, 'checkout', '--quiet', '-b', 'my-work');
    stack.git('-C', folder, 'remote', 'set-url', 'origin', 'https://127.0.0.1:1/x.git');
    expect((JSON.parse((await init(folder, '--json')).stdout) as Written).branch).toBe('main');
    const other = clone();
    stack.git('-C', other, 'push', '--quiet', 'origin', 'HEAD:refs/heads/next');
    stack.git('--git-dir', stack.remote, 'symbolic-ref', 'HEAD', 'refs/heads/next');
    const { branch } = JSON.parse((await init(other, '--json')).stdout) as Written;
    stack.git('--git-dir', stack.remote, 'symbolic-ref', 'HEAD', 'refs/heads/main');
    expect(branch).toBe('next');
  });

  describe('on a terminal', () => {
    it('takes each thing that it found with Enter', async () => {
      const folder = clone();
      const { code, screen } = await asked(folder, '\r', '\r', '\r', '\r', '\r', '\r');
      expect([code, screen]).toEqual([0, expect.stringMatching(/from package-lock\.json\)\n {2}npm ci\n> [^]*wrote /)]);
      expect(config(folder)).toMatchObject({
        branch: 'main',
        env: {},
        setup: { run: 'npm ci', network: true },
        verify: [{ run: 'npm run lint' }, { run: 'npm test' }],
        queue: { regenerate: [{ paths: ['package-lock.json'], run: lockCommand, network: true }] },
      });
    });

    it('changes and leaves out what is answered so', async () => {
      const folder = clone();
      await asked(folder, 'trunk\r', 'make deps\r', 'no\r', '-\r', 'make check\r', 'make more\r', '\r', '-\r');
      expect(config(folder)).toMatchObject({
        branch: 'trunk',
        setup: { run: 'make deps', network: false },
        verify: [{ run: 'make check' }, { run: 'make more' }],
        queue: { regenerate: [] },
      });
    });

    it.each([
      ['Ctrl-C', '\u0003', 130],
      ['Ctrl-D', '\u0004', 1],
    ])('writes nothing when somebody leaves with %s', async (_, key, code) => {
      const folder = clone();
      expect((await asked(folder, '\r', key)).code).toBe(code);
      expect(existsSync(join(folder, 'coppice.yaml'))).toBe(false);
    });

    it('refuses an answer that makes no good file', async () => {
      const folder = clone();
      const { code, screen } = await asked(folder, 'no such..branch\r', '\r', '\r', '\r', '\r', '\r');
      expect([code, screen]).toEqual([2, expect.stringContaining('name of a branch')]);
      expect(existsSync(join(folder, 'coppice.yaml'))).toBe(false);
    });
  });
});
