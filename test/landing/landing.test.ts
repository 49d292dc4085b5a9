import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chmodSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { LandingSubject } from '../../contracts/activities/landing.ts';
import { type Host, makeResult } from '../git/open-host.ts';
import type { VerifyHost } from '../../activities/landing/verify/verify-host.ts';
import { type Built, built, land, openTrainHost, tipOf, verified } from './trains.ts';
import { planRun } from '../agent/slice-host.ts';
import { unit } from '../domain/fixtures.ts';
import { type Remote, cleanUp, git, makeRemote, makeState } from '../git/make-repository.ts';

let host: VerifyHost & Host;
beforeAll(async () => {
  host = await openTrainHost();
});
afterAll(cleanUp);

/** The plan of `run-1`, with one unit. */
function contextFor(remote: Remote, state: string, scope: readonly string[] | null = null) {
  return planRun(host, { remote, state, run: 'run-1' }, { unit: { id: unit('unit-1'), scope } });
}

/** One result on its way to a target that verifies, unless `files` has another coppice.yaml. */
async function prepare(
  files: Parameters<typeof makeRemote>[0],
  changes: Parameters<typeof makeResult>[2],
  scope: readonly string[] | null = null,
) {
  const [remote, state] = [makeRemote({ ...verified, ...files }), makeState()];
  const context = await contextFor(remote, state, scope);
  const { subject } = await makeResult(host, context, changes);
  const train = () => built(host, [subject]);
  /** What became of it. */
  const build = async () => (await train()).members[0];
  const candidate = async () => tipOf(await train()).commit;
  const landing = (what: Built) => land(host, context, what);
  return { remote, state, context, subject, train, build, candidate, landing };
}

async function buildWith(subject: LandingSubject) {
  return (await built(host, [subject])).members[0];
}

test('a candidate is the result on the tip, and the same commit when built again elsewhere', async () => {
  const { remote, state, subject } = await prepare({ a: '1\n' }, { b: '2\n' });
  const target = remote.push({ c: '3\n' });
  const first = await built(host, [subject], { train: 1 });
  expect(await built(await openTrainHost(), [subject], { train: 1 })).toEqual(first);
  expect(await built(host, [subject], { train: 1 })).toEqual(first);
  expect(first.target).toBe(target);
  const { commit, size } = tipOf(first);
  expect(size).toEqual({ files: 1, additions: 1, deletions: 0 });
  const ref = 'refs/coppice/queues/12345678/train-1';
  expect(first.source).toEqual({
    repository: remote.url,
    stateRemote: state,
    ref,
    commit: git(state, 'rev-parse', ref),
  });
  expect(git(state, 'rev-parse', `${ref}^`, `${ref}^^`).split('\n')).toEqual([commit, target]);
  expect(git(state, 'log', '-1', '--format=%an|%cI|%s|%(trailers:only)', commit)).toBe(
    'Coppice|2026-11-24T10:00:00+00:00|Do unit-1|Coppice-Run: run-1\nCoppice-Unit: unit-1\nRequested-by: dana\nApproved-by: Dana',
  );
  expect(git(state, 'ls-tree', '--name-only', commit)).toBe('a\nb\nc\ncoppice.yaml');
});

test('landing moves the target to the very candidate, once', async () => {
  const { remote, train, landing } = await prepare({ a: '1\n' }, { b: '2\n' });
  const first = await train();
  expect(await landing(first)).toEqual({ status: 'landed' });
  expect(remote.tip()).toBe(tipOf(first).commit);
  expect(await landing(first)).toEqual({ status: 'landed' });
  remote.push({ later: '1' });
  expect(await landing(first)).toEqual({ status: 'landed' });
});

test("a stranger's push stays, and the candidate is rebuilt on it", async () => {
  const { remote, train, landing } = await prepare({ a: '1\n' }, { b: '2\n' });
  const first = await train();
  const stranger = remote.push({ c: '3\n' });
  expect(await landing(first)).toEqual({ status: 'moved' });
  expect(remote.tip()).toBe(stranger);
  const again = await train();
  expect(again.target).toBe(stranger);
  expect(await landing(again)).toEqual({ status: 'landed' });
  expect(git(remote.url, 'log', '--format=%s', 'main').split('\n')).toEqual(['Do unit-1', 'a change', 'first']);
});

