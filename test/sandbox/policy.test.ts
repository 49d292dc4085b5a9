import { expect, test } from 'vitest';

import { allowedEnv, checkEnv, commandEnv, networkFor } from '../../activities/sandbox/policy.ts';

const policies = ['none', 'setup', 'all'] as const;

test('the network needs both the host and the repository', () => {
  for (const wants of policies) {
    for (const allows of policies) {
      const both = [wants, allows];
      expect(networkFor('setup', wants, allows)).toBe(!both.includes('none'));
      expect(networkFor('agent', wants, allows)).toBe(both.every((one) => one === 'all'));
      expect(networkFor('verify', wants, allows)).toBe(both.every((one) => one === 'all'));
    }
  }
});

test('a variable reaches the sandbox only when requested, allowed and set', () => {
  const env = allowedEnv(['A', 'B', 'C'], { envAllowed: ['A', 'C', 'D'] }, { A: 'a', B: 'b', D: 'd' });
  expect(env).toEqual({ A: 'a' });
});

test('setup and verification have CI=true, unless the repository says no or the host passes another value on', () => {
  const host = { envAllowed: ['CI'] };
  expect(checkEnv({ sandbox: { env: [] } }, host, { CI: 'host' })).toEqual({ CI: 'true' });
  expect(checkEnv({ sandbox: { env: [], ci: true } }, host, {})).toEqual({ CI: 'true' });
  expect(checkEnv({ sandbox: { env: [], ci: false } }, host, {})).toEqual({});
  expect(checkEnv({ sandbox: { env: ['CI'] } }, host, { CI: '1' })).toEqual({ CI: '1' });
  expect(checkEnv({ sandbox: { env: ['CI'] } }, { envAllowed: [] }, { CI: '1' })).toEqual({ CI: 'true' });
});

test('variables of coppice.yaml reach every command, below the worktree, unless the host passes another value on', () => {
  const config = {
    env: { GOCACHE: '$WORKTREE/.deps/go-build', MAVEN_OPTS: '-Dx=$WORKTREE/y -Dz=$WORKTREE', PRICE: '$5' },
    sandbox: { env: ['PRICE'] },
  };
  const set = { GOCACHE: '/work/.deps/go-build', MAVEN_OPTS: '-Dx=/work/y -Dz=/work', PRICE: '$5' };
  const nothing = { envAllowed: [] };
  expect(commandEnv(config, nothing, { PRICE: 'host', GOCACHE: 'host' })).toEqual(set);
  expect(checkEnv(config, nothing, {})).toEqual({ CI: 'true', ...set });
  expect(commandEnv(config, { envAllowed: ['PRICE'] }, { PRICE: 'host' })).toEqual({ ...set, PRICE: 'host' });
});
