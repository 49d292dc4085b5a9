import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../contracts/documents/report.ts';
import { Stack } from '../e2e/stack.ts';
import { byUnit } from '../e2e/scripts.ts';

const files = {
  'coppice.yaml':
    'version: 1\nsetup: mkdir -p made && echo ready > made/by-setup\npolicy: [{ action: plan, decide: ask }]\n',
  'src/a.txt': 'a\n',
  'src/b.txt': 'b\n',
  '.gitignore': 'made/\n',
};

describe('a plan whose units a command names', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start({ reply: byUnit({}), files });
    await stack.worker('host-1', ['--slots', '3']);
  });
  afterAll(() => stack.close());

  const planOf = (command: string): string =>
    stack.plan([
      {
        id: 'each',
        title: 'Change ${{ line }}',
        prompt: 'Change it',
        forEach: { command },
        scope: ['each-${{ number }}.txt'],
      },
      { id: 'last', title: 'Add the last', prompt: 'Make last.txt', needs: ['each'] },
    ]);

  it('runs it in the sandbox after the setup, when a run starts and never before', async () => {
    const plan = planOf('cat made/by-setup; echo noise >&2; git ls-files src');
    const shown = await stack.coppice(['plan', 'show', plan, '--repo', stack.remote]);
    expect([shown.code, shown.stderr]).toEqual([
      0,
      expect.stringMatching(/each stands for a unit for each line of `cat made.*a run shows them/),
    ]);
    const { run } = await stack.json<{ run: string }>(['run', plan, '--repo', stack.remote, '--detach']);
    const [asked] = await stack.approvalsOf(run);
    expect(asked).toMatchObject({ kind: 'plan', unit: null, subject: { unitCount: 4 } });
    expect(await stack.json<object>(['status', run])).toMatchObject({ status: 'planning' });
    await stack.coppice(['approve', asked.id]);
    const report = await stack.reportOf(run);
    expect(report.units.map(({ id, title, status }) => [id, title, status])).toEqual([
      ['each-1', 'Change ready', 'landed'],
      ['each-2', 'Change src/a.txt', 'landed'],
      ['each-3', 'Change src/b.txt', 'landed'],
      ['last', 'Add the last', 'landed'],
    ]);
    expect(report).not.toHaveProperty('planning');
    expect(report).not.toHaveProperty('planChanges');
  });

  it.each([
    ['echo why not >&2; exit 3', 'plan: forEach.command `echo why not >&2; exit 3` ends with 3:\nwhy not'],
    ['true', 'plan: line 10: forEach.command prints no line'],
  ])('fails with the reason of a command that fails: %s', async (command, why) => {
    const ran = await stack.coppice(['run', planOf(command), '--repo', stack.remote, '--json']);
    expect(ran.code).toBe(1);
    expect((JSON.parse(ran.stdout) as Report).units).toMatchObject([{ id: 'plan', status: 'failed', reason: why }]);
  });

  it('shows what is running, and is cancelled with the run', async () => {
    const { run } = await stack.json<{ run: string }>(['run', planOf('sleep 60'), '--repo', stack.remote, '--detach']);
    await stack.statusWhen(run, ({ units }) =>
      expect(units).toMatchObject([
        { id: 'plan', phase: 'working', doing: expect.stringMatching(/^sleep 60 \(on .+\)$/) },
      ]),
    );
    await stack.coppice(['cancel', run]);
    expect(await stack.reportOf(run)).toMatchObject({ status: 'cancelled' });
  });

  it('is not taken from an edit, which may take the place of the whole plan', async () => {
    const { run } = await stack.json<{ run: string }>(['run', planOf('echo x'), '--repo', stack.remote, '--detach']);
    await stack.approvalsOf(run);
    const edited = await stack.coppice(['plan', 'edit', run, '--file', planOf('echo y')]);
    expect([edited.code, edited.stderr]).toEqual([
      2,
      expect.stringContaining('forEach.command (echo y) is not possible here'),
    ]);
    const plan = stack.plan([{ id: 'mine', title: 'Add mine', prompt: 'Make mine.txt' }]);
    const changed = await stack.json<object>(['plan', 'edit', run, '--file', plan]);
    expect(changed).toMatchObject({ asks: true, units: 1 });
    await stack.statusWhen(run, ({ approvals }) => expect(approvals[0]?.id).toMatch(/approval:2$/));
    const [again] = await stack.approvalsOf(run);
    await stack.coppice(['approve', again.id]);
    expect((await stack.reportOf(run)).units).toMatchObject([{ id: 'mine', status: 'landed' }]);
  });
});