test('a candidate that was not built on the target never lands', async () => {
  const { remote, train, landing } = await prepare({ a: '1\n' }, { b: '2\n' });
  const first = await train();
  const stranger = remote.push({ c: '3\n' });
  // The target is known by now, and where it is said to be.
  const { target } = await train();
  expect(target).toBe(stranger);
  await expect(landing({ ...first, target })).rejects.toMatchObject({ type: 'GitFailed' });
  expect(remote.tip()).toBe(stranger);
});

test('a refusal says what the remote said, and changes nothing', async () => {
  const { remote, train, landing } = await prepare({ a: '1\n' }, { b: '2\n' });
  const hook = join(remote.url, 'hooks', 'pre-receive');
  writeFileSync(hook, '#!/bin/sh\necho "main is \x1b[1mprotected\x07" >&2\nexit 1\n');
  chmodSync(hook, 0o755);
  const before = remote.tip();
  expect(await landing(await train())).toEqual({
    status: 'refused',
    message: '(pre-receive hook declined)\nmain is protected',
  });
  expect(remote.tip()).toBe(before);
});

test('a unit that has landed is answered with its commit, whatever came after it', async () => {
  const { remote, train, build, landing } = await prepare({ a: '1\n' }, { a: '2\n' });
  const first = await train();
  await landing(first);
  remote.push({ a: '3\n' });
  expect(await build()).toEqual({ status: 'already-landed', commit: tipOf(first).commit });
});

describe('what an older run with the same id has landed', () => {
  const older = 'Do unit-1\n\nCoppice-Run: run-1\nCoppice-Unit: unit-1\nRequested-by: dana';

  test('is not what this one lands, when it is in the base', async () => {
    const remote = makeRemote({ ...verified, a: '1\n' });
    remote.push({ a: '2\n' }, { message: older });
    const context = await contextFor(remote, makeState());
    const { subject } = await makeResult(host, context, { a: '3\n' });
    expect(await buildWith(subject)).toMatchObject({ status: 'stacked' });
  });

  test.each([
    ['amended away', (url: string) => git(url, 'update-ref', 'refs/heads/main', rewritten(url))],
    [
      'rewritten, and the base is gone',
      (url: string) => {
        git(url, 'update-ref', 'refs/heads/main', rewritten(url));
        git(url, 'reflog', 'expire', '--expire=now', '--all');
        git(url, 'gc', '-q', '--prune=now');
      },
    ],
  ])('is not what this one lands, when the base is %s', async (_, rewrite) => {
    const remote = makeRemote({ ...verified, a: '1\n' });
    remote.push({ a: '2\n' }, { message: older });
    const context = await contextFor(remote, makeState());
    const { subject } = await makeResult(host, context, { b: '3\n' });
    rewrite(remote.url);
    // Also on a host that never had the base.
    for (const each of [host, await openTrainHost()]) {
      expect((await built(each, [subject])).members).toMatchObject([{ status: 'stacked' }]);
    }
  });

  /** The tip once more, as an old commit on a new history. */
  function rewritten(url: string): string {
    const old = { GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z', GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z' };
    const env = { ...process.env, ...old, GIT_CONFIG_GLOBAL: '/dev/null' };
    const who = ['-c', 'user.name=x', '-c', 'user.email=x'];
    const args = ['--git-dir', url, ...who, 'commit-tree', '-m', older, 'refs/heads/main^{tree}'];
    return execFileSync('git', args, { env, encoding: 'utf8' }).trim();
  }

  test('and what this one has landed counts after a rewrite, too', async () => {
    const { remote, train, landing, build } = await prepare({ a: '1\n' }, { a: '2\n' });
    const first = await train();
    await landing(first);
    const message = git(remote.url, 'log', '-1', '--format=%B', tipOf(first).commit);
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' };
    const who = ['-c', 'user.name=x', '-c', 'user.email=x'];
    const args = ['--git-dir', remote.url, ...who, 'commit-tree', '-m', message, 'refs/heads/main^{tree}'];
    const copy = execFileSync('git', args, { env, encoding: 'utf8' }).trim();
    git(remote.url, 'update-ref', 'refs/heads/main', copy);
    expect(await build()).toEqual({ status: 'already-landed', commit: copy });
  });
});

test('a change that the target has already is landed with the commit that has it', async () => {
  const { remote, build } = await prepare({ a: '1\n' }, { a: '2\n' });
  const commit = remote.push({ a: '2\n' });
  remote.push({ other: 'x\n' });
  expect(await build()).toEqual({ status: 'already-landed', commit });
});

