import { afterAll, expect, test, vi } from 'vitest';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { cleanUp, git, makeRemote, makeState, setHook, temporaryFolder } from './make-repository.ts';
import { fetchRefs, listRemote, pushRefs } from '../../git/remote.ts';
import { identityOf } from '../../git/identity.ts';
import { failureType } from '../../contracts/failures.ts';
import { inspectTarget } from '../../git/inspect-target.ts';
import { dirname, join } from 'node:path';
import { createStateFiles, ensureBareRepository, readStateFile, writeStateFiles } from '../../git/state-files.ts';
import { askpassEnvironment } from '../../git/askpass.ts';
import { execFileSync } from 'node:child_process';
import { inertText } from '../../git/inert-text.ts';

afterAll(cleanUp);

const at = (url: string) => ({ url, credentials: null });
const inspect = (repository: string, branch: string | null) => inspectTarget(at(repository), branch);
const typeOf = (promise: Promise<unknown>) => promise.then(() => 'nothing', failureType);

test('a look at the target answers branch, tip and configuration', async () => {
  const remote = makeRemote({ 'coppice.yaml': 'version: 1\n' });
  expect(await inspect(remote.url, null)).toEqual({
    branch: 'main',
    tip: remote.tip(),
    configText: 'version: 1\n',
    codeowners: null,
    paths: ['coppice.yaml'],
  });
});

test('each target that cannot work is a failure of its own', async () => {
  const remote = makeRemote();
  remote.push({ a: 'b' }, { branch: 'develop' });
  expect(await typeOf(inspect('/nowhere/at/all', null))).toBe('BadInput');
  expect(await typeOf(inspect('https://127.0.0.1:1/x.git', null))).toBe('RepositoryUnreachable');
  expect(await typeOf(inspect(temporaryFolder(), null))).toBe('RepositoryUnreachable');
  expect(await typeOf(inspect(makeState(), null))).toBe('RepositoryEmpty');
  expect(await typeOf(inspect(makeState(), 'main'))).toBe('RepositoryEmpty');
  await expect(inspect(remote.url, 'nope')).rejects.toThrow('has no branch nope; it has develop, main');
  expect(await typeOf(inspect(makeRemote({ '.coppice/x': '' }).url, null))).toBe('RepositoryRefused');
});

test('a coppice.yaml that is no file, or too large for one, is an error and not the defaults', async () => {
  const refusal = (files: Parameters<typeof makeRemote>[0]) => inspect(makeRemote(files).url, null);
  const link = { 'coppice.yaml': { link: 'rules.yaml' }, 'rules.yaml': 'version: 1\n' };
  await expect(refusal(link)).rejects.toMatchObject({
    type: 'BadConfig',
    message: expect.stringContaining('is a symbolic link'),
  });
  await expect(refusal({ 'coppice.yaml/x': '' })).rejects.toThrow('is a folder');
  await expect(refusal({ 'coppice.yaml': `#${'x'.repeat(1024 ** 2)}` })).rejects.toThrow('larger than 256 KiB');
  await expect(refusal({ 'coppice.yaml': Uint8Array.of(0x23, 0xe9, 0x0a) })).rejects.toThrow('is not UTF-8');
  expect((await refusal({ 'coppice.yaml': '' })).configText).toBe('');
  expect((await refusal({ 'a.txt': '' })).configText).toBe(null);
});

