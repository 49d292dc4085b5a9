import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Content,
  type Remote,
  cleanUp,
  git,
  makeRemote,
  makeState,
  temporaryFolder,
} from '../git/make-repository.ts';
import type { VerifyHost } from '../../activities/landing/verify/verify-host.ts';
import {
  type Built,
  build,
  built,
  makeResults,
  prepareResults,
  openTrainHost,
  stackedOf,
  statusesOf,
  tipOf,
  verified,
} from './trains.ts';
import { contextFor } from '../git/open-host.ts';
import { planRun } from '../agent/slice-host.ts';

let host: VerifyHost;
beforeAll(async () => (host = await openTrainHost()));
afterAll(cleanUp);

type Files = Record<string, Content>;

const lines = Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join('');
const changed = (line: number, text: string) => lines.replace(`line ${line}\n`, `${text}\n`);

const prepare = (files: Files, units: Record<string, Files>) => {
  return prepareResults(host, { ...verified, ...files }, units);
};

/** A file of a train's last candidate. */
function show(train: Built, path: string): string {
  return git(train.source?.stateRemote ?? '', 'show', `${tipOf(train).commit}:${path}`);
}

function filesOf(train: Built): string[] {
  return git(train.source?.stateRemote ?? '', 'ls-tree', '-r', '--name-only', tipOf(train).commit).split('\n');
}

describe('members that change the same file', () => {
  test('are merged line by line, each onto the one before', async () => {
    const units = { a: { f: changed(1, 'a') }, b: { f: changed(12, 'b') }, c: { f: changed(24, 'c') } };
    const { remote, subjects } = await prepare({ f: lines }, units);
    remote.push({ f: changed(29, 'stranger') });
    const train = await built(host, subjects);
    expect(statusesOf(train)).toEqual(['stacked', 'stacked', 'stacked']);
    expect(
      show(train, 'f')
        .split('\n')
        .filter((line) => !line.startsWith('line')),
    ).toEqual(['a', 'b', 'c', 'stranger']);
    expect(stackedOf(train).map(({ size }) => size)).toEqual(
      Array.from({ length: 3 }, () => ({ files: 1, additions: 1, deletions: 1 })),
    );
    expect(await built(await openTrainHost(), subjects).then(stackedOf)).toEqual(stackedOf(train));
  });

  test('are merged as the attributes say that the train has by then', async () => {
    const { subjects } = await prepare(
      { log: 'start\n' },
      {
        rule: { '.gitattributes': 'log merge=union\n' },
        a: { log: 'start\na\n' },
        b: { log: 'start\nb\n' },
        c: { log: 'start\nc\n' },
      },
    );
    const train = await built(host, subjects);
    expect(statusesOf(train)).toEqual(['stacked', 'stacked', 'stacked', 'stacked']);
    expect(show(train, 'log')).toBe('start\na\nb\nc');
    expect(statusesOf(await built(host, subjects.slice(1)))).toEqual(['stacked', 'behind', 'behind']);
  });

  test.each(['plain', 'my folder', 'app/[slug]', '#x', '!x', 'a\tb', 'back\\slash'])(
    'are merged as the attributes in the folder %j say',
    async (folder) => {
      const log = `${folder}/log`;
      const files = { [`${folder}/.gitattributes`]: 'log merge=union\n', [log]: 'start\n' };
      const { subjects } = await prepare(files, { a: { [log]: 'start\na\n' }, b: { [log]: 'start\nb\n' } });
      const train = await built(host, subjects);
      expect(statusesOf(train)).toEqual(['stacked', 'stacked']);
      expect(show(train, log)).toBe('start\na\nb');
    },
  );

  test('that is a lock file are named when git has merged it', async () => {
    const units = { a: { 'yarn.lock': changed(1, 'a'), x: '1\n' }, b: { 'yarn.lock': changed(24, 'b') } };
    const { subjects } = await prepare({ 'yarn.lock': lines }, units);
    const [first, second] = stackedOf(await built(host, subjects));
    expect([first?.locks, second?.locks]).toEqual([undefined, ['yarn.lock']]);
  });

  test('that has checksums are united', async () => {
    const { subjects } = await prepare({ 'go.sum': 'm\n' }, { a: { 'go.sum': 'a\nm\n' }, b: { 'go.sum': 'b\nm\n' } });
    expect(show(await built(host, subjects), 'go.sum')).toBe('a\nb\nm');
  });
});