test("the target's attributes count in memory as they do in a worktree", async () => {
  const files = {
    '.gitattributes': 'LOG merge=union\n',
    LOG: 'start\n',
    'sub/.gitattributes': 'NOTES merge=union\n"odd name" merge=union\n/top/LIST merge=union\n',
    'sub/deep/NOTES': 'n\n',
    'sub/odd name': 'n\n',
    'sub/top/LIST': 'n\n',
  };
  const mine = {
    LOG: 'start\nunit\n',
    'sub/deep/NOTES': 'n\nunit\n',
    'sub/odd name': 'n\nunit\n',
    'sub/top/LIST': 'n\nunit\n',
  };
  const theirs = {
    LOG: 'start\nother\n',
    'sub/deep/NOTES': 'n\nother\n',
    'sub/odd name': 'n\nother\n',
    'sub/top/LIST': 'n\nother\n',
  };
  const { remote, state, candidate } = await prepare(files, mine);
  remote.push(theirs);
  const commit = await candidate();
  expect(git(state, 'show', `${commit}:LOG`)).toBe('start\nother\nunit');
  for (const path of ['sub/deep/NOTES', 'sub/odd name', 'sub/top/LIST']) {
    expect(git(state, 'show', `${commit}:${path}`)).toBe('n\nother\nunit');
  }
});

