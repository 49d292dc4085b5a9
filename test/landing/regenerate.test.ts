// Files that are made again in a merge, with commands that need no network; package managers are in test/projects/.

import { buildAlone } from './trains.ts';
import { CancelledFailure } from '@temporalio/activity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Content, type Remote, cleanUp, git, makeRemote, makeState } from '../git/make-repository.ts';
import { type Host, edit, claim, makeResult, openHost } from '../git/open-host.ts';
import { planRun } from '../agent/slice-host.ts';
import { stateRefs } from '../../contracts/ids.ts';
import { unit } from '../domain/fixtures.ts';

let host: Host;
beforeAll(async () => {
  host = await openHost();
});
afterAll(cleanUp);

interface Rule {
  readonly run: string;
  readonly paths?: readonly string[];
  readonly network?: boolean;
  readonly inputs?: readonly string[];
  readonly timeout?: string;
}

const listed = { paths: ['list.lock'], inputs: ['deps/**'] };
const joinDeps = { ...listed, run: 'cat deps/* > list.lock' };

function config(rules: readonly Rule[], more: object = {}): string {
  return stringify({ verify: 'true', ...more, queue: { regenerate: rules.map((rule) => ({ ...listed, ...rule })) } });
}

/** A unit that adds `deps/m`, while the target gets `deps/t`; both write `list.lock`. */
const before = { 'deps/a': 'a\n', 'list.lock': 'a\n', 'secret.txt': 'secret\n' };
const mine: Readonly<Record<string, Content>> = { 'deps/m': 'm\n', 'list.lock': 'a\nm\n' };
const theirs: Readonly<Record<string, Content>> = { 'deps/t': 't\n', 'list.lock': 'a\nt\n' };

interface Setting {
  readonly rules: readonly Rule[];
  readonly more?: object;
  readonly before?: Parameters<typeof makeRemote>[0];
  readonly mine?: Readonly<Record<string, Content>>;
  readonly theirs?: Readonly<Record<string, Content>>;
  readonly scope?: readonly string[];
  readonly on?: Host;
}

async function prepare(setting: Setting) {
  const { on = host } = setting;
  const files = { ...before, ...setting.before, 'coppice.yaml': config(setting.rules, setting.more) };
  const [remote, state] = [makeRemote(files), makeState()];
  const context = await planRun(
    on,
    { remote, state, run: 'run-1' },
    { unit: { id: unit('unit-1'), scope: setting.scope ?? null } },
  );
  const { subject } = await makeResult(on, context, { ...mine, ...setting.mine });
  const target = remote.push({ ...theirs, ...setting.theirs });
  const said: string[] = [];
  /** Commands that ran; a build says more. */
  const onStart = (doing: string): void => {
    if (doing.startsWith('making ')) said.push(doing);
  };
  const watch = { signal: new AbortController().signal, onStart };
  const build = async (by: Host = on, asked: object = {}) => buildAlone(by, { ...subject, ...asked }, watch);
  /** What `list.lock` (or another file) has in the candidate. */
  const built = async (path = 'list.lock', by: Host = on) => {
    const result = await build(by);
    if (result.status !== 'built') throw new Error(JSON.stringify(result));
    return git(state, 'show', `${result.candidate}:${path}`);
  };
  const conflicts = async () => {
    const result = await build();
    return result.status === 'conflict' ? result.conflicts : [];
  };
  return { remote, state, context, subject, target, said, build, built, conflicts };
}

const generatedRefs = (state: Remote['url']) =>
  git(state, 'for-each-ref', '--format=%(refname)', stateRefs.allGenerated).split('\n').filter(Boolean);

