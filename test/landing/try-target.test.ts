// The target is tried before a run spends anything.

import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, describe, expect, it } from 'vitest';
import type { TryResult } from '../../contracts/activities/trial.ts';
import type { Content } from '../git/make-repository.ts';
import type { RunId } from '../../contracts/ids.ts';
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, git, makeRemote, makeState, temporaryFolder } from '../git/make-repository.ts';
import { makeVerifyTree } from '../../activities/landing/verify/verify-tree.ts';
import { makeTryTarget } from '../../activities/landing/verify/try-target.ts';
import { offerTree } from './offered-tree.ts';
import { openHost } from '../git/open-host.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { planRun } from '../agent/slice-host.ts';
import { readSetupLogs } from '../../client/watch/read-setup-logs.ts';
import { remoteFor } from '../../git/remote-for.ts';

afterAll(cleanUp);

let runs = 0;

const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;

/** As somebody who has the submodule would commit it. */
function addSubmodule(remote: string, path: string): void {
  const clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '-q', remote, clone);
  git(clone, 'update-index', '--add', '--cacheinfo', `160000,${git(clone, 'rev-parse', 'HEAD')},${path}`);
  git(clone, 'commit', '-q', '-m', 'a submodule');
  git(clone, 'push', '-q', 'origin', 'HEAD:main');
}

async function trying(text: string, files: Record<string, Content> = {}) {
  const host = await openHost();
  const where = { remote: makeRemote({ ...files, 'coppice.yaml': text }), state: makeState() };
  const parsed = parseConfig(text, 'coppice.yaml');
  if (!('config' in parsed)) throw new Error('not a configuration');
  const { config } = parsed;
  const policy = { envAllowed: [], networkAllowed: 'none' } as const;
  const settings = { ...host, hostId: 'host-1', policy, env: {} };
  const tryTarget = makeTryTarget(settings);
  const verdicts = (): string[] => readdirSync(join(host.home, 'tries')).map((name) => join(host.home, 'tries', name));
  return {
    where,
    settings,
    verdicts,
    /** Makes what this host remembers a day older. */
    age(): void {
      const yesterday = Date.now() / 1000 - 24 * 3600 - 1;
      for (const path of verdicts()) utimesSync(path, yesterday, yesterday);
    },
    /** Verifies a change as the merge queue does, and lands it, whatever the verdict. */
    async land(change: Record<string, Content>, verdict: 'green' | 'red' = 'green'): Promise<void> {
      const tree = await offerTree(settings, where, change);
      if (tree === null) throw new Error('there is nothing to verify');
      const { key, source, candidate } = tree;
      const input = { key, sources: [source], timeoutSeconds: 60 };
      const verified = await new MockActivityEnvironment().run(makeVerifyTree(settings), input);
      expect(verified).toMatchObject({ status: verdict });
      git(where.state, 'push', '-q', where.remote.url, `${candidate}:refs/heads/main`);
    },
    async once(): Promise<{ result: TryResult; log: string; doing: string[] }> {
      const run = `run-${(runs += 1)}`;
      const context = await planRun(host, { ...where, run }, { config });
      const environment = new MockActivityEnvironment();
      const doing: string[] = [];
      environment.on('heartbeat', (details: { doing: string }) => doing.push(details.doing));
      const result: TryResult = await environment.run(tryTarget, { context });
      const [kept] = await readSetupLogs(remoteFor(where.state, {}), run as RunId);
      expect(kept?.name).toBe('try');
      return { result, log: kept?.text ?? '', doing };
    },
  };
}

