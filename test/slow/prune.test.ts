// `coppice prune` as a person uses it: one run that ended, one that continues, and refs of forgotten runs.

import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Stack } from '../e2e/stack.ts';
import { byUnit, steps } from '../e2e/scripts.ts';
import { onTerminal } from '../e2e/terminal.ts';

interface PruneDocument {
  readonly runs: readonly { readonly run: string; readonly remembered: boolean }[];
  readonly refs: { readonly found: number; readonly deleted: number };
  readonly host: { readonly status: string };
}

describe('prune', () => {
  let stack: Stack;
  let home: string;
  let letGo: () => void;
  const go = new Promise<void>((resolve) => (letGo = resolve));

  beforeAll(async () => {
    const reply = byUnit({
      slow: async (request) => {
        if (request.turn === 1) await go;
        return steps('echo slow > slow.txt')(request);
      },
    });
    stack = await Stack.start({ reply, files: { 'readme.txt': 'hello\n' } });
    ({ home } = await stack.worker('host-1'));
    const plan = (id: string) => stack.plan([{ id, title: `Add ${id}`, prompt: 'Make it' }]);
    await stack.json(['run', plan('quick'), '--repo', stack.remote, '--id', 'ended']);
    await stack.coppice(['run', plan('slow'), '--repo', stack.remote, '--id', 'going-on', '--detach']);
    await vi.waitFor(begun, { timeout: 60_000 });
    writeOld('refs/coppice/runs/long-ago/plan', '2026-01-01T00:00:00Z');
    writeOld('refs/coppice/queues/0123abcd/long-ago/a', '2026-01-01T00:00:00Z');
    writeOld('refs/coppice/runs/about-to-start/plan', new Date().toISOString());
    writeOld('refs/coppice/generated/0123', '2026-01-01T00:00:00Z');
    writeOld('refs/coppice/generated/4567', new Date(Date.now() + 3_600_000).toISOString());
  }, 90_000);
  afterAll(() => stack.close());

  const refs = (): string =>
    stack.git('--git-dir', stack.remote, 'for-each-ref', '--format=%(refname)', 'refs/coppice');

  function begun(): void {
    if (!refs().includes('refs/coppice/runs/going-on/units/slow')) throw new Error('nobody has begun');
  }

  function writeOld(ref: string, at: string): void {
    const env = { ...stack.env, GIT_COMMITTER_DATE: at };
    const identity = ['-c', 'user.name=x', '-c', 'user.email=x'];
    const args = ['--git-dir', stack.remote, ...identity, 'commit-tree', '-m', 'x', 'main^{tree}'];
    const commit = execFileSync('git', args, { env, encoding: 'utf8' }).trim();
    stack.git('--git-dir', stack.remote, 'update-ref', ref, commit);
  }

  const prune = (...args: string[]) => ['prune', '--repo', stack.remote, ...args];
  const runsOf = ({ runs }: PruneDocument) => runs.map(({ run, remembered }) => [run, remembered]);

  it('shows what would go and leaves it; by default only what is old', async () => {
    const all = refs();
    const old = await stack.json<PruneDocument>(prune('--dry-run'));
    expect([runsOf(old), old.refs]).toEqual([[['long-ago', false]], { found: 3, deleted: 0, moved: 0, refused: 0 }]);
    const now = await stack.json<PruneDocument>(prune('--dry-run', '--older-than', '0s'));
    expect(runsOf(now)).toEqual([
      ['long-ago', false],
      ['ended', true],
    ]);
    expect(now.host.status).toBe('absent');
    expect(refs()).toBe(all);
  });

  it('asks on a terminal, and a no leaves everything', async () => {
    const all = refs();
    const typed = { cwd: stack.root, env: stack.env, prompt: '[y/N] ', keys: ['n\r'] };
    const { code, screen } = await onTerminal({ ...typed, args: prune() });
    expect([code, screen]).toEqual([
      1,
      expect.stringMatching(/2 refs of 1 run [^]*1 ref of files that[^]*long-ago +last changed 2026-01-01/),
    ]);
    expect(refs()).toBe(all);
  });

  it('deletes what ended, nothing of what continues, and leaves the home of a worker alone; twice is once', async () => {
    const args = prune('--older-than', '0s', '--yes');
    const document = await stack.json<PruneDocument>(args, { COPPICE_HOME: home });
    expect(document.refs.deleted).toBe(document.refs.found);
    expect(document.refs.deleted).toBeGreaterThan(4);
    expect(document.host.status).toBe('in-use');
    expect(refs()).toMatch(
      /^refs\/coppice\/generated\/4567\nrefs\/coppice\/runs\/about-to-start\/plan\n(refs\/coppice\/(runs|queues\/\w+)\/going-on\/\S+\n)+$/,
    );
    const again = await stack.coppice(args);
    expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/0 refs of 0 runs/)]);
    expect((await stack.coppice(['report', 'ended'])).code).toBe(4);
    letGo();
    expect((await stack.reportOf('going-on')).status).toBe('completed');
  }, 60_000);

  it('refuses a time that is none, and needs a state remote and a server', async () => {
    const code = async (args: string[], env = {}) => (await stack.coppice(args, env)).code;
    expect(await code(prune('--older-than', 'soon'))).toBe(2);
    expect(await code(['prune'])).toBe(2);
    expect(await code(prune(), { TEMPORAL_ADDRESS: '127.0.0.1:1' })).toBe(3);
    expect(await code(prune(), { COPPICE_STATE_REMOTE: 'https://127.0.0.1:1/x.git' })).toBe(3);
  });
});