describe('what git cannot merge waits behind the member below', () => {
  test.each<[string, Files, Files, Files]>([
    ['binary files', { f: '\0a' }, { f: '\0b' }, { f: '\0c' }],
    ['a change of what is deleted', { f: '1\n' }, { f: null }, { f: '2\n' }],
    ['a deletion of what is changed', { f: '1\n' }, { f: '2\n' }, { f: null }],
    ['two names for one file', { f: lines }, { f: null, g: lines }, { f: null, h: lines }],
    ['two files of one name', { f: '1\n' }, { n: '2\n' }, { n: '3\n' }],
    ['two modes of a new file', { f: '1\n' }, { n: '2\n' }, { n: { executable: '2\n' } }],
    ['a file and a folder', { f: '1\n' }, { n: '2\n' }, { 'n/x': '3\n' }],
    ['a link and a file', { f: '1\n' }, { f: { link: 'x' } }, { f: '2\n' }],
    ['a lock file', { 'yarn.lock': '1\n' }, { 'yarn.lock': '2\n' }, { 'yarn.lock': '3\n' }],
  ])('%s', async (_, files, first, second) => {
    const { subjects } = await prepare(files, { a: first, b: second, c: { other: '1\n' } });
    const train = await built(host, subjects);
    expect(statusesOf(train)).toEqual(['stacked', 'behind', 'stacked']);
    expect(filesOf(train)).toContain('other');
  });
});

describe('what git can merge is in the train', () => {
  test('modes, names that differ in case, and changes of renamed files', async () => {
    const { subjects } = await prepare(
      { tool: 'x\n', old: lines, 'src/one': lines, 'src/two': `${lines}2\n` },
      {
        mode: { tool: { executable: 'x\n' } },
        text: { tool: 'y\n' },
        upper: { README: 'upper\n' },
        lower: { readme: 'lower\n' },
        rename: { old: null, new: lines },
        change: { old: changed(3, 'changed') },
        folder: { 'src/one': null, 'src/two': null, 'lib/one': lines, 'lib/two': `${lines}2\n` },
        inside: { 'src/three': '3\n' },
      },
    );
    const train = await built(host, subjects);
    expect(new Set(statusesOf(train))).toEqual(new Set(['stacked']));
    const paths = ['README', 'coppice.yaml', 'lib/one', 'lib/three', 'lib/two', 'new', 'readme', 'tool'];
    expect(filesOf(train)).toEqual(paths);
    expect(git(train.source?.stateRemote ?? '', 'ls-tree', tipOf(train).commit, 'tool').slice(0, 6)).toBe('100755');
    expect([show(train, 'tool'), show(train, 'README'), show(train, 'readme')]).toEqual(['y', 'upper', 'lower']);
    expect(show(train, 'new')).toContain('changed');
  });

  test('submodules: moved by one member, kept by the others', async () => {
    const point = (remote: Remote, id: string, from: string) => {
      const clone = join(temporaryFolder(), 'clone');
      git('/', 'clone', '-q', remote.url, clone);
      git(clone, 'checkout', '-q', '--detach', from);
      git(clone, 'update-index', '--add', '--cacheinfo', `160000,${id},sub`);
      git(clone, 'commit', '-q', '-m', 'sub');
      return { clone, commit: git(clone, 'rev-parse', 'HEAD') };
    };
    const remote = makeRemote(verified);
    const first = point(remote, '1'.repeat(40), remote.tip());
    git(first.clone, 'push', '-q', 'origin', 'HEAD:refs/heads/main');
    const context = await planRun(host, { remote, state: makeState(), run: 'run-1' });
    const [a, b, c] = makeResults(remote, context, { a: { a: '1\n' }, b: { b: '1\n' }, c: { c: '1\n' } });
    if (a === undefined || b === undefined || c === undefined) throw new Error('three results');
    const moving = (id: string, unit: string) => {
      const { clone, commit } = point(remote, id, context.base);
      git(clone, 'push', '-q', '-f', context.stateRemote, `HEAD:refs/coppice/runs/run-1/units/${unit}`);
      return commit as typeof a.result;
    };
    const moved = { ...b, result: moving('2'.repeat(40), 'b') };
    const other = { ...c, result: moving('3'.repeat(40), 'c') };
    const train = await built(host, [a, moved, other]);
    expect(statusesOf(train)).toEqual(['stacked', 'stacked', 'behind']);
    expect(git(context.stateRemote, 'ls-tree', tipOf(train).commit, 'sub')).toContain('2'.repeat(40));
  });
});

test('a merge in which git aborts while it follows renames is made without following them', async () => {
  const { subjects } = await prepare({ f: lines }, { a: { f: changed(3, 'a') }, b: { f: changed(20, 'b') } });
  const folder = temporaryFolder();
  const program = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  writeFileSync(
    join(folder, 'git'),
    `#!/bin/sh\ncase "$*" in *merge.directoryRenames=*merge-tree*) kill -ABRT $$;; esac\nexec ${program} "$@"\n`,
    { mode: 0o755 },
  );
  vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
  const train = await built(host, subjects).finally(() => vi.unstubAllEnvs());
  expect(statusesOf(train)).toEqual(['stacked', 'stacked']);
});