describe('a file that is made again', () => {
  it('settles its conflict', async () => {
    const { built, said } = await prepare({ rules: [joinDeps] });
    expect(await built()).toBe('a\nm\nt');
    expect(said).toEqual(['making list.lock again']);
  });

  it('is made on top of the target’s version', async () => {
    const { built } = await prepare({ rules: [{ run: 'cat deps/m >> list.lock' }] });
    expect(await built()).toBe('a\nt\nm');
  });

  it('is also made when git merges both sides cleanly', async () => {
    const lines = (first: string, last: string) => `${first}\n${'-\n'.repeat(20)}${last}\n`;
    const setting = {
      before: { 'list.lock': lines('1', '1') },
      mine: { 'list.lock': lines('2', '1') },
      theirs: { 'list.lock': lines('1', '2') },
    };
    expect(await (await prepare({ ...setting, rules: [] })).built()).toBe(lines('2', '2').trimEnd());
    expect(await (await prepare({ ...setting, rules: [joinDeps] })).built()).toBe('a\nm\nt');
    // If that fails, the clean merge is what is verified.
    expect(await (await prepare({ ...setting, rules: [{ run: 'exit 1' }] })).built()).toBe(lines('2', '2').trimEnd());
  });

  it('is made on top of what git has merged when the unit has changed it alone', async () => {
    const lines = Array.from({ length: 9 }, (_, i) => `${i}\n`);
    const { built, said } = await prepare({
      rules: [{ ...joinDeps, run: 'cat list.lock deps/t > new && mv new list.lock' }],
      before: { 'list.lock': lines.join('') },
      mine: { 'deps/m': null, 'list.lock': lines.with(0, 'raised\n').join('') },
      theirs: { 'list.lock': [...lines, 't\n'].join('') },
    });
    expect(await built()).toBe([...lines.with(0, 'raised\n'), 't\n', 't'].join(''));
    expect(said).toHaveLength(1);
  });

  it('is left alone when only one side has changed it', async () => {
    const one = await prepare({ rules: [joinDeps], theirs: { 'list.lock': 'a\n' } });
    expect(await one.built()).toBe('a\nm');
    expect(one.said).toEqual([]);
    expect(generatedRefs(one.state)).toEqual([]);
  });

  it('has the same bytes at every try and on every host, whatever the command says the next time', async () => {
    const random = { run: 'cat /proc/sys/kernel/random/uuid > list.lock' };
    const { built, build, state, said } = await prepare({ rules: [random] });
    const other = await openHost();
    const first = await built();
    expect(await built('list.lock', other)).toBe(first);
    expect(await build(other)).toEqual(await build());
    expect(said).toHaveLength(1);
    expect(generatedRefs(state)).toHaveLength(1);
  });

  it('is what the first host made, when two make it at once', async () => {
    const random = { run: 'cat /proc/sys/kernel/random/uuid > list.lock' };
    const { build } = await prepare({ rules: [random] });
    const [one, two] = await Promise.all([build(), build(await openHost())]);
    expect(one.status).toBe('built');
    expect(one).toEqual(two);
  });

  it('comes with new files, and goes with those that are no longer written', async () => {
    const all = { paths: ['gen/**'], run: 'rm -r gen && mkdir gen && cat deps/* > gen/all && cp deps/* gen' };
    const { built, state, build } = await prepare({
      rules: [all],
      before: { 'gen/all': 'a\n', 'gen/old': 'old\n' },
      mine: { 'gen/all': 'a\nm\n', 'gen/m': 'm\n', 'list.lock': 'a\n' },
      theirs: { 'gen/all': 'a\nt\n', 'list.lock': 'a\n' },
    });
    expect(await built('gen/all')).toBe('a\nm\nt');
    const result = await build();
    if (result.status !== 'built') throw new Error(result.status);
    expect(git(state, 'ls-tree', '-r', '--name-only', result.candidate, 'gen').split('\n')).toEqual([
      ...['gen/a', 'gen/all', 'gen/m', 'gen/t'],
    ]);
  });

  it('is written by the first rule that names it', async () => {
    const both = [{ paths: ['list.*'], run: 'echo first > list.lock' }, joinDeps];
    expect(await (await prepare({ rules: both })).built()).toBe('first');
  });

  it('keeps its mode', async () => {
    const executable = (text: string) => ({ executable: text });
    const { build, state } = await prepare({
      rules: [{ run: 'echo made > new && mv new list.lock' }],
      before: { 'list.lock': executable('a\n') },
      mine: { 'list.lock': executable('a\nm\n') },
      theirs: { 'list.lock': executable('a\nt\n') },
    });
    const result = await build();
    if (result.status !== 'built') throw new Error(result.status);
    expect(git(state, 'ls-tree', result.candidate, 'list.lock')).toMatch(/^100755 /);
  });

  it('is there when the unit’s work is moved onto the target', async () => {
    const { build, context, subject, target } = await prepare({ rules: [joinDeps] });
    await build();
    const store = await claim(host, context, { attempt: 2001 });
    await edit(host, store, { ...mine });
    await store.save({});
    expect(await store.rebase(target)).toEqual({ conflicts: [] });
    expect(await store.conflictsMet(subject.result, target)).toEqual([]);
    await store.close();
  });
});

