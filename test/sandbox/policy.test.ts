import { expect, test } from 'vitest';

import { allowedEnv, checkEnv, networkFor } from '../../activities/sandbox/policy.ts';

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
  expect(checkEnv({ env: [] }, host, { CI: 'host' })).toEqual({ CI: 'true' });
  expect(checkEnv({ env: [], ci: true }, host, {})).toEqual({ CI: 'true' });
  expect(checkEnv({ env: [], ci: false }, host, {})).toEqual({});
  expect(checkEnv({ env: ['CI'] }, host, { CI: '1' })).toEqual({ CI: '1' });
  expect(checkEnv({ env: ['CI'] }, { envAllowed: [] }, { CI: '1' })).toEqual({ CI: 'true' });
});