describe('the target', () => {
  it('is green when setup and every check pass, and the log has what all of them printed', async () => {
    const { once } = await trying('setup: echo prepared\nverify: [echo one, echo two]\n');
    const { result, log } = await once();
    expect(result).toMatchObject({ status: 'green', log: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(log).toMatch(
      /^target [0-9a-f]{40} on host-1\n[^]*\$ echo prepared\nprepared\n\[exit code 0\]\n[^]*\$ echo two\n/,
    );
  });

  it.each([
    ['a check fails', 'verify: echo broken; exit 4\n', { status: 'red', output: 'broken\n[exit code 4]' }],
    ['the second check fails', 'verify: ["true", "false"]\n', { status: 'red', command: 'false' }],
    ['a check takes too long', 'verify:\n  - { name: slow, run: sleep 60, timeout: 1s }\n', { status: 'timed-out' }],
  ])('is not green when %s', async (_, text, expected) => {
    const { result, log } = await (await trying(text)).once();
    expect(result).toMatchObject(expected);
    expect(log).toMatch(/\[(?:exit code [14]|timed out after 1 s)\]/);
  });

  it('says that its setup fails, with the end of the output', async () => {
    const { once } = await trying('setup: seq 1 500; echo no package; exit 9\nverify: "true"\n');
    const { result, log } = await once();
    expect(result).toMatchObject({
      status: 'setup-failed',
      output: expect.stringMatching(/^the setup command ended with 9: [^]*\nno package$/),
    });
    expect(log).toMatch(/\n1\n2\n[^]*\nno package\n\[exit code 9\]/);
  });

  it('is tried once on a host for as long as nothing changes, and again when it was red', async () => {
    const green = await trying('setup: "date +%s%N"\n');
    const first = await green.once();
    expect((await green.once()).log).toBe(first.log);
    green.where.remote.push({ 'a.txt': 'new\n' });
    expect((await green.once()).log).not.toBe(first.log);
    const red = await trying('verify: "date +%s%N; false"\n');
    expect((await red.once()).log).not.toBe((await red.once()).log);
  });

  it('is tried again when its verdict is a day old, and old verdicts go', async () => {
    const { once, age, verdicts, where } = await trying('setup: "date +%s%N"\n');
    const first = await once();
    age();
    expect((await once()).log).not.toBe(first.log);
    const old = verdicts();
    age();
    where.remote.push({ 'a.txt': 'new\n' });
    await once();
    expect(verdicts()).toHaveLength(1);
    expect(verdicts()).not.toEqual(old);
  });

  it('that is red says when a run that begins now would have other commands', async () => {
    const { once, where } = await trying('verify: "false"\n');
    const withRules = async (text: string): Promise<TryResult> => {
      where.remote.push({ 'coppice.yaml': text });
      return (await once()).result;
    };
    const said = 'start a new run';
    const same = { status: 'red', output: expect.not.stringContaining(said) };
    expect(await withRules('verify: "false"\nworktree: { ports: 3 }\n')).toMatchObject(same);
    const other = { status: 'red', output: expect.stringContaining(said) };
    expect(await withRules('verify: "true"\n')).toMatchObject(other);
  });

  it('is not tried again where the merge queue has verified the very tree', async () => {
    const { once, land } = await trying('setup: echo prepared\nverify: "date +%s%N"\nworktree: { ports: 3 }\n');
    await land({ 'a.txt': 'x\n' });
    const { result, log } = await once();
    expect(result).toMatchObject({ status: 'green' });
    expect(log).toBe('note: the merge queue has verified this tree on this host\n');
  });

  it('that was green is not verified again by the merge queue', async () => {
    const { once, where, settings } = await trying('verify: "true"\n');
    await once();
    const tree = await offerTree(settings, where, {});
    if (tree === null) throw new Error('there is nothing to verify');
    const environment = new MockActivityEnvironment();
    const doing: string[] = [];
    environment.on('heartbeat', (details: { doing: string }) => doing.push(details.doing));
    const input = { key: tree.key, sources: [tree.source], timeoutSeconds: 60 };
    expect(await environment.run(makeVerifyTree(settings), input)).toEqual({ status: 'green' });
    expect(doing).not.toContain('true');
  });

  it('is red where the merge queue has found the very tree so', async () => {
    const { once, land } = await trying('verify: "test ! -e a.txt"\n');
    await land({ 'a.txt': 'x\n' }, 'red');
    expect((await once()).result).toMatchObject({ status: 'red' });
  });

  it('is noted to have what a worktree lacks', async () => {
    const { once, where } = await trying('verify: "false"\n', {
      '.gitattributes': '*.txt text\n',
      'data/.gitattributes': '*.bin filter=lfs\n',
      'data/big.bin': pointer,
      'data/small.bin': 'what it is\n',
    });
    addSubmodule(where.remote.url, 'vendor/x');
    const { log, result } = await once();
    const notes = /note: submodules [^\n]*: vendor\/x\n[^]*note: files in Git LFS [^\n]*: data\/big\.bin$/m;
    expect(log).toMatch(notes);
    expect(result).toMatchObject({ output: expect.stringMatching(notes) });
  });

  it.each<[string, Record<string, Content>, RegExp]>([
    [
      'a submodule',
      { '.gitmodules': '[submodule "x"]\n\tpath = vendor/x\n\turl = https://127.0.0.1:1/x\n' },
      /^submodule vendor\/x: https:\/\/127\.0\.0\.1:1\/x cannot be used: .*`worktree\.submodules`/s,
    ],
    [
      'content in Git LFS',
      {
        '.lfsconfig': '[lfs]\n\turl = https://127.0.0.1:1/lfs\n',
        '.gitattributes': '*.bin filter=lfs\n',
        'a.bin': pointer,
      },
      /^files in Git LFS cannot be fetched .*`worktree\.lfs: false`/s,
    ],
  ])('ends where the host cannot get %s, with the way out', async (_, files, said) => {
    const { once, where } = await trying('verify: "true"\n', files);
    addSubmodule(where.remote.url, 'vendor/x');
    expect((await once()).result).toMatchObject({ status: 'setup-failed', output: expect.stringMatching(said) });
  });

  it.each<[string, Record<string, Content>]>([
    ['.gitmodules without a submodule', { '.gitmodules': '[submodule "x"]\n' }],
    ['attributes without a pointer', { '.gitattributes': '*.bin filter=lfs\n', 'a.bin': 'x\n' }],
    ['a pointer that git leaves alone', { 'a.bin': pointer }],
  ])('is not said to lack anything for %s', async (_, files) => {
    const { once } = await trying('verify: "false"\n', files);
    expect((await once()).log).not.toContain('note:');
  });
});