test.each([
  [
    { 'docs/CODEOWNERS': '* @c', '.gitlab/CODEOWNERS': '* @d' },
    { file: 'docs/CODEOWNERS', text: '* @c' },
  ],
  [
    { '.github/CODEOWNERS': '* @a', CODEOWNERS: '* @b' },
    { file: '.github/CODEOWNERS', text: '* @a' },
  ],
  [
    { CODEOWNERS: '', 'docs/CODEOWNERS': '* @c' },
    { file: 'CODEOWNERS', text: '' },
  ],
  [{ '.gitlab/CODEOWNERS': '* @d' }, { file: '.gitlab/CODEOWNERS', text: '* @d' }],
  [
    { '.github/CODEOWNERS': { link: '../a' }, CODEOWNERS: '* @b' },
    { file: '.github/CODEOWNERS', problem: 'is a symbolic link; it must be a file' },
  ],
  [{ CODEOWNERS: Uint8Array.of(0xe9) }, { file: 'CODEOWNERS', problem: 'is not UTF-8' }],
  [{ CODEOWNERS: '#'.repeat(3 * 1024 ** 2 + 1) }, { file: 'CODEOWNERS', problem: 'is larger than 3 MiB' }],
] as const)('the first CODEOWNERS counts, also if it cannot be read (%#)', async (files, found) => {
  expect((await inspect(makeRemote(files).url, null)).codeowners).toEqual(found);
});

test('a checked-out target is refused before anything is spent, unless it takes pushes', async () => {
  const clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '-q', makeRemote().url, clone);
  expect(await typeOf(inspect(clone, null))).toBe('TargetCheckedOut');
  git(clone, 'config', 'receive.denyCurrentBranch', 'updateInstead');
  expect((await inspect(clone, null)).branch).toBe('main');
  git(clone, 'config', '--unset', 'receive.denyCurrentBranch');
  git(clone, 'checkout', '-q', '--detach');
  expect(await typeOf(inspect(clone, null))).toBe('BadInput');
  expect((await inspect(clone, 'main')).branch).toBe('main');
});

test('state files are written once and read back', async () => {
  const state = join(temporaryFolder(), 'state.git');
  await Promise.all([ensureBareRepository(state), ensureBareRepository(state)]);
  const ref = 'refs/coppice/runs/r/plan';
  const write = (files: Record<string, string>, message = 'plan') =>
    writeStateFiles({ remote: at(state), ref, files, message, identity: identityOf({}) });
  const first = await write({ 'plan.json': '{}', 'a/"b".json': 'ü' });
  expect(await write({ 'plan.json': '{}', 'a/"b".json': 'ü' }, 'the same later')).toBe(first);
  expect(await readStateFile(at(state), ref, 'a/"b".json')).toBe('ü');
  expect(await readStateFile(at(state), ref, 'c')).toBeNull();
  expect(await readStateFile(at(state), 'refs/coppice/runs/x/plan', 'c')).toBeNull();
  await write({ 'plan.json': '{}' });
  expect(await readStateFile(at(state), ref, 'a/"b".json')).toBeNull();
  await write({ 'plan.json': '[]' });
  expect(await readStateFile(at(state), ref, 'plan.json')).toBe('[]');
});

test('a state remote that refuses files is named with what it said', async () => {
  const state = makeState();
  writeFileSync(join(state, 'hooks', 'update'), '#!/bin/sh\necho closed >&2\nexit 1\n', { mode: 0o755 });
  const ref = 'refs/coppice/runs/r/plan';
  const parts = { remote: at(state), ref, files: { 'plan.json': '{}' }, message: 'plan', identity: identityOf({}) };
  const refused = {
    type: 'PushRefused',
    message: expect.stringMatching(/refused refs\/coppice\/runs\/r\/plan: [^]*closed/),
  };
  await expect(writeStateFiles(parts)).rejects.toMatchObject(refused);
  await expect(createStateFiles(parts)).rejects.toMatchObject(refused);
});

test('of those who make one ref with the same files at the same time, one does', async () => {
  const state = join(temporaryFolder(), 'state.git');
  await ensureBareRepository(state);
  const ref = 'refs/coppice/runs/r/plan';
  const parts = { remote: at(state), ref, files: { 'plan.json': '{}' }, message: 'plan', identity: identityOf({}) };
  const made = await Promise.all(Array.from({ length: 4 }, () => createStateFiles(parts)));
  expect(made.filter((commit) => commit !== null)).toEqual([git(state, 'rev-parse', ref)]);
  expect(await createStateFiles(parts)).toBeNull();
  expect(git(state, 'rev-parse', ref)).toBe(made.find((commit) => commit !== null));
});

