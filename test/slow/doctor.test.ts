// `coppice doctor` for newcomers and operators: on a machine with nothing, with everything, and with each thing wrong.
// It changes nothing and shows no secret.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../domain/doctor/finding.ts';
import { SlackServer, refusedToken } from '../fakes/slack-server.ts';
import { Stack } from '../e2e/stack.ts';
import { byUnit } from '../e2e/scripts.ts';
import { refusedKey } from '../fakes/model-server.ts';

type Env = Readonly<Record<string, string>>;

const config = 'version: 1\nsetup: { run: npm ci, network: true }\nverify: node --test\n';
/** Where Node of the tests is, which is not below /usr. */
const toolchain = join(process.execPath, '../..');

describe('doctor', () => {
  let stack: Stack;
  let slack: SlackServer;
  let clone: string;

  beforeAll(async () => {
    slack = await SlackServer.start();
    const env = { COPPICE_SANDBOX_PATHS: toolchain };
    stack = await Stack.start({ reply: byUnit({}), files: { 'coppice.yaml': config }, env });
    clone = mkdtempSync(join(stack.root, 'clone-'));
    stack.git('clone', '--quiet', stack.remote, clone);
  });
  afterAll(async () => {
    await stack.close();
    await slack.close();
  });

  async function look(env: Env = {}, args: readonly string[] = [], cwd = clone) {
    const started = Date.now();
    const { code, stdout, stderr } = await stack.coppice(['doctor', '--json', ...args], env, cwd);
    const { checks } = JSON.parse(stdout) as { checks: readonly Check[] };
    const seconds = (Date.now() - started) / 1000;
    const of = (name: string) => checks.find((check) => check.name === name);
    return { code, seconds, checks, of, printed: stdout + stderr, failing: namesOf(checks, 'fail') };
  }

  const namesOf = (checks: readonly Check[], status: Check['status']) =>
    checks.filter((check) => check.status === status).map(({ name }) => name);

  async function listening(server: Server): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  describe('on a machine with nothing', () => {
    const nothing = { TEMPORAL_ADDRESS: '127.0.0.1:1', ANTHROPIC_API_KEY: '' };

    it('says what fails, what cannot be looked at yet, and what to do, and leaves nothing behind', async () => {
      const folder = mkdtempSync(join(stack.root, 'nowhere-'));
      const temporary = join(stack.root, 'temporary');
      mkdirSync(temporary);
      const home = join(stack.root, 'no-home');
      const { code, checks, failing } = await look({ ...nothing, COPPICE_HOME: home, TMPDIR: temporary }, [], folder);
      expect([code, failing]).toEqual([1, ['model', 'temporal']]);
      expect(namesOf(checks, 'warn')).toEqual([
        ...['toolchains', 'hand-outs', 'search-attributes', 'workers'],
        ...['repository', 'coppice.yaml', 'clone', 'state-remote'],
      ]);
      expect(checks.filter(({ status, hint }) => status === 'fail' && hint === '')).toEqual([]);
      expect(existsSync(home)).toBe(false);
      expect([...readdirSync(temporary), ...readdirSync(folder)]).toEqual([]);
    });

    it('prints for people the same, and ends with what fails', async () => {
      const { code, stdout } = await stack.coppice(['doctor'], nothing, stack.root);
      expect([code, stdout]).toEqual([
        1,
        expect.stringMatching(/^✓ node +\d[^]*✗ temporal [^]*→ [^]*\nnot ready: model, temporal\n$/),
      ]);
    });

    it('refuses what it does not understand with 2', async () => {
      expect((await stack.coppice(['doctor', '--jsn'])).code).toBe(2);
      expect((await stack.coppice(['doctor', 'here'])).code).toBe(2);
    });
  });

  describe('with everything there', () => {
    it('is content: each check is ok, nothing is changed, no model is asked', { timeout: 60_000 }, async () => {
      const worker = await stack.worker('host-1');
      const refs = stack.git('--git-dir', stack.remote, 'for-each-ref');
      const { code, checks, of } = await look({
        SLACK_BOT_TOKEN: 'xoxb-good',
        SLACK_APP_TOKEN: 'xapp-good',
        SLACK_API_URL: slack.apiUrl,
      });
      await worker.kill();
      expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
      expect([code, checks.length]).toEqual([0, 20]);
      expect(of('workers')?.detail).toContain('workflows: host-1; agents: host-1; verify: host-1');
      expect(of('toolchains')?.detail).toBe('found inside the sandbox: npm, node');
      expect(of('repository')?.detail).toMatch(/^main of .*readable and writable$/);
      expect(of('slack')?.detail).toBe('SLACK_BOT_TOKEN is good for team; SLACK_APP_TOKEN opens Socket Mode');
      expect(stack.git('--git-dir', stack.remote, 'for-each-ref')).toBe(refs);
      expect(stack.model.requests).toEqual([]);
      expect(slack.calls.toSorted()).toEqual(['apps.connections.open', 'auth.test']);
    });
  });

  describe('with one thing amiss', () => {
    /** What to run it with → what is then said of which check, and which hint it has. */
    type Amiss = readonly [Env, ...(readonly [string, Check['status'], RegExp, RegExp])[]];

    it.each<[string, Amiss]>([
      [
        'what is refused',
        [
          { ANTHROPIC_API_KEY: refusedKey, SLACK_BOT_TOKEN: refusedToken, TEMPORAL_NAMESPACE: 'nobody-has-it' },
          ['model', 'fail', /refuses the credential/, /billing/],
          ['slack', 'fail', /invalid_auth/, /SLACK_BOT_TOKEN/],
          ['temporal', 'fail', /no namespace nobody-has-it/, /namespace create/],
        ],
      ],
      [
        'places that are not there',
        [
          {
            ANTHROPIC_BASE_URL: 'http://127.0.0.1:1',
            COPPICE_STATE_REMOTE: '/nowhere/state.git',
            COPPICE_HOME: '/proc/coppice',
            COPPICE_SMTP_URL: 'smtp://me:secret@example.com',
          },
          ['model', 'fail', /cannot be reached: \S/, /ANTHROPIC_BASE_URL/],
          ['state-remote', 'fail', /nowhere/, /Check the URL/],
          ['disk', 'fail', /written|free/, /COPPICE_HOME/],
          [
            'smtp',
            'fail',
            /needs COPPICE_MAIL_FROM and COPPICE_PUBLIC_URL and COPPICE_TOKEN_SECRET/,
            /docs\/email\.md/,
          ],
        ],
      ],
      [
        'programs that are not there',
        [
          { PATH: '/nowhere', COPPICE_GIT_TOKEN: 'ghp-secret', SLACK_BOT_TOKEN: 'xoxb-secret' },
          ['git', 'fail', /not on PATH/, /2\.38/],
          ['sandbox', 'fail', /bwrap is not on PATH/, /bubblewrap/],
          ['slack', 'warn', /clicks cannot come in/, /SLACK_APP_TOKEN/],
        ],
      ],
      [
        'a namespace that nobody has prepared, and a host that allows little',
        [
          {
            TEMPORAL_NAMESPACE: 'temporal-system',
            COPPICE_SANDBOX_NETWORK: 'none',
            COPPICE_REPOSITORIES: 'https://example.com/*',
          },
          ['search-attributes', 'warn', /missing: CoppiceRun/, /search-attribute create/],
          ['workers', 'fail', /no worker polls/, /coppice worker/],
          ['repository', 'fail', /COPPICE_REPOSITORIES/, /./],
        ],
      ],
      [
        'settings that hosts do not take',
        [
          { COPPICE_SANDBOX: 'docker', COPPICE_GIT_TOKEN: 'ghp-secret' },
          ['sandbox', 'fail', /bwrap, none/, /./],
          ['repository', 'fail', /COPPICE_GIT_TOKEN/, /./],
        ],
      ],
      [
        'certificates that are not there, and a proxy with a password',
        [
          { PIP_CERT: '/nowhere/ca.pem', HTTPS_PROXY: 'http://me:secret-word@127.0.0.1:1' },
          ['setup-network', 'warn', /PIP_CERT names \/nowhere\/ca\.pem/, /Fix the worker’s variable/],
        ],
      ],
      [
        'no sandbox, no network and no variable for a repository that asks for them',
        [
          { COPPICE_SANDBOX: 'none', COPPICE_SANDBOX_NETWORK: 'none' },
          ['sandbox', 'warn', /turned off/, /Unset COPPICE_SANDBOX/],
          ['toolchains', 'warn', /allows none/, /COPPICE_SANDBOX_NETWORK=setup/],
        ],
      ],
    ])('such as %s is said, with what to do and without a secret', async (_, [env, ...amiss]) => {
      const { checks, printed } = await look({ SLACK_API_URL: slack.apiUrl, ...env });
      for (const [name, status, detail, hint] of amiss) {
        const said = { name, status, detail: expect.stringMatching(detail), hint: expect.stringMatching(hint) };
        expect(checks).toContainEqual(said);
      }
      expect(printed).not.toContain('secret');
    });

    it('such as a program that hosts lack is named, with where this machine has it', async () => {
      const folder = mkdtempSync(join(stack.root, 'tools-'));
      mkdirSync(join(folder, 'bin'));
      writeFileSync(join(folder, 'bin', 'my-builder'), '#!/bin/sh\n', { mode: 0o755 });
      stack.commit('Need a program', {
        'coppice.yaml': 'setup: my-builder x\nverify: nobody-has-this && my-builder\n',
      });
      const path = { PATH: `${folder}/bin:${process.env['PATH'] ?? ''}` };
      const lacking = (await look(path)).of('toolchains');
      expect(lacking).toMatchObject({ status: 'fail', detail: expect.stringContaining('my-builder, nobody-has-this') });
      expect(lacking?.hint).toMatch(/COPPICE_SANDBOX_PATHS=\S+\/tools-.*Install nobody-has-this/);
      stack.commit('Take it back', { 'coppice.yaml': config });
    });

    it('such as what its commands need and no sandbox has, and tools whose versions it pins', async () => {
      const here = mkdtempSync(join(stack.root, 'needs-'));
      stack.commit('Need much', {
        'coppice.yaml': 'verify: sh ci/test.sh && go-test\n',
        'ci/test.sh': 'git fetch\ndocker compose up -d\ncc -fsanitize=address x.c\n',
        '.tool-versions': 'zig 0.11\n',
      });
      stack.git('clone', '--quiet', stack.remote, here);
      const { of } = await look({}, [], here);
      expect(of('project')).toEqual({
        name: 'project',
        status: 'warn',
        detail: expect.stringMatching(/^ci\/test.sh turns on a sanitizer.*; .*`git fetch`.*; .*`docker compose`, /),
        hint: expect.stringMatching(/memoryMb: null.*Leave `git fetch` out.*Docker/),
      });
      expect(of('toolchains')?.detail).toBe('not found inside the sandbox: go-test');
      stack.commit('Need less', { 'coppice.yaml': 'verify: sh ci/other.sh\n', 'ci/other.sh': 'true\n' });
      stack.git('-C', here, 'pull', '--quiet');
      const less = await look({}, [], here);
      expect(less.of('project')).toMatchObject({ status: 'ok', detail: 'nothing was found that a sandbox lacks' });
      expect(less.of('toolchains')).toEqual({
        name: 'toolchains',
        status: 'warn',
        detail: '.tool-versions pins a version of zig, and none is found inside the sandbox',
        hint: 'Install zig on every host.',
      });
      expect((await look({}, ['--repo', stack.remote], here)).of('project')?.detail).toMatch(/^not looked at/);
      stack.commit('Take it back', {
        'coppice.yaml': config,
        'ci/test.sh': null,
        'ci/other.sh': null,
        '.tool-versions': null,
      });
    });

    it('such as one beside COPPICE_HOME, for which the hint is one that a worker accepts', async () => {
      const local = mkdtempSync(join(stack.root, 'local-'));
      mkdirSync(join(local, 'bin'));
      mkdirSync(join(local, 'share/tool'), { recursive: true });
      writeFileSync(join(local, 'share/tool/my-linter'), '#!/bin/sh\n', { mode: 0o755 });
      symlinkSync('../share/tool/my-linter', join(local, 'bin/my-linter'));
      stack.commit('Need a linter', { 'coppice.yaml': 'verify: my-linter\n' });
      const env = { PATH: `${local}/bin:${process.env['PATH'] ?? ''}`, COPPICE_HOME: join(local, 'state/coppice') };
      const hint = (await look(env)).of('toolchains')?.hint ?? '';
      const wanted = /COPPICE_SANDBOX_PATHS=(\S+),/.exec(hint)?.[1] ?? '';
      expect(wanted.split(':')).toEqual([toolchain, join(local, 'bin'), join(local, 'share/tool')]);
      const { of } = await look({ ...env, COPPICE_SANDBOX_PATHS: wanted });
      expect([of('sandbox')?.status, of('toolchains')?.detail]).toEqual(['ok', 'found inside the sandbox: my-linter']);
      stack.commit('Take it back', { 'coppice.yaml': config });
    });

    it.each([
      ['a mistake in it', 'version: 1\nverfy: x\n', 'fail', /coppice\.yaml:2:1: unknown key "verfy"/],
      ['what is not built', 'landing: { mode: pull-request }\n', 'fail', /pull-request/],
      ['no verification', 'version: 1\n', 'warn', /no `verify`/],
      [
        'a critical rule and no secret here',
        'verify: "true"\npolicy: [{ action: merge, decide: ask, tier: critical }]\n',
        'warn',
        /COPPICE_TOKEN_SECRET is not set/,
      ],
    ])('such as coppice.yaml with %s is said with its place', async (_, text, status, detail) => {
      stack.commit('Change it', { 'coppice.yaml': text });
      expect((await look()).of('coppice.yaml')).toMatchObject({ status, detail: expect.stringMatching(detail) });
      stack.commit('Take it back', { 'coppice.yaml': config });
    });

    it('such as a coppice.yaml that is not there, or not pushed yet, says what to do', async () => {
      stack.commit('Remove it', { 'coppice.yaml': null });
      const here = mkdtempSync(join(stack.root, 'here-'));
      stack.git('clone', '--quiet', stack.remote, here);
      const none = (await look({}, [], here)).of('coppice.yaml');
      expect(none).toMatchObject({ status: 'warn', hint: expect.stringContaining('coppice init') });
      writeFileSync(join(here, 'coppice.yaml'), config);
      const { of } = await look({}, [], here);
      expect(of('coppice.yaml')).toMatchObject({ status: 'warn', hint: expect.stringContaining('push it to main') });
      expect(of('toolchains')?.status).toBe('ok');
      stack.commit('Take it back', { 'coppice.yaml': config });
    });

    it('such as a repository of --repo that is not there, empty, or not accepted', { timeout: 60_000 }, async () => {
      const empty = join(stack.root, 'empty.git');
      stack.git('init', '--quiet', '--bare', empty);
      const repository = async (url: string) => (await look({}, ['--repo', url])).of('repository');
      expect(await repository('/nowhere/x.git')).toMatchObject({
        status: 'fail',
        detail: expect.stringContaining('/nowhere'),
      });
      expect(await repository(empty)).toMatchObject({ status: 'fail', detail: expect.stringContaining('no commits') });
      const refused = await look({}, ['--repo', 'https://me:secret@example.com/x.git']);
      expect(refused.of('repository')?.status).toBe('fail');
      expect(refused.printed).not.toContain('secret');
      const far = await look({}, ['--repo', 'https://127.0.0.1:1/x.git']);
      expect([far.of('repository')?.status, far.of('state-remote')?.hint]).toEqual([
        'fail',
        expect.stringContaining('COPPICE_STATE_REMOTE'),
      ]);
    });

    it('such as a repository that can be read and not be written to', async () => {
      // ssh that serves local repositories, as a forge does for a key that may only read.
      const ssh = join(stack.root, 'ssh');
      writeFileSync(
        ssh,
        `#!/bin/sh\nfor last; do :; done\ncase "$last" in *receive-pack*) echo 'ERROR: Write access to repository not granted.' >&2; exit 1;; esac\neval "exec $last"\n`,
      );
      chmodSync(ssh, 0o755);
      const env = { GIT_SSH_COMMAND: ssh, COPPICE_STATE_REMOTE: stack.remote };
      const { of } = await look(env, ['--repo', `ssh://git@example.com${stack.remote}`]);
      expect(of('repository')).toMatchObject({ status: 'fail', detail: expect.stringContaining('Write access') });
      expect([of('coppice.yaml')?.status, of('state-remote')?.status]).toEqual(['ok', 'ok']);
      const shared = { ...env, COPPICE_STATE_REMOTE: `ssh://git@example.com${stack.remote}` };
      expect((await look(shared, ['--repo', `ssh://git@example.com${stack.remote}`])).failing).toContain(
        'state-remote',
      );
    });

    it('such as a gateway without a list of models is no fault', async () => {
      const gateway = createHttpServer((_, response) => {
        response.writeHead(404, { 'content-type': 'application/json' });
        response.end('{"type":"error","error":{"type":"not_found_error","message":"no such endpoint"}}');
      });
      const url = `http://127.0.0.1:${await listening(gateway)}`;
      expect((await look({ ANTHROPIC_BASE_URL: url })).of('model')).toMatchObject({ status: 'ok' });
      gateway.close();
    });
  });

  it('is there within ten seconds when nothing that it asks ever answers', async () => {
    const silent = createServer(() => undefined);
    const port = await listening(silent);
    const { seconds, failing, of } = await look(
      {
        TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
        ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
        SLACK_BOT_TOKEN: 'xoxb-good',
        SLACK_API_URL: `http://127.0.0.1:${port}/`,
        COPPICE_STATE_REMOTE: `https://127.0.0.1:${port}/state.git`,
      },
      ['--repo', `https://127.0.0.1:${port}/x.git`],
    );
    silent.close();
    // Each check gives up by itself; how long that takes is said, not held: the machine may be busy.
    expect(seconds).toBeLessThan(60);
    // On a busy machine others, which wait for these, give up too.
    expect(failing).toEqual(expect.arrayContaining(['model', 'temporal', 'repository', 'state-remote']));
    expect(of('repository')?.detail).toMatch(/in time/);
  });

  it('needs no writable temporary folder to say what is wrong', async () => {
    const full = join(stack.root, 'no-such-folder');
    rmSync(full, { force: true });
    const { code, of } = await look({ TMPDIR: full });
    expect([code, of('sandbox')?.status, of('git')?.status]).toEqual([1, 'fail', 'ok']);
  });
});
