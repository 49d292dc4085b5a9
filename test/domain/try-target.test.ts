import { expect, it } from 'vitest';
import type { RunId } from '../../contracts/ids.ts';
import { judgeTry } from '../../domain/run/trial.ts';

const run = 'r' as RunId;

it('a failed setup ends the run with what failed and how, the last lines, and the way to the log', () => {
  const lines = Array.from({ length: 300 }, (_, i) => `line ${i}`).join('\n');
  const output = `the setup command ended with 7: npm ci\nnpm error code EUSAGE\n${lines}\nError: no such package`;
  const verdict = judgeTry(run, { status: 'setup-failed', command: 'npm ci', output }, true);
  if (verdict.type !== 'fail') throw new Error(verdict.type);
  const told = verdict.reason.split('\n');
  expect(told[0]).toBe('setup-failed: on the target: the setup command ended with 7: npm ci');
  expect(told.slice(2, 4)).toEqual(['line 0', 'line 1']);
  expect(told.slice(-3)).toEqual(['line 299', 'Error: no such package', 'the whole log: coppice logs r --setup']);
  expect(verdict.reason.length).toBeLessThan(1500);
});

it('a red target is put to people, unless somebody has allowed it, and agents hear of it then', () => {
  const red = { status: 'red', command: 'verify', output: 'one\n[exit code 1]' } as const;
  expect(judgeTry(run, red, false)).toMatchObject({ type: 'ask', ask: { kind: 'red-base', problem: 'verify fails' } });
  expect(judgeTry(run, red, true)).toEqual({ type: 'start-red', note: 'verify fails\none\n[exit code 1]' });
  expect(judgeTry(run, { status: 'green' }, false)).toEqual({ type: 'start' });
});
