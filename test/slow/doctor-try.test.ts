// `coppice doctor --try`: setup and verification of the target, by hand, without a server and without a model.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../domain/doctor/finding.ts';
import { Stack } from '../e2e/stack.ts';
import { byUnit } from '../e2e/scripts.ts';

const alone = { TEMPORAL_ADDRESS: '127.0.0.1:1', ANTHROPIC_API_KEY: '', COPPICE_POOL_MB: '0' };

describe('doctor --try', { timeout: 120_000 }, () => {
  let stack: Stack;
  let temporary: string;

  beforeAll(async () => {
    stack = await Stack.start({ reply: byUnit({}), files: { 'coppice.yaml': 'verify: "true"\n' } });
    temporary = join(stack.root, 'temporary');
    mkdirSync(temporary);
  });
  afterAll(() => stack.close());

  const env = (more: Readonly<Record<string, string>> = {}) => ({ ...alone, TMPDIR: temporary, ...more });
  const given = () => ['doctor', '--try', '--repo', stack.remote];

  async function tried(text: string, more: Readonly<Record<string, string>> = {}) {
    const commit = stack.commit('Change it', { 'coppice.yaml': text }).slice(0, 8);
    const { code, stdout, stderr } = await stack.coppice([...given(), '--json'], env(more));
    const { checks } = JSON.parse(stdout) as { checks: readonly Check[] };
    return { code, commit, stderr, check: checks.find(({ name }) => name === 'target') };
  }

  it('says that a target is green, and what was run', async () => {
    const { check, commit } = await tried('setup: echo ready > made.txt\nverify: [grep ready made.txt, "true"]\n');
    expect(check).toMatchObject({ status: 'ok', hint: '' });
    expect(check?.detail).toContain(`setup, grep ready made.txt, true pass on main at ${commit}`);
  });

  it.each([
    ['a check', 'verify: "false"\n', /the check false fails on main at \w{8}\n\$ false\n[^]*\[exit code 1\]$/],
    [
      'a named check, with all of its lines',
      'verify:\n  - { name: lint, run: "printf \'one\\n  two\\n\'; exit 7" }\n',
      /the check lint fails on [^]*\n\$ printf [^]*exit 7\none\n {2}two\n\[exit code 7\]$/,
    ],
    ['the setup', 'setup: "echo a; echo b >&2; exit 9"\n', /the setup fails on [^]* ended with 9: echo a;.*\na\nb$/],
    [
      'the time of a check',
      'verify:\n  - { name: slow, run: sleep 60, timeout: 1s }\n',
      /the check slow takes too long [^]*\[timed out after 1 s\]$/,
    ],
  ])('ends with 1, the command and the exit code where what fails is %s', async (_, text, detail) => {
    const { code, check, stderr } = await tried(text);
    expect([code, check]).toEqual([
      1,
      { name: 'target', status: 'fail', detail: expect.stringMatching(detail), hint: expect.stringContaining('main') },
    ]);
    expect(stderr).not.toMatch(/^\$ /m);
  });

  it('shows what commands print while they run, without secrets and terminal control', async () => {
    const secret = 'word-that-nobody-may-see';
    const text = `setup: echo prepared; exit 0\nsandbox: { env: [MY_TOKEN] }\nverify: ["printf '\\\\033[31m%s\\\\033[0m\\\\n' $MY_TOKEN", echo last; exit 3]\n`;
    stack.commit('Print', { 'coppice.yaml': text });
    const { code, stdout, stderr } = await stack.coppice(
      given(),
      env({ MY_TOKEN: secret, COPPICE_SANDBOX_ENV: 'MY_TOKEN' }),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /\n\$ echo prepared; exit 0\nprepared\n\[exit code 0\]\n\$ printf .*\n\[redacted\]\n\[exit code 0\]\n/,
    );
    expect(stderr).toMatch(/\n\$ echo last; exit 3\nlast\n\[exit code 3\]\n/);
    expect(stdout).toMatch(/✗ target +the check [^]*\n +last\n +\[exit code 3\]\n[^]*\nnot ready: .*target/);
    expect(stdout + stderr).not.toContain(secret);
  });

  it('works in a temporary home while a worker has COPPICE_HOME, and removes it', async () => {
    const worker = await stack.worker('busy');
    const { check } = await tried('setup: mkdir out && chmod 500 out\nverify: test -d out\n', {
      COPPICE_HOME: worker.home,
    });
    expect(check?.status).toBe('ok');
    expect(readdirSync(temporary)).toEqual([]);
    await worker.kill();
    expect(existsSync(worker.home)).toBe(true);
  });

  it('has no such check without --try, and says what it cannot try', async () => {
    const plain = await stack.coppice(['doctor', '--json', '--repo', stack.remote], env());
    expect(plain.stdout).not.toContain('"target"');
    const unread = await tried('verfy: x\n');
    expect(unread).toMatchObject({ code: 1, check: { status: 'warn', detail: 'not looked at: see coppice.yaml' } });
    expect((await tried('version: 1\n')).check?.detail).toMatch(/no coppice\.yaml that names/);
  });

  it('names submodules and files in Git LFS that a worktree lacks', async () => {
    const clone = mkdtempSync(join(stack.root, 'modules-'));
    const git = (...args: string[]) => stack.git('-C', clone, '-c', 'user.name=S', '-c', 'user.email=s@e.org', ...args);
    stack.git('clone', '--quiet', stack.remote, clone);
    writeFileSync(join(clone, 'coppice.yaml'), 'verify: "true"\n');
    writeFileSync(join(clone, '.gitattributes'), '*.bin filter=lfs\n');
    writeFileSync(
      join(clone, 'model.bin'),
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`,
    );
    git('-c', 'filter.lfs.clean=cat', 'add', '--all');
    git('update-index', '--add', '--cacheinfo', `160000,${git('rev-parse', 'HEAD').trim()},vendor/theirs`);
    git('commit', '--quiet', '-m', 'Need more');
    git('push', '--quiet', 'origin', 'HEAD:main');
    const { stdout } = await stack.coppice([...given(), '--json'], env());
    const { checks } = JSON.parse(stdout) as { checks: readonly Check[] };
    expect(checks.find(({ name }) => name === 'target')).toMatchObject({
      status: 'warn',
      detail: expect.stringMatching(/pass on main [^]*\nnote: submodules .*vendor\/theirs\nnote: .*LFS.*model\.bin$/),
    });
  });

  it('asks no model', () => {
    expect(stack.model.requests).toEqual([]);
    expect(
      execFileSync('git', ['--git-dir', stack.remote, 'for-each-ref', '--format=%(refname)'], { encoding: 'utf8' }),
    ).toBe('refs/heads/main\n');
  });
});
