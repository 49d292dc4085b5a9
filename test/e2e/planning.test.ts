import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../contracts/documents/report.ts';
import type { ModelRequest, Reply } from '../fakes/model-server.ts';
import { Stack } from './stack.ts';
import { byUnit, said, steps } from './scripts.ts';
import { onTerminal } from './terminal.ts';

const files = {
  'coppice.yaml': 'version: 1\nverify: sh test.sh\n',
  'test.sh': 'test -f shared.txt\n',
  'shared.txt': 'one\n',
  'src/a.txt': 'a\n',
  'src/b.txt': 'b\n',
  'AGENTS.md': 'Say please.\n',
};

const first = { id: 'first', title: 'Add the first', prompt: 'Make first.txt', scope: ['first.txt'], estimate: '10m' };
const second = { id: 'second', title: 'Add the second', prompt: 'Make it', needs: ['first'], scope: ['second.txt'] };
const third = { id: 'third', title: 'Add the third', prompt: 'Make third.txt', scope: ['third.txt'] };

const submit = (units: readonly object[], more: object = {}): Reply => ({
  tools: [{ name: 'submit_plan', input: { plan: { version: 1, units }, why: 'One after the other.', ...more } }],
});

/** The planner looks first, then hands in what the goal names. */
function planner(request: ModelRequest): Reply {
  const { turn } = request;
  if (turn === 0) return { tools: [{ name: 'bash', input: { command: 'ls; touch mine; git log --oneline' } }] };
  const words = said(request);
  if (words.includes('cyclic') && turn === 1) return submit([{ ...first, needs: ['second'] }, second]);
  if (words.includes('hopeless')) return submit([{ id: 'NO', title: 'x' }]);
  if (words.includes('in words') && turn === 1) return { text: 'Here:\n```yaml\nversion: 1\nunits: []\n```\n' };
  if (words.includes('in words')) {
    const lines = ['- { id: worded, title: Add words, prompt: Make worded.txt }'];
    return { text: `The plan:\n\n\`\`\`yaml\nversion: 1\nunits:\n  ${lines.join('\n')}\n\`\`\`\nDone.` };
  }
  if (words.includes('mute')) return { text: 'I would rather not.' };
  if (words.includes('impossible'))
    return { tools: [{ name: 'report', input: { status: 'blocked', reason: 'There is no such thing.' } }] };
  if (words.includes('doubtful') && turn === 1)
    return submit([
      { ...first, verify: 'no-such-program --all' },
      { ...third, scope: ['src'] },
    ]);
  if (words.includes('doubtful')) return { text: 'All of that is intended.' };
  if (words.includes('many'))
    return submit([{ ...first, forEach: { glob: 'src/*' }, title: '${{ name }}', scope: ['${{ path }}'] }]);
  const own = words.includes('at a terminal') ? { ...first, id: 'typed', scope: ['typed.txt'] } : first;
  if (words.includes('one is enough')) return submit([own]);
  if (own !== first) return submit([own, { ...second, needs: ['typed'] }]);
  return submit([first, second]);
}

const asking = { ...files, 'coppice.yaml': `${files['coppice.yaml']}policy:\n  - { action: plan, decide: ask }\n` };

