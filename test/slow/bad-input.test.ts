// Bad input and missing things, through the command line only: the promised exit code, a message that names the place
// and the remedy, nothing started, nothing spent. No worker runs here.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Stack } from '../e2e/stack.ts';
import { byUnit } from '../e2e/scripts.ts';

interface ErrorDocument {
  readonly version: number;
  readonly error: {
    readonly type: string;
    readonly message: string;
    readonly hint: string;
    readonly at?: { readonly file: string; readonly line: number; readonly column: number };
    readonly errors?: readonly { readonly message: string }[];
  };
}

describe('bad input', () => {
  let stack: Stack;
  let good: string;

  beforeAll(async () => {
    stack = await Stack.start({ reply: byUnit({}), files: { 'readme.txt': 'hello\n' } });
    good = stack.plan([{ id: 'a', title: 'Add a', prompt: 'Make a.txt' }]);
  });
  afterAll(() => stack.close());

  afterEach(() => {
    // Nothing is left of what was refused: no plan, no commit; and no model was asked.
    const refs = stack.git('--git-dir', stack.remote, 'for-each-ref', 'refs/coppice');
    if (refs !== '' || stack.model.requests.length > 0) throw new Error(`something was started: ${refs}`);
  });

  function write(name: string, text: string): string {
    const file = join(stack.root, name);
    writeFileSync(file, text);
    return file;
  }

  async function refused(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { code, stdout, stderr } = await stack.coppice([...args, '--json'], env);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const document = JSON.parse(stdout) as ErrorDocument;
    expect(document).toMatchObject({ version: 1, error: { hint: expect.stringMatching(/./) } });
    return { code, stdout, stderr, ...document.error };
  }

  const run = (plan: string, ...more: string[]) => ['run', plan, '--repo', stack.remote, ...more];

  it('in a plan is shown all at once, each with file, line and column', async () => {
    const file = write(
      'bad.yaml',
      [
        'version: 1',
        'units:',
        '  - id: ../../x',
        '    titel: Typo',
        '    prompt: Do',
        '  - { id: b, title: B, prompt: Do, needs: [c], budgetUsd: -1 }',
        '  - { id: c, title: C, prompt: Do, needs: [b, zzz] }',
      ].join('\n'),
    );
    const validated = await stack.coppice(['plan', 'validate', file]);
    expect(validated.code).toBe(1);
    const lines = validated.stdout.trim().split('\n');
    expect(lines.filter((line) => line.startsWith(`${file}:`)).length).toBeGreaterThanOrEqual(5);
    expect(validated.stdout).toMatch(/bad\.yaml:3:\d+: .*id/);
    expect(validated.stdout).toMatch(/bad\.yaml:4:\d+: .*titel.*title/);
    expect(validated.stdout).toMatch(/zzz/);
    const error = await refused(run(file));
    expect(error).toMatchObject({ code: 2, type: 'BadPlan', at: { file, line: 3 } });
    expect(error.errors?.length).toBeGreaterThanOrEqual(5);
    expect((await stack.coppice(['plan', 'validate', good])).code).toBe(0);
  });

  it('such as a cycle is named as a path', async () => {
    const file = write(
      'cycle.yaml',
      'version: 1\nunits:\n  - { id: a, title: A, prompt: x, needs: [b] }\n  - { id: b, title: B, prompt: x, needs: [a] }\n',
    );
    expect((await refused(run(file))).stderr).toMatch(/a → b → a|b → a → b/);
  });

  it('in a plan or a configuration has its text in the JSON, also when it is the only one', async () => {
    const file = write('one.yaml', 'version: 1\nunits:\n  - { id: a, title: A, prompt: x, needs: [zzz] }\n');
    const inPlan = await refused(run(file));
    expect(inPlan.errors).toEqual([{ at: inPlan.at, message: expect.stringContaining('zzz') }]);
    const config = write('one-config.yaml', 'version: 1\nrun: { paralel: 3 }\n');
    const inConfig = await refused(run(good, '--config', config));
    expect(inConfig.errors).toEqual([{ at: { file: config, line: 2, column: 8 }, message: expect.any(String) }]);
    const memory = write('memory.yaml', 'version: 1\nagent: { driver: claude-code }\nsandbox: { memoryMb: 512 }\n');
    const notPossible = await refused(run(good, '--config', memory));
    expect(notPossible.errors).toEqual([
      { at: expect.objectContaining({ file: memory, line: 3 }), message: expect.stringContaining('memoryMb') },
    ]);
  });

  it('on a server that does not exist for us is said, with the command that makes it', async () => {
    const error = await refused(run(good), { TEMPORAL_NAMESPACE: 'nobody-made-it' });
    expect(error).toMatchObject({ code: 2, type: 'BadInput', message: expect.stringMatching(/namespace create/) });
  });

  it.each([
    ['a plan that is missing', () => run('/nowhere/plan.yaml'), 2, /cannot read/],
    ['a plan that is no YAML', () => run(write('broken.yaml', 'units: [')), 2, /broken\.yaml:1/],
    ['another transport', () => ['run', good, '--repo', 'ext::sh -c x'], 2, /not accepted|ext/],
    ['an option in place of a URL', () => ['run', good, '--repo=-oProxyCommand=x'], 2, /./],
    ['a file URL', () => ['run', good, '--repo', 'file:///srv/x'], 2, /file/],
    ['plain http', () => ['run', good, '--repo', 'http://example.com/x'], 2, /http/],
    ['a path that does not exist', () => ['run', good, '--repo', '/nowhere/x.git'], 2, /no repository/],
    ['a branch that does not exist', () => run(good, '--branch', 'nope'), 2, /no branch nope; it has main/],
    ['a run id that is none', () => run(good, '--id', 'Not An Id'), 2, /run id/],
    ['an unknown run', () => ['status', 'no-such-run'], 4, /no run/],
    ['an unknown approval', () => ['approve', 'run:x:unit:y:approval:1'], 4, /no approval/],
    ['an unknown option', () => [...run(good), '--brnach', 'x'], 2, /--branch/],
    ['an unknown command', () => ['rnu', good], 2, /run/],
  ] as const)('such as %s has its exit code and its words', async (_, args, code, words) => {
    const error = await refused(args());
    expect([error.code, error.message]).toEqual([code, expect.any(String)]);
    expect(`${error.stderr}\n${error.message}`).toMatch(words);
  });

  it('with a credential in the URL is refused, and the credential is nowhere in what is printed', async () => {
    const { code, stdout, stderr } = await refused(['run', good, '--repo', 'https://user:s3cr3t@example.com/x.git']);
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain('s3cr3t');
  });

  it('such as an empty repository, and a target that is checked out, is refused', async () => {
    const empty = join(stack.root, 'empty.git');
    stack.git('init', '--quiet', '--bare', empty);
    expect(await refused(['run', good, '--repo', empty])).toMatchObject({ code: 2, type: 'RepositoryEmpty' });
    const clone = join(stack.root, 'checked-out');
    stack.git('clone', '--quiet', stack.remote, clone);
    expect(await refused(['run', good, '--repo', clone])).toMatchObject({ code: 2, type: 'TargetCheckedOut' });
  });

  it('in coppice.yaml of the branch, or what it asks for and is not built, is refused with its place', async () => {
    const cases = [
      ['version: 1\nverfy: npm test\n', 'BadConfig', /coppice\.yaml:2:1: .*verify/],
      ['version: 1\nlanding: { mode: pull-request }\n', 'BadConfig', /coppice\.yaml:2:18: .*pull-request/],
      ['version: 1\nagent: { model: nobody-knows, budgetUsd: 3 }\n', 'ModelUnpriced', /nobody-knows/],
    ] as const;
    for (const [text, type, words] of cases) {
      stack.commit('Change the configuration', { 'coppice.yaml': text });
      const error = await refused(run(good));
      expect(error).toMatchObject({ code: 2, type });
      expect(`${error.stderr}\n${error.message}`).toMatch(words);
    }
    stack.commit('Take it back', { 'coppice.yaml': null });
  });

  it('such as a remote or a server that is not there ends with 3', async () => {
    const remote = ['run', good, '--repo', 'https://127.0.0.1:1/x.git'];
    const state = { COPPICE_STATE_REMOTE: stack.remote };
    expect(await refused(remote, state)).toMatchObject({ code: 3, type: 'RepositoryUnreachable' });
    expect(await refused(remote)).toMatchObject({ code: 2, type: 'StateRemoteMissing' });
    const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
    expect(await refused(run(good), nowhere)).toMatchObject({ code: 3, type: 'TemporalUnreachable' });
  });

  it('such as a folder without a repository is told about --repo', async () => {
    mkdirSync(join(stack.root, 'plain'), { recursive: true });
    const { code, stderr } = await stack.coppice(['run', good], {}, join(stack.root, 'plain'));
    expect(code).toBe(2);
    expect(stderr).toContain('--repo');
  });
});

