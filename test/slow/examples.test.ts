import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Stack } from '../e2e/stack.ts';
import { byUnit, steps } from '../e2e/scripts.ts';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));

const files = {
  'coppice.yaml': `version: 1
verify: 'true'
policy: [{ action: merge, paths: [docs/**, src/**], decide: ask }]
`,
  'one.txt': '1\n',
  'two.txt': '2\n',
};

describe('an example', { timeout: 90_000 }, () => {
  let stack: Stack;

  beforeAll(async () => {
    const reply = byUnit({
      guide: steps('mkdir docs; echo guide > docs/guide.md'),
      core: steps('mkdir src docs; echo core > src/core.txt; echo core > docs/core.md'),
      'one-txt': steps('echo more >> one.txt'),
      'two-txt': steps('echo more >> two.txt'),
      summary: steps('cat one.txt two.txt > CHANGES.md'),
    });
    stack = await Stack.start({ reply, files });
    await stack.worker('host-1', ['--slots', '3']);
  });
  afterAll(() => stack.close());

  const ran = new Set<string>();

  function start(name: string, ...args: string[]) {
    ran.add(name);
    return promisify(execFile)(process.execPath, [join(examples, name), ...args], { env: stack.env });
  }

  async function example(name: string, ...args: string[]): Promise<string> {
    return (await start(name, ...args)).stdout;
  }

  it('follows a run, and agrees to documents only', async () => {
    const plan = stack.plan([
      { id: 'guide', title: 'Write a guide', prompt: 'Write it.' },
      { id: 'core', title: 'Write the core', prompt: 'Write it.' },
    ]);
    const { run } = await stack.json<{ run: string }>(['run', plan, '--repo', stack.remote, '--detach']);
    const followed = start('follow-events.ts', run);
    let heard = '';
    followed.child.stdout?.on('data', (chunk: string) => (heard += chunk));
    await stack.approvalsOf(run, 2);
    // What is open for less than its next look the follower may miss.
    await vi.waitFor(() => expect(heard.match(/ waits for a person/g)).toHaveLength(2), { timeout: 30_000 });
    expect(
      (await example('approve-documents.ts'))
        .trimEnd()
        .split('\n')
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual([`run:${run}:unit:core:approval:1 left to a person`, `run:${run}:unit:guide:approval:1 approved`]);
    await stack.coppice(['deny', `run:${run}:unit:core:approval:1`, '--reason', 'not now']);
    const news = (await followed).stdout.replaceAll(/^\S+ /gm, '').trimEnd().split('\n');
    expect(news).toContain(
      `guide waits for a person: Land "Write a guide" on main (1 file +1 −0) (run:${run}:unit:guide:approval:1)`,
    );
    expect(news).toContainEqual(expect.stringMatching(/^guide landed as [0-9a-f]{8} for \$/));
    expect(news).toContainEqual(expect.stringMatching(/^core is failed: denied: .*not now/));
    expect(news.at(-1)).toBe(`${run} failed: 1 of 2 units landed`);
  });

  it('starts a run and follows it', async () => {
    const plan = stack.plan([{ id: 'scripted', title: 'Add scripted', prompt: 'Make scripted.txt' }]);
    const said = await example('start-run.ts', stack.remote, plan);
    expect(said).toMatch(/^started \S+\n/);
    expect(said).toContain('unit-landed scripted');
    expect(said).toContain('completed: 1 landed');
  });

  it('makes a plan in code', async () => {
    const said = await example('plan-from-files.ts', stack.remote, 'Say more', 'one.txt', 'two.txt');
    // Rules and scopes that match nothing in this small repository are warned about first.
    expect(said.replaceAll(/^warning: .*\n/gm, '')).toBe(
      'at most $30\none-txt landed\ntwo-txt landed\nsummary landed\n',
    );
    expect(stack.show('CHANGES.md')).toBe('1\nmore\n2\nmore\n');
  });

  it('has run in one of these tests, whichever it is', () => {
    expect([...ran].toSorted()).toEqual(globSync('*.ts', { cwd: examples }).toSorted());
  });
});
