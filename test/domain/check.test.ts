import { describe, expect, it } from 'vitest';
import { judgeDisk, judgeGit, judgeMemory, judgeNode, judgePollers } from '../../domain/doctor/finding.ts';
import manifest from '../../package.json' with { type: 'json' };
import { programsOf } from '../../formats/setup/shell-programs.ts';

const gib = 1024 ** 3;

describe('what a check says', () => {
  it.each([
    ['git version 2.39.5', 'ok', '2.39.5'],
    ['git version 2.38.0.windows.1', 'ok', '2.38.0.windows.1'],
    ['git version 3.0.0-rc1', 'ok', '3.0.0'],
    ['git version 2.37.9 (Apple Git-1)', 'fail', '2.37.9 is too old'],
    ['git version 1.90.0', 'fail', '1.90.0 is too old'],
    ['', 'fail', 'git does not say its version: '],
  ])('of %j is %s', (answer, status, detail) => {
    expect(judgeGit(answer)).toMatchObject({ status, detail });
  });

  it.each([
    ['24.1.0', 'ok'],
    ['22.18.0', 'ok'],
    ['22.17.9', 'fail'],
    ['9.20.0', 'fail'],
  ])('of Node %s is %s', (version, status) => {
    expect(judgeNode(version).status).toBe(status);
  });

  it('names the Node that package.json names', () => {
    expect(judgeNode('1.0.0').hint).toBe(`Install Node ${manifest.engines.node.replace('>=', '')} or later.`);
  });

  it('of a disk is by what is free, and whether it can be written to', () => {
    const of = (free: number, writable = true) => judgeDisk('/home', free * gib, writable).status;
    expect([of(20), of(2), of(0.5), of(20, false)]).toEqual(['ok', 'warn', 'fail', 'fail']);
  });

  it('of memory is by what is available', () => {
    expect(judgeMemory(8 * gib, 4 * gib, 8)).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('8 sessions'),
    });
    expect(judgeMemory(8 * gib, 0.5 * gib, 8).status).toBe('warn');
  });

  it.each([
    [[[], [], []], 'fail', 'no worker polls'],
    [[[], ['a'], ['a']], 'fail', 'no worker runs workflows'],
    [[['o'], [], []], 'fail', 'no worker runs agents'],
    [[['o'], ['a'], []], 'warn', 'verify: nobody'],
    [[['o'], ['a', 'b', 'c', 'd'], ['a']], 'ok', 'workflows: o; agents: a, b and 2 more; verify: a'],
  ])('of pollers %j is %s', ([workflows = [], agents = [], verify = []], status, detail) => {
    const finding = judgePollers({ workflows, agents, verify, landing: verify });
    expect(finding).toMatchObject({ status, detail: expect.stringContaining(detail) });
    expect(finding.hint === '').toBe(status === 'ok');
  });
});

describe('the programs that a command starts', () => {
  it.each([
    ['npm ci', ['npm']],
    ['npm ci && npm test || cargo test', ['npm', 'cargo']],
    ['CI=true A="b c" npm test', ['npm']],
    ['(cd web && yarn install) &&\nmake test # with make', ['cd', 'yarn', 'make']],
    ['go list ./... | xargs go test; ruff check', ['go', 'xargs', 'ruff']],
    ['if true; then tox; else ! nox; fi', ['true', 'tox', 'nox', 'fi']],
    ['echo "a && b; c" \'d | e\' > f.txt 2>&1', ['echo']],
    ['./gradlew check && .venv/bin/pytest && $PY -m x', []],
    ['npm \\\n  run x', ['npm']],
    ['cat <<EOF > x\nrm -rf nothing\nEOF\npytest', ['cat', 'pytest']],
    ['', []],
  ])('%j are %j', (command, programs) => {
    expect(programsOf(command)).toEqual(programs);
  });
});