describe('a conflict stays', () => {
  it('when the command fails, with the end of what it said', async () => {
    const { conflicts } = await prepare({
      rules: [{ run: 'seq 1000; printf "no such package \\033[1mx\\n" >&2; exit 3' }],
    });
    const [conflict] = await conflicts();
    expect(conflict).toMatchObject({ path: 'list.lock', kind: 'contents' });
    expect(conflict?.said).toMatch(
      /^`seq 1000; .*`: failed \[exit code 3\]\n1\n[^]*\n\[…\]\n[^]*\n1000\nno such package x$/,
    );
    expect(conflict?.said?.length).toBeLessThan(1500);
  });

  it('of a lock file as the target’s version', async () => {
    const lock = (name: string) => ({ 'package-lock.json': name, 'list.lock': 'a\n' });
    const { conflicts } = await prepare({
      rules: [{ paths: ['package-lock.json'], run: 'false' }],
      before: lock('1\n'),
      mine: lock('2\n'),
      theirs: lock('3\n'),
    });
    expect(await conflicts()).toEqual([
      { path: 'package-lock.json', kind: 'lock', said: '`false`: failed [exit code 1]\n' },
    ]);
  });

  it('when the command takes too long', async () => {
    const { conflicts } = await prepare({ rules: [{ run: 'sleep 60', timeout: '1s' }] });
    expect((await conflicts())[0]?.said).toContain('[timed out after 1 s]');
  });

  it('when what the command reads is in conflict, too', async () => {
    const { conflicts, said } = await prepare({
      rules: [joinDeps],
      mine: { 'deps/a': 'mine\n' },
      theirs: { 'deps/a': 'theirs\n' },
    });
    expect(await conflicts()).toEqual([
      { path: 'deps/a', kind: 'contents' },
      { path: 'list.lock', kind: 'lock' },
    ]);
    expect(said).toEqual([]);
  });

  it('when what the command reads is in conflict, though git could merge the file itself', async () => {
    const lines = (first: string, last: string) => `${first}\n${'-\n'.repeat(20)}${last}\n`;
    const { conflicts } = await prepare({
      rules: [joinDeps],
      before: { 'list.lock': lines('1', '1') },
      mine: { 'deps/a': 'mine\n', 'list.lock': lines('2', '1') },
      theirs: { 'deps/a': 'theirs\n', 'list.lock': lines('1', '2') },
    });
    expect((await conflicts()).map(({ path }) => path)).toEqual(['deps/a', 'list.lock']);
  });

  it.each([
    ['the unit has deleted the file', { 'list.lock': null }, {}],
    ['the target has deleted the file', {}, { 'list.lock': null }],
    ['it is a link', { 'list.lock': { link: 'deps/a' } }, {}],
  ] as const)('when %s', async (_, ofUnit, ofTarget) => {
    const { conflicts, said } = await prepare({ rules: [joinDeps], mine: ofUnit, theirs: ofTarget });
    expect((await conflicts()).length).toBeGreaterThan(0);
    expect(said).toEqual([]);
  });

  it('when the unit has changed the file alone, which the command would lose', async () => {
    const raised = { 'deps/m': null, 'list.lock': 'a raised\n' };
    const { conflicts, said } = await prepare({ rules: [joinDeps], mine: raised });
    expect(await conflicts()).toEqual([
      { path: 'list.lock', kind: 'contents', said: expect.stringContaining('would lose the change') },
    ]);
    expect(said).toEqual([]);
  });

  it('when the command needs a network that the host or a rule does not allow', async () => {
    const rules = [{ run: 'echo made > list.lock', inputs: [], network: true }];
    const manifest = { 'package.json': '{}\n' };
    const given = { rules, mine: manifest };
    expect((await (await prepare(given)).conflicts())[0]?.said).toContain('COPPICE_SANDBOX_NETWORK');
    const on = await openHost(undefined, {}, { networkAllowed: 'setup' });
    expect(await (await prepare({ ...given, on })).built()).toBe('made');
    const denied = { policy: [{ action: 'egress', decide: 'deny' }] };
    expect((await (await prepare({ ...given, on, more: denied })).conflicts())[0]?.said).toContain('egress: deny');
  });

  it.each([
    ['settings of a package manager', { '.npmrc': 'registry=https://example.com\n' }],
    ['a program of a package manager', { '.yarn/releases/yarn.cjs': 'evil()\n' }],
    ['a file that the rule names itself', { 'deps/a': 'changed\n' }],
  ])('when the command needs the network, and the unit has changed %s', async (_, changed) => {
    const on = await openHost(undefined, {}, { networkAllowed: 'setup' });
    const rules = [{ run: 'echo made > list.lock', network: true }];
    const without = { 'deps/m': null };
    const refused = await prepare({ rules, on, mine: { ...without, ...changed } });
    expect((await refused.conflicts())[0]?.said).toContain(`${Object.keys(changed)[0]} is not as on the target`);
    const allowed = { policy: [{ action: 'egress', decide: 'allow' }] };
    expect(await (await prepare({ rules, on, more: allowed, mine: { ...without, ...changed } })).built()).toBe('made');
    // The target may change them.
    const manifest = { ...without, 'package.json': '{}\n' };
    expect(await (await prepare({ rules, on, mine: manifest, theirs: changed })).built()).toBe('made');
  });
});