describe('a run of a goal', () => {
  let stack: Stack;
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  beforeAll(async () => {
    const slow = (request: ModelRequest) => held.then(() => steps('echo slow > slow.txt')(request));
    stack = await Stack.start({ reply: byUnit({ plan: planner, slow }), files });
    await stack.worker('host-1', ['--slots', '3']);
  });
  afterAll(() => stack.close());

  const runGoal = (goal: string) => stack.coppice(['run', '--goal', goal, '--repo', stack.remote, '--json']);

  it('makes a plan, and lands its units', async () => {
    const ran = await runGoal('Add two files, cyclic at first');
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
    expect(said(asked[0] as ModelRequest)).toMatch(/Add two files[^]*Say please/);
    expect(JSON.stringify(asked[1]?.messages)).toContain('Read-only file system');
    expect(JSON.stringify(asked[2]?.messages)).toMatch(/cannot be used.*second.*first/);
    const { stdout } = await stack.coppice(['plan', 'show', '--run', report.run, '--format', 'yaml']);
    expect(stdout).toMatch(/# One after the other\.\n[^]*goal: Add two files[^]*id: first[^]*needs: \[first\]/);
    const { stdout: turns } = await stack.coppice(['logs', report.run, 'plan']);
    expect(turns).toContain('git log --oneline');
  });

  it('takes a plan from words, too, and says what is wrong with it', async () => {
    const report = JSON.parse((await runGoal('Say it in words')).stdout) as Report;
    expect(report.units.map(({ id, status }) => [id, status])).toEqual([['worded', 'landed']]);
    const last = stack.model.requests.findLast(({ user }) => user === `coppice/${report.run}/plan`);
    expect(JSON.stringify(last?.messages)).toContain('a plan has at least one unit');
  });

  it.each([
    ['hopeless', 'plan: none of its 3 plans can be used: '],
    ['mute', 'plan: the planning session ended without a plan'],
    ['impossible', 'blocked: There is no such thing.'],
  ])('that is %s fails, and no unit begins', async (goal, reason) => {
    const ran = await runGoal(`This is ${goal}`);
    expect(ran.code).toBe(1);
    const report = JSON.parse(ran.stdout) as Report;
    expect(report.units).toMatchObject([{ id: 'plan', status: 'failed', reason: expect.stringContaining(reason) }]);
    const turns = { hopeless: 4, mute: 4, impossible: 2 }[goal];
    expect(stack.model.requests.filter(({ user }) => user === `coppice/${report.run}/plan`)).toHaveLength(turns ?? 0);
  });

  it('tells the planner once what people would be warned of, and keeps it with the plan', async () => {
    const out = join(stack.root, 'doubtful.yaml');
    const made = await stack.json<object>([
      'plan',
      'make',
      '--goal',
      'Be doubtful',
      '--repo',
      stack.remote,
      '--out',
      out,
    ]);
    const warnings = [
      'scope of third: src is a folder of main and matches none of its files: write src/**',
      'the verification of first cannot run on main: there is no no-such-program',
    ];
    expect(made).toMatchObject({ units: 2, warnings, why: 'One after the other.', out });
    expect(readFileSync(out, 'utf8')).toContain(`# Warning: ${warnings[0]}`);
    expect((await stack.coppice(['plan', 'validate', out])).code).toBe(0);
    const { runs } = await stack.json<{ runs: { status: string; units: object }[] }>(['list']);
    expect(runs[0]).toMatchObject({ status: 'completed', units: { total: 0, landed: 0, failed: 0 } });
    const again = await stack.coppice(['plan', 'make', '--goal', 'x', '--repo', stack.remote, '--out', out]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('exists already')]);
  });

  it('makes the units of forEach from the target’s files', async () => {
    const goal = join(stack.root, 'goal.md');
    writeFileSync(goal, 'Change many files\nEach of them.\n');
    const ran = await runGoal(goal);
    const report = JSON.parse(ran.stdout) as Report;
    expect(report.goal).toBe('Change many files\nEach of them.');
    expect(report.units.map(({ title }) => title)).toEqual(['a', 'b']);
    const { stdout } = await stack.coppice(['plan', 'show', '--run', report.run, '--format', 'yaml']);
    expect(stdout).toMatch(/id: first-1\n[^]*id: first-2\n/);
  });

  it('may change while it is carried out, but not what has started', async () => {
    const slow = { ...first, id: 'slow', title: 'Take your time', scope: ['slow.txt'] };
    const plan = stack.plan([
      slow,
      { ...second, id: 'other', scope: ['other.txt'], needs: ['slow'] },
      { ...third, needs: ['slow'] },
    ]);
    const { run } = await stack.json<{ run: string }>(['run', plan, '--repo', stack.remote, '--detach']);
    await stack.statusWhen(run, ({ units }) => expect(units[0]?.phase).toBe('working'));
    const file = join(stack.root, 'changed.json');
    const edit = (units: readonly object[]) => {
      writeFileSync(file, JSON.stringify({ version: 1, goal: 'Try it', units }));
      return stack.coppice(['plan', 'edit', run, '--file', file, '--json']);
    };
    const later = { ...third, id: 'later', title: 'Add it later', scope: ['later.txt'], needs: ['slow'] };
    const changed = { ...second, id: 'other', scope: ['other.txt'], title: 'Changed meanwhile', needs: ['slow'] };
    const refused = await edit([{ ...slow, title: 'Hurry' }, changed, later]);
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('slow can no longer change')]);
    const taken = await edit([slow, changed, later]);
    expect(JSON.parse(taken.stdout)).toMatchObject({ asks: false, units: 3 });
    const again = await stack.coppice(['plan', 'edit', run, '--file', file, '--json']);
    expect([again.code, again.stdout]).toEqual([2, expect.stringContaining('this is the plan that the run has')]);
    letGo();
    const report = await stack.reportOf(run);
    expect(report.units.map(({ id, title, status }) => [id, title, status])).toEqual([
      ['slow', 'Take your time', 'landed'],
      ['other', 'Changed meanwhile', 'landed'],
      ['later', 'Add it later', 'landed'],
    ]);
    expect(report.planChanges?.[0]).toMatchObject({ by: 'dana', added: 1, changed: 1, removed: 1 });
    const { stdout } = await stack.coppice(['plan', 'show', '--run', run]);
    expect(stdout).toContain('Changed meanwhile');
    expect((await edit([slow])).stdout).toContain('has ended already');
  });

  it('says what is wrong with a goal before anything is spent', async () => {
    const plan = stack.plan([first]);
    for (const [args, problem] of [
      [['--goal', '  '], 'the goal is blank'],
      [[plan, '--goal', 'x'], 'a run takes either a plan or a goal'],
      [[], "missing required argument 'plan', or the option --goal"],
    ] as const) {
      const { code, stderr } = await stack.coppice(['run', ...args, '--repo', stack.remote]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
    }
    const dry = await stack.json<object>(['run', '--goal', 'x', '--repo', stack.remote, '--dry-run']);
    expect(dry).toMatchObject({ goal: 'x', units: 0, criticalPath: [] });
  });
});