test('a push has one answer per ref: pushed, stale, or refused with what the remote said', async () => {
  const remote = makeRemote();
  const [first, second] = [remote.tip(), remote.push({ b: '1' })];
  const hook = join(remote.url, 'hooks', 'update');
  writeFileSync(hook, '#!/bin/sh\ncase $1 in *closed) echo "no \x1b[31mentry"; exit 1;; esac\n');
  chmodSync(hook, 0o755);
  const folder = join(temporaryFolder(), 'x.git');
  git('/', 'clone', '-q', '--bare', remote.url, folder);
  const outcomes = await pushRefs(folder, at(remote.url), [
    { ref: 'refs/heads/main', commit: second, lease: first },
    { ref: 'refs/heads/new', commit: first, lease: null },
    { ref: 'refs/heads/new2', commit: first, lease: second },
    { ref: 'refs/heads/closed', commit: first, lease: null },
  ]);
  expect(Object.fromEntries(outcomes)).toEqual({
    'refs/heads/main': { status: 'pushed' },
    'refs/heads/new': { status: 'pushed' },
    'refs/heads/new2': { status: 'stale' },
    'refs/heads/closed': {
      status: 'refused',
      message: '(hook declined)\nno entry\nerror: hook declined to update refs/heads/closed',
    },
  });
  expect(await fetchRefs(folder, at(remote.url), ['refs/heads/nope:refs/heads/nope'])).toBe('missing');
});