describe('a command that makes files again', () => {
  it('finds its own files, manifests and what its rule names, and nothing else', async () => {
    const { built } = await prepare({
      rules: [{ run: 'find . -mindepth 1 -type f | sort > /tmp/found; mv /tmp/found list.lock' }],
      before: { 'web/package.json': '{}\n', 'web/node_modules/x/package.json': '{}\n', 'src/a.ts': 'x\n' },
    });
    expect((await built()).split('\n')).toEqual([
      ...['./deps/a', './deps/m', './deps/t', './list.lock', './web/package.json'],
    ]);
  });

  it('gets the sources that a tool looks at: Go’s, and the names of Rust’s', async () => {
    const files = { 'a.go': 'package a\n', 'src/lib.rs': 'fn f() {}\n' };
    const look = (path: string) => ({
      paths: [path],
      run: `find . -name '*.go' -o -name '*.rs' | xargs wc -c > ${path}`,
    });
    for (const [path, expected] of [
      ['go.sum', '10 ./a.go'],
      ['sub/Cargo.lock', '0 ./src/lib.rs'],
    ] as const) {
      const lock = (text: string) => ({ [path]: text, 'list.lock': 'a\n' });
      const { built } = await prepare({
        rules: [look(path)],
        before: { ...files, ...lock('1\n') },
        mine: lock('2\n'),
        theirs: lock('3\n'),
      });
      expect((await built(path)).trim()).toBe(expected);
    }
  });

  it('sees nothing of the host or of the repository’s history', async () => {
    const run = `(ls ${host.home}; ls .git; cat /etc/shadow; env | grep SECRET) > list.lock 2>/dev/null; echo end >> list.lock`;
    process.env['SECRET_OF_HOST'] = 'x';
    const { built } = await prepare({ rules: [{ run }] });
    expect(await built()).toBe('end');
    delete process.env['SECRET_OF_HOST'];
  });

  it('has no network unless its rule says so', async () => {
    const on = await openHost(undefined, {}, { networkAllowed: 'setup' });
    const run = 'cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d " " | sort > list.lock';
    expect(await (await prepare({ rules: [{ run }], on })).built()).toBe('lo');
  });

  it('gets the repository’s links as the files that they lead to, inside of it', async () => {
    const { built } = await prepare({
      rules: [{ run: 'ls -l deps | grep -c "^l" > list.lock; cat deps/* >> list.lock' }],
      mine: {
        'deps/m': { link: '../secret.txt' },
        'deps/n': { link: '/etc/passwd' },
        'deps/o': { link: '../../../../etc/passwd' },
      },
    });
    expect(await built()).toBe('0\na\nsecret\nt');
  });

  it.each([
    ['a link', 'rm list.lock; ln -s /etc/passwd list.lock', 'no file that can be read'],
    ['a pipe', 'rm list.lock; mkfifo list.lock', 'no regular file'],
    ['a folder', 'rm list.lock; mkdir list.lock', 'left no file'],
    ['nothing', 'rm list.lock', 'left no file'],
    ['a huge file', 'truncate -s 60000000 list.lock', '60000000 bytes'],
    ['endless folders', 'for i in $(seq 80); do mkdir d; cd d; done', 'deep'],
  ])('that leaves %s is refused', async (_, run, said) => {
    expect((await (await prepare({ rules: [{ run }] })).conflicts())[0]?.said).toContain(said);
  });

  it('that puts a link in the place of a folder has nothing taken through it', async () => {
    const rules = [{ paths: ['gen/passwd'], run: 'rm -r gen; ln -s /etc gen' }];
    const files = (text: string) => ({ 'gen/passwd': text, 'list.lock': 'a\n' });
    const made = await prepare({ rules, before: files('1\n'), mine: files('2\n'), theirs: files('3\n') });
    expect((await made.conflicts())[0]?.said).toContain('left no file gen/passwd');
  });

  it('is stopped when the build is cancelled', async () => {
    const { subject } = await prepare({ rules: [{ run: 'sleep 60' }] });
    const stop = new AbortController();
    const watch = { signal: stop.signal, onStart: () => setTimeout(() => stop.abort(), 50) };
    await expect(buildAlone(host, subject, watch)).rejects.toBeInstanceOf(CancelledFailure);
  });
});

