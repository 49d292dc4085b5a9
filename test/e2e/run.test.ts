import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../contracts/documents/report.ts';
import type { RunStatusDocument } from '../../client/watch/status.ts';
import { Stack } from './stack.ts';
import { byUnit, said, steps } from './scripts.ts';

const files = {
  'coppice.yaml': 'version: 1\nverify: sh test.sh\n',
  'test.sh': 'set -e\nfor t in tests/*.sh; do sh "$t"; done\n',
  'tests/base.sh': 'test -f shared.txt\n',
  'shared.txt': 'one\ntwo\nthree\n',
  'AGENTS.md': 'Say please.\n',
};

describe.each([
  ['with cached workflows', {}],
  ['replaying every task', { COPPICE_WORKFLOW_CACHE: '0' }],
])('a run %s', (_, env) => {
  let stack: Stack;

  beforeAll(async () => {
    const reply = byUnit({
      // Its check is red at first; it fixes the file when it is told.
      clumsy: (request) =>
        said(request).includes('does not pass')
          ? steps('', '', 'printf "exit 0\\n" > tests/clumsy.sh')(request)
          : steps('printf "echo clumsy is broken; exit 1\\n" > tests/clumsy.sh')(request),
      // Both change the same line; anyone who comes second resolves the markers.
      left: (request) => conflicting('left', request),
      right: (request) => conflicting('right', request),
      // A stranger pushes the same, or something else, while it works.
      same: (request) => {
        if (request.turn === 1) stack.commit('A stranger was first', { 'same.txt': 'same\n' });
        return steps('echo same > same.txt')(request);
      },
      beside: (request) => {
        if (request.turn === 1) stack.commit('A stranger passes by', { 'passing.txt': 'by\n' });
        return steps('echo beside > beside.txt')(request);
      },
      idle: steps(),
      greedy: steps('echo x > greedy.txt; echo y > elsewhere.txt'),
    });
    stack = await Stack.start({ reply, files, env });
    await stack.worker('host-1', ['--slots', '3']);
    await stack.worker('host-2', ['--slots', '3']);
  });
  afterAll(() => stack.close());

  function conflicting(side: string, request: Parameters<ReturnType<typeof steps>>[0]) {
    const resolve = `grep -v '^[<=>]\\{7\\}' shared.txt > /tmp/s && cp /tmp/s shared.txt`;
    const edit = `sed -i 's/^two$/two ${side}/' shared.txt`;
    return said(request).includes('conflict') ? steps(edit, '', resolve)(request) : steps(edit)(request);
  }

  it('lands a diamond, a conflict and a unit that is red at first; every commit is green', async () => {
    const base = stack.log()[0]?.sha;
    const plan = stack.plan([
      { id: 'a', title: 'Add a', prompt: 'Make a.txt' },
      { id: 'b', title: 'Add b', prompt: 'Make b.txt', needs: ['a'] },
      { id: 'c', title: 'Add c', prompt: 'Make c.txt', needs: ['a'], scope: ['c.txt'] },
      { id: 'd', title: 'Add d', prompt: 'Make d.txt', needs: ['b', 'c'], verify: 'test -f b.txt && test -f c.txt' },
      { id: 'clumsy', title: 'Add a test', prompt: 'Add tests/clumsy.sh' },
      { id: 'left', title: 'Change two on the left', prompt: 'Change line two' },
      { id: 'right', title: 'Change two on the right', prompt: 'Change line two' },
    ]);
    const ran = await stack.coppice(['run', plan, '--repo', stack.remote, '--json']);
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining('landed')]);
    const report = JSON.parse(ran.stdout) as Report;
    expect(report).toMatchObject({ version: 1, status: 'completed', branch: 'main', base, startedBy: 'dana' });
    expect(report.tip).toBe(stack.log()[0]?.sha);
    expect(report.conflicts).toEqual({ predicted: 0, met: 1, resolvedByAgent: 1, resolvedByPerson: 0 });
    const byId = Object.fromEntries(report.units.map((unit) => [unit.id, unit]));
    expect(Object.values(byId).map(({ status }) => status)).toEqual(Array<string>(7).fill('landed'));
    expect(new Set([byId['left']?.attempts, byId['right']?.attempts])).toEqual(new Set([1, 2]));
    expect(byId['clumsy']).toMatchObject({ attempts: 1, turns: 4 });
    expect(byId['a']?.usage.inputTokens).toBeGreaterThan(0);
    const names = report.units.map(({ hosts }) => hosts);
    expect(names.filter((hosts) => hosts.length === 0)).toEqual([]);
    // Six are ready at once, and a host has three slots.
    expect([...new Set(names.flat())].toSorted()).toEqual(['host-1', 'host-2']);

    const landed = stack.log().slice(0, -1).toReversed();
    expect(new Set(landed.map(({ sha }) => sha))).toEqual(new Set(report.units.map(({ commit }) => commit)));
    expect(landed).toHaveLength(report.units.length);
    for (const { sha, subject, body } of landed) {
      const unit = report.units.find(({ commit }) => commit === sha);
      expect(subject).toBe(unit?.title);
      expect(body.trim().split('\n')).toEqual([
        `Coppice-Run: ${report.run}`,
        `Coppice-Unit: ${unit?.id}`,
        'Requested-by: dana',
        'Coppice-Attempt: 1',
      ]);
      verifyCommit(sha);
    }
    const order = landed.map(({ subject }) => subject);
    expect(order.indexOf('Add a')).toBeLessThan(order.indexOf('Add b'));
    expect(order.indexOf('Add d')).toBeGreaterThan(Math.max(order.indexOf('Add b'), order.indexOf('Add c')));
    const two = stack.show('shared.txt').split('\n').slice(1, -2).toSorted();
    expect(two).toEqual(['two left', 'two right']);
    expect(stack.git('--git-dir', stack.remote, 'ls-tree', '-r', '--name-only', 'main')).not.toContain('.coppice/');
  });

  /** Checks a commit out and runs its verification, as anybody could. */
  function verifyCommit(sha: string): void {
    const clone = mkdtempSync(join(stack.root, 'verify-'));
    stack.git('clone', '--quiet', '--no-checkout', stack.remote, clone);
    stack.git('-C', clone, 'checkout', '--quiet', sha);
    execFileSync('sh', ['test.sh'], { cwd: clone });
  }

  it('names the session to the model, gives it the prompt and the project’s notes, and offers the vendor’s tools and ours', () => {
    const first = stack.model.requests.find(({ user, turn }) => user.endsWith('/a') && turn === 0);
    expect(first?.user).toMatch(/^coppice\/[^/]+\/a$/);
    expect(first && said(first)).toContain('Make a.txt');
    expect(first && said(first)).toContain('Say please.');
    expect(first?.tools).toMatchObject([
      { type: 'bash_20250124', name: 'bash' },
      { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' },
      { name: 'report' },
      { name: 'ask_person' },
      { name: 'post_message' },
      { name: 'read_messages' },
      { name: 'write_note' },
      { name: 'read_notes' },
      { name: 'claim_paths' },
    ]);
  });

  it('fails a unit that changes nothing, and one that leaves its scope; skips dependants; lands the rest', async () => {
    const plan = stack.plan([
      { id: 'idle', title: 'Do nothing', prompt: 'Nothing' },
      { id: 'after', title: 'After nothing', prompt: 'Wait', needs: ['idle'] },
      { id: 'greedy', title: 'Take more', prompt: 'Take', scope: ['greedy.txt'] },
      { id: 'fine', title: 'Fine', prompt: 'Fine' },
    ]);
    const ran = await stack.coppice(['run', plan, '--repo', stack.remote, '--json', '--id', 'partial']);
    expect(ran.code).toBe(1);
    const report = JSON.parse(ran.stdout) as Report;
    expect(report.status).toBe('failed');
    expect(report.units.map(({ id, status, reason }) => [id, status, reason?.split(':')[0] ?? null])).toEqual([
      ['idle', 'failed', 'no-change'],
      ['after', 'skipped', 'dependency-failed'],
      ['greedy', 'failed', 'out-of-scope'],
      ['fine', 'landed', null],
    ]);
    expect(report.units[2]?.reason).toContain('elsewhere.txt');
    const told = stack.model.requests.filter(({ user }) => user === 'coppice/partial/greedy').map(said);
    expect(told.at(-1)).toContain('elsewhere.txt');
    // The same, read again without a worker’s help.
    const status = await stack.json<RunStatusDocument>(['status', 'partial']);
    expect(status).toMatchObject({ version: 1, status: 'failed', startedBy: 'dana' });
    expect((await stack.coppice(['report', 'partial'])).code).toBe(0);
  });

  it('counts a unit whose change has come to the target meanwhile as landed, with the commit that has it', async () => {
    const plan = stack.plan([{ id: 'same', title: 'Add same', prompt: 'Make same.txt' }]);
    const report = await stack.json<Report>(['run', plan, '--repo', stack.remote]);
    const stranger = stack.log()[0];
    expect(stranger?.subject).toBe('A stranger was first');
    expect(report.units[0]).toMatchObject({ status: 'landed', commit: stranger?.sha });
  });

  it('keeps a stranger’s commit and lands on top of it', async () => {
    const plan = stack.plan([{ id: 'beside', title: 'Add beside', prompt: 'Make beside.txt' }]);
    const report = await stack.json<Report>(['run', plan, '--repo', stack.remote]);
    expect(report.status).toBe('completed');
    expect(
      stack
        .log()
        .map(({ subject }) => subject)
        .slice(0, 2),
    ).toEqual(['Add beside', 'A stranger passes by']);
  });
});
