import { afterAll, expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { chmodSync, writeFileSync } from 'node:fs';
import { GitError, gitText, runGit } from '../../git/run-git.ts';
import { cleanUp, git, makeRemote, temporaryFolder } from './make-repository.ts';
import { failureType } from '../../contracts/failures.ts';
import { refuseUnlistedToken, remoteFor } from '../../git/remote-for.ts';

afterAll(cleanUp);

test('a failing command is a typed error with arguments, exit code and what git said', async () => {
  const { url } = makeRemote();
  const error = await runGit(url, ['cat-file', '-e', 'nothing']).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(GitError);
  expect(error).toMatchObject({
    exitCode: 128,
    args: ['cat-file', '-e', 'nothing'],
    stderr: expect.stringContaining('nothing'),
  });
  expect(failureType(error)).toBe('GitFailed');
});

test('death by a signal, too much output and too much time are errors, and leave no process', async () => {
  const { url } = makeRemote();
  const ended = ['-c', 'alias.ended=!kill -TERM $PPID', 'ended'];
  await expect(runGit(url, ended)).rejects.toMatchObject({ exitCode: null, signal: 'SIGTERM' });
  await expect(runGit(url, ['rev-list', '--objects', '--all'], { maxBytes: 10 })).rejects.toThrow(
    'printed more than 10 bytes',
  );
  const sleep = `sleep 3600.${process.pid}`;
  const slow = ['-c', `alias.slow=!${sleep}`, 'slow'];
  await expect(runGit(url, slow, { timeoutMs: 100 })).rejects.toThrow('timed out');
  const abort = new AbortController();
  const aborted = runGit(url, slow, { signal: abort.signal });
  abort.abort(new Error('cancelled by a person'));
  await expect(aborted).rejects.toThrow('cancelled by a person');
  // 1 = there is none; anything else, it could not be looked.
  expect(spawnSync('pgrep', ['-f', sleep]).status).toBe(1);
});

test('neither the repository nor the host can make git run something', async () => {
  const { url, tip } = makeRemote();
  const proof = join(temporaryFolder(), 'proof');
  const script = join(url, 'script');
  writeFileSync(script, `#!/bin/sh\ntouch ${proof}\n`);
  chmodSync(script, 0o755);
  writeFileSync(join(url, 'hooks', 'reference-transaction'), `#!/bin/sh\ntouch ${proof}\n`, { mode: 0o755 });
  git(url, 'config', 'core.fsmonitor', script);
  git(url, 'config', 'core.hooksPath', join(url, 'hooks'));
  await runGit(url, ['update-ref', 'refs/heads/other', tip()]);
  expect(await gitText(url, ['rev-parse', 'refs/heads/other'])).toBe(tip());
  await expect(gitText('/', ['cat-file', '-e', `${proof}^{tree}`])).rejects.toThrow('not a git repository');
  expect(await gitText(url, ['config', '--get', 'core.hooksPath'])).toBe('/dev/null');
});

test('a repository is never found by looking around', async () => {
  await expect(runGit(temporaryFolder(), ['status'])).rejects.toThrow('not a git repository');
});

test('no transport works that was not asked for', async () => {
  const { url } = makeRemote();
  await expect(runGit(url, ['fetch', url])).rejects.toThrow("transport 'file' not allowed");
  await expect(runGit(url, ['fetch', 'ext::sh -c true'], { transports: ['file'] })).rejects.toThrow(
    "'ext' not allowed",
  );
});

test('credentials go only to https URLs that the operator listed', () => {
  const env = { COPPICE_GIT_TOKEN: 'sesame', COPPICE_REPOSITORIES: 'https://git.example.org/team/*' };
  expect(remoteFor('https://git.example.org/team/x.git', env).credentials).toEqual({
    username: 'x-access-token',
    token: 'sesame',
  });
  expect(remoteFor('https://git.example.org/other/x', env).credentials).toBeNull();
  expect(remoteFor('git@git.example.org:team/x', env).credentials).toBeNull();
  expect(remoteFor('/srv/x', env).credentials).toBeNull();
  expect(() => refuseUnlistedToken({ COPPICE_GIT_TOKEN: 'sesame' })).toThrow('COPPICE_REPOSITORIES');
  for (const url of [
    'ext::sh -c id',
    '-oProxyCommand=id',
    'https://me:sesame@host/x',
    'file:///srv/x',
    'http://host/x',
  ]) {
    expect(() => remoteFor(url, env)).toThrow(expect.objectContaining({ type: 'RepositoryRefused' }));
    expect(() => remoteFor(url, env)).not.toThrow('sesame');
  }
});