test('an answer that is heard long after git has ended is an answer', async () => {
  const remote = makeRemote();
  const folder = join(temporaryFolder(), 'x.git');
  git('/', 'clone', '-q', '--bare', remote.url, folder);
  // What a busy process sees: git's end first, its words later.
  const late = temporaryFolder();
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const script = `#!/bin/sh\nsaid=$(${real} "$@" 2>&1)\ncode=$?\n{ sleep 0.5; echo "$said"; } &\nexit $code\n`;
  writeFileSync(join(late, 'git'), script, { mode: 0o755 });
  vi.stubEnv('PATH', `${late}:${process.env['PATH']}`);
  try {
    const ref = 'refs/heads/new';
    const outcomes = await pushRefs(folder, at(remote.url), [{ ref, commit: remote.tip(), lease: null }]);
    expect([...outcomes]).toEqual([[ref, { status: 'pushed' }]]);
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a transfer may take any time while the remote says how far it is, and ends when it falls silent', async () => {
  const remote = makeRemote();
  const folder = join(temporaryFolder(), 'x.git');
  git('/', 'clone', '-q', '--bare', remote.url, folder);
  const push = (ref: string) => {
    const patient = { ...at(remote.url), silenceMs: 3_000 };
    return pushRefs(folder, patient, [{ ref, commit: remote.tip(), lease: null }]);
  };
  setHook(remote.url, 'pre-receive', 'for i in $(seq 9); do echo "step $i"; sleep 0.5; done');
  expect((await push('refs/heads/slow')).get('refs/heads/slow')).toEqual({ status: 'pushed' });
  setHook(remote.url, 'pre-receive', 'sleep 8');
  expect(await typeOf(push('refs/heads/silent'))).toBe('RepositoryUnreachable');
});

test('of all that a remote says, the beginning and the end are kept', async () => {
  const remote = makeRemote();
  const folder = join(temporaryFolder(), 'x.git');
  git('/', 'clone', '-q', '--bare', remote.url, folder);
  setHook(remote.url, 'pre-receive', `echo first; yes 'no no no' | head -c 8000000; exit 1`);
  const update = { ref: 'refs/heads/new', commit: remote.tip(), lease: null };
  const outcomes = await pushRefs(folder, at(remote.url), [update]);
  expect(outcomes.get('refs/heads/new')).toMatchObject({
    status: 'refused',
    message: expect.stringMatching(/^\(pre-receive hook declined\)\nfirst\nno no no\n/),
  });
  const noisy = temporaryFolder();
  const says = (script: string) => {
    writeFileSync(join(noisy, 'git'), `#!/bin/sh\n{ ${script}; } >&2\nexit 128\n`, { mode: 0o755 });
    return typeOf(listRemote(at(remote.url)));
  };
  const [noise, full] = ['yes noise | head -c 1000000', 'echo fatal: No space left on device'];
  vi.stubEnv('PATH', `${noisy}:${process.env['PATH']}`);
  try {
    expect(await says(`${full}; ${noise}`)).toBe('DiskFull');
    expect(await says(`${noise}; ${full}; ${noise}`)).toBe('RepositoryUnreachable');
    expect(await says(`${noise}; ${full}`)).toBe('DiskFull');
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a ref that only ends like the wanted one is not taken for it', async () => {
  const remote = makeRemote();
  git(remote.url, 'update-ref', 'refs/heads/refs/heads/main', remote.tip());
  expect([...(await listRemote(at(remote.url), ['refs/heads/main'])).refs.keys()]).toEqual(['HEAD', 'refs/heads/main']);
});

test('askpass answers the origin it was given credentials for, and nobody else', () => {
  const env = askpassEnvironment('https://git.example.org/a/b', { username: 'me', token: 'sesame' });
  const ask = (prompt: string) => {
    try {
      return execFileSync(env['GIT_ASKPASS'] ?? '', [prompt], { env, encoding: 'utf8' }).trim();
    } catch {
      return null;
    }
  };
  expect(ask("Username for 'https://git.example.org': ")).toBe('me');
  expect(ask("Password for 'https://me@git.example.org': ")).toBe('sesame');
  expect(ask("Password for 'https://me@git.example.org.evil.net': ")).toBeNull();
  expect(ask("Username for 'http://git.example.org': ")).toBeNull();
  expect(ask("Password for 'https://other@git.example.org': ")).toBeNull();
  // Test processes end without their exit handlers.
  rmSync(dirname(env['GIT_ASKPASS'] ?? ''), { recursive: true });
  expect(askpassEnvironment('git@git.example.org:a/b', { username: 'me', token: 'x' })['GIT_ASKPASS']).toBe(
    '/bin/false',
  );
});

test('text from a remote loses credentials and control characters', () => {
  expect(inertText('fatal: https://me:pw@host/x \x1b[31mred\x07 tok', ['tok'])).toBe('fatal: https://host/x red ***');
});

test('a conversation that is over keeps no process alive', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const { url } = makeRemote();
  const before = timers();
  await listRemote(at(url), ['refs/heads/main']);
  expect(timers()).toBeLessThanOrEqual(before);
});

test('what git says of its progress is in no failure and no refusal', async () => {
  const remote = makeRemote();
  const [clone, commit] = [join(temporaryFolder(), 'clone'), remote.push({ b: 'x'.repeat(100_000) })];
  git('/', 'clone', '-q', '--bare', remote.url, clone);
  const state = makeState();
  setHook(state, 'pre-receive', 'echo "not here" >&2; exit 1');
  const update = { ref: 'refs/x/1', commit, lease: null };
  const refused = (await pushRefs(clone, at(state), [update])).get('refs/x/1');
  expect(refused).toEqual({ status: 'refused', message: '(pre-receive hook declined)\nnot here' });
  setHook(state, 'pre-receive', 'kill -9 $PPID');
  const failed = await pushRefs(clone, at(state), [update]).catch(String);
  expect(failed).toContain('cannot be used: ');
  expect(failed).not.toMatch(/objects:|deltas/);
});