describe('what git cannot merge is a conflict of its kind', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join('');
  const executable = (text: string) => ({ executable: text });
  test.each([
    [{ f: '1\n' }, { f: '2\n' }, { f: '3\n' }, { f: 'contents' }],
    [{ f: '\0a' }, { f: '\0b' }, { f: '\0c' }, { f: 'binary' }],
    [{ f: '1\n' }, { f: '2\n' }, { f: null }, { f: 'modify/delete' }],
    [{ f: '1\n' }, { f: null }, { f: '2\n' }, { f: 'modify/delete' }],
    [{ f: lines }, { f: null, g: lines }, { f: null }, { g: 'rename/delete' }],
    [{ f: '1\n' }, { n: '2\n' }, { n: '3\n' }, { n: 'add/add' }],
    [{ f: '1\n' }, { n: '2\n' }, { n: executable('2\n') }, { n: 'mode' }],
    [{ f: '1\n' }, { n: '2\n' }, { 'n/x': '3\n' }, { 'n~unit': 'file/directory' }],
    [{ f: '1\n' }, { 'n/x': '2\n' }, { n: '3\n' }, { 'n~target': 'file/directory' }],
    [
      { f: lines },
      { f: null, g: lines },
      { f: null, h: lines },
      { f: 'rename/rename', g: 'rename/rename', h: 'rename/rename' },
    ],
    [{ f: '1\n' }, { f: { link: 'x' } }, { f: '2\n' }, { f: 'distinct modes', 'f~target': 'distinct modes' }],
    [{ 'x/yarn.lock': '1\n' }, { 'x/yarn.lock': '2\n' }, { 'x/yarn.lock': '3\n' }, { 'x/yarn.lock': 'lock' }],
    [{ 'go.sum': { link: '1' } }, { 'go.sum': { link: '2' } }, { 'go.sum': { link: '3' } }, { 'go.sum': 'contents' }],
  ] as const)('%j: %j meets %j', async (before, mine, theirs, kinds) => {
    const { remote, build } = await prepare(before, mine);
    remote.push(theirs);
    const conflicts = Object.entries(kinds).map(([path, kind]) => ({ path, kind }));
    expect(await build()).toEqual({ status: 'conflict', conflicts });
  });

  test('of very many, fifty travel', async () => {
    const many = (text: string) => Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f${i}`, text]));
    const { remote, build } = await prepare({ a: '1\n' }, many('mine\n'));
    remote.push(many('theirs\n'));
    const result = await build();
    if (result?.status !== 'conflict') throw new Error(result?.status);
    expect(result.conflicts).toHaveLength(50);
  });
});

test('a file that was added to a folder goes along when the target has renamed the folder', async () => {
  const numbers = (from: number) => Array.from({ length: 40 }, (_, i) => `${from + i}\n`).join('');
  const [one, two] = [numbers(1), numbers(100)];
  const { remote, state, candidate } = await prepare(
    { 'src/one': one, 'src/two': two },
    { 'src/three': '3\n', 'src/one': `${one}more\n` },
  );
  remote.push({ 'src/one': null, 'src/two': null, 'lib/one': one, 'lib/two': two });
  const commit = await candidate();
  expect(git(state, 'ls-tree', '-r', '--name-only', commit)).toBe('coppice.yaml\nlib/one\nlib/three\nlib/two');
  expect(git(state, 'show', `${commit}:lib/one`)).toContain('more');
});

describe('what would land is judged, not what the unit has changed', () => {
  const numbers = (from: number) => Array.from({ length: 40 }, (_, i) => `${from + i}\n`).join('');
  const [one, two] = [numbers(1), numbers(100)];
  const folder = { 'src/one': one, 'src/two': two };
  const renamed = { 'src/one': null, 'src/two': null, 'guarded/one': one, 'guarded/two': two };
  const people = 'people: { maintainers: { slack: [UM], users: [], email: [] } }\n';
  const rules = (text: string) => ({ 'coppice.yaml': `version: 1\n${text}` });
  const asking = rules(`${people}policy: [{ action: merge, paths: ["guarded/**"], decide: ask, by: [maintainers] }]\n`);
  const denying = rules('policy: [{ action: merge, paths: ["guarded/**"], decide: deny }]\n');

  test('a file that is added where the target has renamed the folder needs the consent of its new place', async () => {
    const { remote, subject, build } = await prepare({ ...folder, ...asking }, { 'src/x.ts': 'x\n' });
    remote.push(renamed);
    const missing = await build();
    expect(missing).toMatchObject({
      status: 'consent-missing',
      changed: ['guarded/x.ts'],
      changedCount: 1,
      size: { files: 1, additions: 1, deletions: 0 },
      policy: { by: ['maintainers'], allowed: { slack: ['UM'] } },
    });
    if (missing?.status !== 'consent-missing') throw new Error(missing?.status);
    const ofResult = { channel: 'slack', id: 'UM' } as const;
    const withConsents = async (...consents: LandingSubject['consents']) =>
      (await buildWith({ ...subject, consents }))?.status;
    expect(await withConsents(ofResult)).toBe('consent-missing');
    expect(await withConsents({ ...ofResult, id: 'UX', covers: missing.covers })).toBe('consent-missing');
    expect(await withConsents({ ...ofResult, covers: missing.covers })).toBe('stacked');
  });

  test('a review counts for what the result changes, by the target’s rules, and not for where the merge puts it', async () => {
    const unlessReviewed = rules(
      `${people}policy: [{ action: merge, decide: ask, by: [maintainers], unless: reviewed }]\n`,
    );
    const { remote, subject } = await prepare({ ...folder, ...unlessReviewed }, { 'src/x.ts': 'x\n', free: 'x\n' });
    const reviewed = (review: NonNullable<LandingSubject['review']>, consents: LandingSubject['consents'] = []) =>
      buildWith({ ...subject, review, consents });
    expect(await reviewed('changes')).toMatchObject({ status: 'consent-missing', changed: ['free', 'src/x.ts'] });
    remote.push(renamed);
    const missing = await reviewed('approve');
    expect(missing).toMatchObject({
      status: 'consent-missing',
      policy: { required: [{ by: ['maintainers'], paths: ['guarded/x.ts'], pathCount: 1 }] },
    });
    if (missing?.status !== 'consent-missing') throw new Error(missing?.status);
    const seen = [{ channel: 'slack', id: 'UM', covers: missing.covers } as const];
    expect(await reviewed('approve', seen)).toMatchObject({ status: 'stacked' });
  });

  test('the owners count that the target names by now, for the place where a file would land', async () => {
    const owned = rules(
      "people: { dana: { slack: [UD], owns: ['@dana'] }, kim: { slack: [UK], owns: ['@kim'] } }\npolicy: [{ action: merge, decide: ask, by: [codeowners] }]\n",
    );
    const { remote, subject } = await prepare(
      { ...folder, ...owned, CODEOWNERS: '/src/ @dana\n' },
      { 'src/x.ts': 'x\n', free: 'x\n' },
    );
    const buildFor = (...consents: LandingSubject['consents']) => buildWith({ ...subject, consents });
    const [dana, kim] = [{ channel: 'slack', id: 'UD' } as const, { channel: 'slack', id: 'UK' } as const];
    expect(await buildFor(kim)).toMatchObject({
      status: 'consent-missing',
      changed: ['src/x.ts', 'free'],
      policy: { required: [{ by: ['@dana'], allowed: { slack: ['UD'] }, paths: ['src/x.ts'], pathCount: 1 }] },
    });
    remote.push({ CODEOWNERS: '/src/ @dana\n/guarded/ @kim\n/free @dana @ghost\n', ...renamed });
    const missing = await buildFor(dana);
    expect(missing).toMatchObject({
      status: 'consent-missing',
      policy: { required: [{ by: ['@kim'], allowed: { slack: ['UK'] }, paths: ['guarded/x.ts'] }] },
    });
    if (missing?.status !== 'consent-missing') throw new Error(missing?.status);
    expect(await buildFor(dana, kim)).toMatchObject({ status: 'consent-missing' });
    expect(await buildFor(dana, { ...kim, covers: missing.covers })).toMatchObject({ status: 'stacked' });
  });

  test('rules that have become unreadable stop what would land, and allow nothing', async () => {
    const { remote, build } = await prepare({ ...folder, ...denying }, { 'guarded/x.ts': 'x\n' });
    remote.push({ 'coppice.yaml': { link: 'readme.md' } });
    await expect(build()).rejects.toMatchObject({ type: 'TargetRulesUnreadable' });
  });

  test('consent to the moved paths does not count when the merge puts them elsewhere again', async () => {
    const { remote, subject, build } = await prepare({ ...folder, ...asking }, { 'src/x.ts': 'x\n' });
    remote.push(renamed);
    const missing = await build();
    if (missing?.status !== 'consent-missing') throw new Error(missing?.status);
    const within = Object.fromEntries(
      Object.entries(renamed).map(([path, text]) => [path.replace('d/', 'd/in/'), text]),
    );
    remote.push({ 'guarded/one': null, 'guarded/two': null, ...within });
    const consents = [{ channel: 'slack', id: 'UM', covers: missing.covers } as const];
    expect(await buildWith({ ...subject, consents })).toMatchObject({
      status: 'consent-missing',
      changed: ['guarded/in/x.ts'],
    });
  });

  test.each([
    ['added to a folder', { 'src/x.ts': 'x\n' }, 'guarded/x.ts'],
    ['changed', { 'src/one': `${one}more\n` }, 'guarded/one'],
  ])('a file that was %s goes back where the target denies its new place', async (_, mine, first) => {
    const { remote, build } = await prepare({ ...folder, ...denying }, mine);
    remote.push(renamed);
    const conflicts = expect.arrayContaining([{ path: first, kind: 'moved' }]);
    expect(await build()).toMatchObject({ status: 'conflict', conflicts });
  });

  test('a file goes back that would land outside the scope of its unit', async () => {
    const { remote, build } = await prepare(folder, { 'src/x.ts': 'x\n' }, ['src/**']);
    remote.push(renamed);
    const conflicts = [{ path: 'guarded/x.ts', kind: 'moved' }];
    expect(await build()).toEqual({ status: 'conflict', conflicts });
  });

  test.each([
    ['asks', asking, { status: 'consent-missing', changed: ['guarded/x.ts'] }],
    ['denies', denying, { status: 'denied', rule: 'merge of guarded/**: deny' }],
    [
      'asks others',
      rules(`${people}policy: [{ action: merge, decide: ask, by: [maintainers] }]\n`),
      { status: 'consent-missing', policy: { by: ['maintainers'] } },
    ],
    ['protects', rules('landing: { protect: ["guarded/**"] }\n'), { status: 'consent-missing', policy: { by: [] } }],
  ])('a rule counts that came to the target while the unit was queued: it %s', async (_, later, expected) => {
    const { remote, subject } = await prepare({ a: '1\n' }, { 'guarded/x.ts': 'x\n' });
    remote.push(later);
    expect(await buildWith({ ...subject, consents: [] })).toMatchObject(expected);
  });

  test('a target whose rules cannot be read takes nothing', async () => {
    const { remote, build } = await prepare({ a: '1\n' }, { b: 'x\n' });
    remote.push(rules('policy: [\n'));
    await expect(build()).rejects.toMatchObject({ type: 'TargetRulesUnreadable' });
  });
});

test('checksums of Go that both sides have added to are united', async () => {
  const { remote, state, candidate } = await prepare(
    { 'go.sum': 'a v1 h1:x=\nz v1 h1:x=\n' },
    { 'go.sum': 'a v1 h1:x=\nc v1 h1:x=\nz v1 h1:x=\n' },
  );
  remote.push({ 'go.sum': 'a v1 h1:x=\nb v1 h1:x=\nz v1 h1:x=\n' });
  const sum = git(state, 'show', `${await candidate()}:go.sum`);
  expect(sum).toBe('a v1 h1:x=\nb v1 h1:x=\nc v1 h1:x=\nz v1 h1:x=');
});

describe('markers of a conflict do not land', () => {
  const shown = (from = 'HEAD', to = 'topic') =>
    `text\n${'<'.repeat(7)} ${from}\nmine\n${'='.repeat(7)}\ntheirs\n${'>'.repeat(7)} ${to}\nmore\n`;
  test.each([
    ['in a file that the unit adds', { a: '1\n' }, { 'docs/new.md': shown() }, ['docs/new.md']],
    ['in a file that the unit changes', { a: '1\n' }, { a: shown('target', 'unit') }, ['a']],
    ['in a file with Windows line ends', { a: '1\r\n' }, { a: shown().replaceAll('\n', '\r\n') }, ['a']],
    [
      'with the middle of diff3',
      { a: '1\n' },
      { a: shown().replace('mine\n', `mine\n${'|'.repeat(7)} x\nb\n`) },
      ['a'],
    ],
    ['when one line of ours is left', { a: '1\n' }, { a: `1\n${'>'.repeat(7)} unit\n` }, ['a']],
    ['beside a place that shows others', { a: shown() }, { a: `${shown()}${shown('target', 'unit')}` }, ['a']],
    [
      'of the length that attributes give them',
      { '.gitattributes': '*.txt conflict-marker-size=9\n', 'a.txt': '1\n' },
      { 'a.txt': shown().replaceAll(/^([<=>])\1+/gm, (marker) => marker.padEnd(9, marker[0])) },
      ['a.txt'],
    ],
  ] as const)('%s', async (_, before, mine, paths) => {
    const { build } = await prepare(before, mine);
    const conflicts = paths.map((path) => ({ path, kind: 'markers' }));
    expect(await build()).toEqual({ status: 'conflict', conflicts });
  });

  test.each([
    ['were in the target before', { a: shown() }, { a: shown().replace('more', 'most') }],
    ['have moved with their document', { a: shown() }, { a: null, 'docs/a': shown() }],
    [
      'stand in a document whose attributes say so',
      { a: '1\n' },
      { b: shown(), '.gitattributes': 'b conflict-marker-size=32\n' },
    ],
    ['are indented', { a: '1\n' }, { b: shown().replaceAll(/^/gm, '    ') }],
    ['are headings', { a: '1\n' }, { b: 'Title\n=======\n\n>>> print(1)\n1\n>>>>>>> eight\n' }],
    ['are in a binary file', { a: '1\n' }, { b: `\0${shown()}` }],
  ] as const)('but what only looks so does: they %s', async (_, before, mine) => {
    const { build } = await prepare(before, mine);
    expect(await build()).toMatchObject({ status: 'stacked' });
  });
});

test('modes, case-colliding names and renames merge', async () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join('');
  const { remote, state, candidate } = await prepare(
    { tool: 'x\n', moved: lines },
    {
      tool: { executable: 'x\n' },
      README: 'upper\n',
      moved: `${lines}more\n`,
    },
  );
  remote.push({ tool: 'y\n', readme: 'lower\n', moved: null, there: lines });
  const commit = await candidate();
  expect(git(state, 'ls-tree', commit, 'tool').split(' ')[0]).toBe('100755');
  expect(git(state, 'show', `${commit}:tool`)).toBe('y');
  expect(git(state, 'show', `${commit}:README`)).toBe('upper');
  expect(git(state, 'show', `${commit}:readme`)).toBe('lower');
  expect(git(state, 'show', `${commit}:there`)).toContain('more');
});

test('submodule pointers are kept where nobody touched them and taken where the target moved them', async () => {
  const [remote, state] = [makeRemote({ ...verified, a: '1\n' }), makeState()];
  const point = (id: string) => {
    const clone = join(remote.url, '..', 'clone');
    git(clone, 'update-index', '--add', '--cacheinfo', `160000,${id},sub`);
    git(clone, 'commit', '-q', '-m', 'sub');
    git(clone, 'push', '-q', 'origin', 'HEAD:refs/heads/main');
  };
  point('1'.repeat(40));
  const context = await contextFor(remote, state);
  const { subject, changed } = await makeResult(host, context, { b: '2\n' });
  expect(changed.map((change) => change.path)).toEqual(['b']);
  point('2'.repeat(40));
  const { commit } = tipOf(await built(host, [subject]));
  expect(git(state, 'ls-tree', commit, 'sub')).toContain('2'.repeat(40));
});
