import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../contracts/documents/report.ts';
import type { ModelRequest, Reply } from '../fakes/model-server.ts';
import { Stack } from './stack.ts';
import { byUnit, said } from './scripts.ts';

const files = {
  'coppice.yaml': 'version: 1\nverify: sh test.sh\n',
  'test.sh': 'test -f shared.txt\n',
  'shared.txt': 'one\n',
  'AGENTS.md': 'Say please.\n',
};

const units = [
  { id: 'first', title: 'Add the first', prompt: 'Make first.txt', scope: ['first.txt'], estimate: '10m' },
  { id: 'second', title: 'Add the second', prompt: 'Make second.txt', needs: ['first'], scope: ['second.txt'] },
];

const submit = (plan: object, more: object = {}): Reply => ({
  tools: [{ name: 'submit_plan', input: { plan, why: 'Two files, one after the other.', ...more } }],
});

/** The planner looks first, then hands in what the goal names. */
function planner(request: ModelRequest): Reply {
  if (request.turn === 0) return { tools: [{ name: 'bash', input: { command: 'ls; touch mine; git log --oneline' } }] };
  const goal = said(request);
  if (goal.includes('cyclic') && request.turn === 1)
    return submit({ version: 1, units: [{ ...units[0], needs: ['second'] }, units[1]] });
  if (goal.includes('hopeless')) return submit({ version: 1, units: [{ id: 'NO', title: 'x' }] });
  if (goal.includes('mute')) return { text: 'I would rather not.' };
  return submit({ version: 1, units });
}

describe('a run of a goal', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start({ reply: byUnit({ plan: planner }), files });
    await stack.worker('host-1', ['--slots', '3']);
  });
  afterAll(() => stack.close());

  it('makes a plan, and lands its units', async () => {
    const ran = await stack.coppice([
      'run',
      '--goal',
      'Add two files, cyclic at first',
      '--repo',
      stack.remote,
      '--json',
    ]);
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining('landed')]);
    const report = JSON.parse(ran.stdout) as Report;
    expect(report.units.map(({ id, status }) => [id, status])).toEqual([
      ['first', 'landed'],
      ['second', 'landed'],
    ]);
    expect(report).toMatchObject({ goal: 'Add two files, cyclic at first', planning: { id: 'plan', turns: 3 } });
    expect(report.costUsd).toBeGreaterThan(report.units.reduce((sum, { costUsd }) => sum + costUsd, 0));
    const asked = stack.model.requests.filter(({ user }) => user.endsWith('/plan'));
    expect(asked.map(({ turn }) => turn)).toEqual([0, 1, 2]);
    expect(JSON.stringify(asked[1]?.messages)).toContain('Read-only file system');
    expect(JSON.stringify(asked[2]?.messages)).toMatch(/cannot be used.*second.*first/);
  });
});