describe('a plan that people are asked about', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start({ reply: byUnit({ plan: planner }), files: asking });
    await stack.worker('host-1', ['--slots', '3']);
  });
  afterAll(() => stack.close());

  async function start(goal: string): Promise<string> {
    const { run } = await stack.json<{ run: string }>(['run', '--goal', goal, '--repo', stack.remote, '--detach']);
    return run;
  }

  it('is not asked about where nothing is to begin', async () => {
    const out = join(stack.root, 'only-made.yaml');
    const made = await stack.coppice(['plan', 'make', '--goal', 'Add two files', '--repo', stack.remote, '--out', out]);
    expect([made.code, existsSync(out)]).toEqual([0, true]);
    expect(await stack.json<{ approvals: unknown[] }>(['approvals'])).toMatchObject({ approvals: [] });
  });

  it('is bound to its hash; changes go back to the planner; then it is carried out', async () => {
    const run = await start('Add two files');
    const [asked] = await stack.approvalsOf(run);
    expect(asked).toMatchObject({
      kind: 'plan',
      unit: 'plan',
      subject: { unitCount: 2, made: { why: 'One after the other.' } },
    });
    expect(asked.kind === 'plan' && asked.hash === asked.subject.plan).toBe(true);
    const status = await stack.json<object>(['status', run]);
    expect(status).toMatchObject({ status: 'planning', units: [{ id: 'plan', phase: 'asking' }] });
    expect(stack.model.requests.filter(({ user }) => user === `coppice/${run}/first`)).toEqual([]);
    expect((await stack.coppice(['answer', asked.id, 'No: one is enough.'])).stdout).toContain(asked.id);
    await stack.statusWhen(run, ({ approvals }) => expect(approvals[0]?.id).toMatch(/approval:2$/));
    const [again] = await stack.approvalsOf(run);
    expect(again).toMatchObject({ subject: { unitCount: 1 } });
    await stack.coppice(['approve', again.id]);
    const report = await stack.reportOf(run);
    expect(report.units.map(({ id, status: ended }) => [id, ended])).toEqual([['first', 'landed']]);
    expect((await stack.coppice(['report', run])).stdout).toContain('the plan sent back by dana');
    expect(report.decisions).toMatchObject([
      { kind: 'plan', unit: 'plan', decision: 'denied', sentBack: true, reason: 'No: one is enough.' },
      { kind: 'plan', unit: 'plan', decision: 'approved', by: 'dana' },
    ]);
  });

  it('is edited by a person, which voids what was agreed to', async () => {
    const run = await start('Add two files, to be edited');
    const [asked] = await stack.approvalsOf(run);
    const file = join(stack.root, 'edited.yaml');
    writeFileSync(file, 'version: 1\nunits:\n  - { id: plan, title: Mine, prompt: Do }\n');
    const refused = await stack.coppice(['plan', 'edit', run, '--file', file]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('belongs to the planning session')]);
    writeFileSync(file, 'version: 1\nunits:\n  - { id: mine, title: Add mine, prompt: Make mine.txt }\n');
    const from = ['--from', asked.hash?.slice(0, 8) ?? ''];
    const edited = await stack.json<{ commit: string }>(['plan', 'edit', run, '--file', file, ...from]);
    expect(edited).toMatchObject({ before: asked.hash, asks: true, units: 1 });
    writeFileSync(file, 'version: 1\nunits:\n  - { id: other, title: Undo it, prompt: Make other.txt }\n');
    const outdated = await stack.coppice(['plan', 'edit', run, '--file', file, ...from]);
    expect([outdated.code, outdated.stderr]).toEqual([
      1,
      expect.stringContaining(`is ${edited.commit.slice(0, 8)} now`),
    ]);
    await stack.statusWhen(run, ({ approvals }) => expect(approvals[0]?.id).toMatch(/approval:2$/));
    const late = await stack.coppice(['approve', asked.id]);
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('closed')]);
    const [again] = await stack.approvalsOf(run);
    expect(again).toMatchObject({ hash: edited.commit });
    await stack.coppice(['approve', again.id]);
    const report = await stack.reportOf(run);
    expect(report.units).toMatchObject([{ id: 'mine', status: 'landed' }]);
    expect(report.decisions[0]).toMatchObject({ decision: 'cancelled', reason: 'dana has edited the plan' });
  });

  it('and denied ends the run', async () => {
    const run = await start('Add two files, or not');
    const [asked] = await stack.approvalsOf(run);
    await stack.coppice(['deny', asked.id, '--reason', 'not now']);
    const report = await stack.reportOf(run);
    expect(report.units).toMatchObject([{ id: 'plan', status: 'failed', reason: expect.stringContaining('not now') }]);
  });

  it('from a file is edited before and after the start, and what has started stays as it is', async () => {
    const plan = stack.plan([first, { ...second, prompt: 'Ask first' }, third]);
    const { run } = await stack.json<{ run: string }>(['run', plan, '--repo', stack.remote, '--detach']);
    const [asked] = await stack.approvalsOf(run);
    const file = join(stack.root, 'changed.json');
    const write = (units: readonly object[]) =>
      writeFileSync(file, JSON.stringify({ version: 1, goal: 'Changed', units }));
    write([first, second]);
    const edited = await stack.json<{ commit: string }>(['plan', 'edit', run, '--file', file]);
    expect(edited).toMatchObject({ before: asked.hash, asks: true });
    await stack.statusWhen(run, ({ approvals }) => expect(approvals[0]?.id).toMatch(/approval:2$/));
    const [again] = await stack.approvalsOf(run);
    await stack.coppice(['approve', again.id]);
    const report = await stack.reportOf(run);
    expect(report.units.map(({ id }) => id)).toEqual(['first', 'second']);
    expect(report.planChanges).toMatchObject([{ plan: edited.commit, by: 'dana', added: 0, changed: 1, removed: 1 }]);
    expect(existsSync(file)).toBe(true);
  });

  it('is left for later at a terminal, which then only watches', async () => {
    const { screen } = await onTerminal({
      args: ['run', '--goal', 'Add a file some day', '--repo', stack.remote, '--id', 'someday'],
      cwd: stack.root,
      env: stack.env,
      prompt: /\[y\/N\] $|\[l\]ater: $|leaves the run as it is\.[^]*someday/,
      keys: ['y\r', 'l\r', '\u0003'],
    });
    expect(screen).toContain('the plan waits for an answer: coppice approve run:someday:unit:plan:approval:1');
    expect(screen).toContain('From here on, this command only watches: Ctrl-C leaves the run as it is.');
    expect((await stack.approvalsOf('someday', 1))[0]?.kind).toBe('plan');
    await stack.coppice(['cancel', 'someday']);
  });

  it('is shown at a terminal, sent back, edited and agreed to there', async () => {
    writeFileSync(join(stack.root, 'editor.sh'), 'sed -i "s/Add the first/Add it by hand/" "$1"\n');
    const { code, screen } = await onTerminal({
      args: ['run', '--goal', 'Add two files at a terminal', '--repo', stack.remote, '--id', 'typed'],
      cwd: stack.root,
      env: { ...stack.env, EDITOR: `sh ${join(stack.root, 'editor.sh')}` },
      prompt: /(?:\[y\/N\]|\[l\]ater:|change\?) $/,
      // The second time, the editor changes nothing.
      keys: ['y\r', 'c\r', 'No: one is enough.\r', 'e\r', 'e\r', 'y\r'],
    });
    expect([code, screen]).toEqual([0, expect.any(String)]);
    const shown = [
      'a planning session plans them first; you are asked about the plan',
      '2 units',
      '[l]ater: c',
      'What should change? No: one is enough.',
      '1 unit; ',
      '[l]ater: e',
      'Add it by hand',
      '[l]ater: e',
      'Add it by hand',
      '[l]ater: y',
      'completed',
    ];
    let from = 0;
    for (const words of shown) {
      const at = screen.indexOf(words, from);
      expect([words, at]).toEqual([words, expect.toSatisfy((place: number) => place >= from)]);
      from = at + words.length;
    }
    expect(stack.log()[0]?.subject).toBe('Add it by hand');
  });
});