describe('an unusual target', () => {
  test('whose branch has become a folder of branches, or the other way round, is fetched all the same', async () => {
    const remote = makeRemote();
    git(remote.url, 'branch', 'release', 'main');
    const repository = await host.git.open(contextFor(remote, makeState()));
    expect(await repository.fetchBranch('release')).toBe(remote.tip());
    for (const [old, name] of [['release', 'release/1.0'] as const, ['release/1.0', 'release'] as const]) {
      git(remote.url, 'branch', '-m', old, name);
      expect(await repository.fetchBranch(name)).toBe(remote.tip());
    }
  });

  test('with the modes of old tools is changed only where the unit changes it', async () => {
    const files = { 'coppice.yaml': `${verified['coppice.yaml']}landing: { protect: [LICENSE, guarded/**] }\n` };
    const remote = makeRemote({ ...files, LICENSE: '1\n', 'guarded/key': '1\n' });
    const tree = execFileSync('git', ['cat-file', 'tree', 'main^{tree}'], { cwd: remote.url, encoding: 'latin1' });
    const old = tree.replaceAll('100644 ', '100664 ').replaceAll('40000 ', '040000 ');
    const write = ['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'];
    const input = Buffer.from(old, 'latin1');
    const id = execFileSync('git', write, { cwd: remote.url, input, encoding: 'utf8' }).trim();
    const identity = ['-c', 'user.name=T', '-c', 'user.email=t@localhost'];
    const commit = git(remote.url, ...identity, 'commit-tree', '-p', 'main', '-m', 'an old tool', id);
    git(remote.url, 'update-ref', 'refs/heads/main', commit);
    const context = await planRun(host, { remote, state: makeState(), run: 'run-1' });
    const train = await built(host, makeResults(remote, context, { a: { new: '1\n' }, b: { new: '1\n' } }));
    expect(train.members).toMatchObject([{ status: 'stacked', size: { files: 1 } }, { status: 'behind' }]);
  });

  test('whose history was rewritten takes the members that still fit', async () => {
    const { remote, subjects } = await prepare({ f: '1\n' }, { a: { a: '1\n' }, b: { f: '2\n' } });
    const orphan = git(remote.url, 'rev-parse', 'main^{tree}');
    const clone = join(temporaryFolder(), 'clone');
    git('/', 'clone', '-q', remote.url, clone);
    const commit = git(clone, 'commit-tree', '-m', 'all anew', orphan);
    git(clone, 'push', '-q', '-f', 'origin', `${commit}:refs/heads/main`);
    git(remote.url, 'reflog', 'expire', '--expire=now', '--all');
    git(remote.url, 'gc', '-q', '--prune=now');
    const target = remote.push({ f: '3\n' });
    for (const each of [host, await openTrainHost()]) {
      const train = await built(each, subjects);
      expect(train.target).toBe(target);
      expect(statusesOf(train)).toEqual(['stacked', 'conflict']);
    }
  });

  test('with SHA-256 ids is refused with the reason', async () => {
    const url = join(temporaryFolder(), 'sha256.git');
    git('/', 'init', '-q', '--bare', '-b', 'main', '--object-format=sha256', url);
    const tree = git(url, 'hash-object', '-t', 'tree', '-w', '/dev/null');
    git(url, 'update-ref', 'refs/heads/main', git(url, 'commit-tree', '-m', 'x', tree));
    const [subject] = await subjectsElsewhere(url);
    await expect(build(host, subject === undefined ? [] : [subject])).rejects.toMatchObject({
      type: 'RepositoryUnusable',
      message: /sha256/,
    });
  });

  test('that is a shallow clone is refused with the reason', async () => {
    const whole = makeRemote({ f: '1\n' });
    whole.push({ f: '2\n' });
    const url = join(temporaryFolder(), 'shallow.git');
    git('/', 'clone', '-q', '--bare', '--depth', '1', `file://${whole.url}`, url);
    const [subject] = await subjectsElsewhere(url);
    await expect(build(host, subject === undefined ? [] : [subject])).rejects.toMatchObject({
      type: 'RepositoryUnusable',
      message: /shallow/,
    });
  });

  /** Results of a run on another repository: whatever is on this one, it is not read so far. */
  async function subjectsElsewhere(url: string) {
    const remote = makeRemote(verified);
    const context = await planRun(host, { remote, state: makeState(), run: 'run-1' });
    const subjects = makeResults(remote, context, { a: { a: '1\n' } });
    const elsewhere = { ...contextFor(remote, context.stateRemote), plan: context.plan, repository: url };
    return subjects.map((subject) => ({ ...subject, context: elsewhere }));
  }
});