describe('what a worker lacks', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start({ reply: byUnit({}), files: { 'readme.txt': 'hello\n' } });
  });
  afterAll(() => stack.close());

  it('such as a credential is said before it takes any work', async () => {
    const ran = await stack.coppice(['worker', '--role', 'host'], { ANTHROPIC_API_KEY: '' });
    expect(ran.code).toBe(2);
    expect(ran.stdout).not.toContain('ready');
    expect(ran.stderr).toContain('no model credential');
  });

  it('such as a home of its own is said: the second of two refuses', async () => {
    const first = await stack.worker('first');
    const second = await stack.coppice(['worker'], { COPPICE_HOME: first.home });
    expect(second.code).toBe(2);
    expect(second.stderr).toContain('another worker uses');
    await first.kill();
    // The lock ends with its holder, however that died.
    await (await stack.worker('first')).kill();
  });

  it('when there is none is said within seconds, and the run waits', async () => {
    const plan = stack.plan([{ id: 'a', title: 'Add a', prompt: 'Make a.txt' }]);
    const args = ['run', plan, '--repo', stack.remote, '--id', 'lonely', '--detach', '--json'];
    const env = { TEMPORAL_NAMESPACE: stack.env['TEMPORAL_NAMESPACE'] ?? '' };
    const started = await stack.coppice(args, env);
    expect(started).toMatchObject({ code: 0, stdout: '{"version":1,"run":"lonely"}\n' });
    const status = await stack.coppice(['status', 'lonely']);
    expect([status.code, status.stderr]).toEqual([3, expect.stringContaining('no worker answers')]);
    expect(status.stderr).toContain('no worker answers');
    expect((await stack.coppice(['report', 'lonely'])).code).toBe(4);
    const again = await stack.coppice(args, env);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('exists already');
    expect((await stack.coppice(['run', plan, '--repo', stack.remote, '--id', 'lonely-two', '--detach'])).code).toBe(0);
    const ambiguous = await stack.coppice(['cancel', 'lone']);
    expect([ambiguous.code, ambiguous.stderr]).toEqual([2, expect.stringContaining('matches 2 runs')]);
    expect((await stack.coppice(['cancel', '@latest'])).code).toBe(2);
  });
});