describe('people who are asked about a path', () => {
  const asking = { policy: [{ action: 'merge', paths: ['*.lock'], decide: 'ask' }] };
  const consent = (covers?: string) => ({
    channel: 'cli',
    id: 'dana',
    ...(covers === undefined ? {} : { covers }),
  });

  it('are asked again about bytes that were made for the merge', async () => {
    const { build } = await prepare({ rules: [joinDeps], more: asking, scope: ['deps/**', '*.lock'] });
    const result = await build(host, { consents: [consent()] });
    if (result.status !== 'consent-missing') throw new Error(result.status);
    expect(result.changed[0]).toBe('list.lock');
    expect((await build(host, { consents: [consent(result.covers)] })).status).toBe('built');
    expect((await build(host, { consents: [consent('other')] })).status).toBe('consent-missing');
  });

  it('are not asked again when the bytes are those that they have seen, or a rule allows the path', async () => {
    const same = { ...listed, run: 'printf "a\\nm\\n" > list.lock' };
    const seen = await prepare({ rules: [same], more: asking });
    expect((await seen.build(host, { consents: [consent()] })).status).toBe('built');
    const allowing = { policy: [{ action: 'merge', paths: ['list.lock'], decide: 'allow' }, ...asking.policy] };
    expect((await (await prepare({ rules: [joinDeps], more: allowing })).build()).status).toBe('built');
  });

  it('are asked about files that the unit has not changed, which no scope limits', async () => {
    const all = { paths: ['gen/**', 'list.lock'], run: 'cat deps/* > list.lock; mkdir gen; cp deps/* gen' };
    const { build } = await prepare({
      rules: [all],
      more: { policy: [{ action: 'merge', paths: ['gen/**'], decide: 'ask' }] },
      scope: ['deps/**', 'list.lock'],
    });
    const result = await build();
    if (result.status !== 'consent-missing') throw new Error(result.status);
    expect(result.changed.slice(0, 3)).toEqual(['gen/a', 'gen/m', 'gen/t']);
    expect((await build(host, { consents: [consent(result.covers)] })).status).toBe('built');
  });
});
