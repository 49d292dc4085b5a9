import { existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionFolder } from '../../activities/agent/session/session-folder.ts';
import type { TestHost } from '../sandbox/fixtures.ts';
import type { ToolRunner } from '../../activities/agent/drivers/contract.ts';
import { allGone, makeHost } from '../sandbox/fixtures.ts';
import { makeSessionFolder } from '../../activities/agent/session/session-folder.ts';
import { LongOutputs } from '../../activities/agent/tools/long-outputs.ts';
import { toolsOf } from '../../activities/agent/tools/list.ts';
import { makeTools } from '../../activities/agent/tools/make-tools.ts';

/** Longer than a line of base64, with what JSON and URLs write otherwise. */
const kept = `sk-"${'0123456789+/'.repeat(7)}"&end`;

let host: TestHost;
let folder: SessionFolder;
let tools: ToolRunner;

beforeAll(async () => {
  host = await makeHost({ secrets: [kept] });
  folder = await makeSessionFolder(host.home, host.sandbox);
  tools = toolsWith(new AbortController().signal, 5);
});
afterAll(async () => {
  await folder.remove();
  host.remove();
});

function toolsWith(signal: AbortSignal, timeoutSeconds: number): ToolRunner {
  return makeTools(
    {
      sandbox: host.sandbox,
      mounts: [{ type: 'bind', source: host.worktree, target: '/work', writable: true }, ...folder.mounts],
      outputs: folder.outputs,
      board: null,
      env: { SECRET: kept },
      network: false,
      limits: { timeoutSeconds, memoryMb: 512 },
      signal,
      plans: null,
      proposals: null,
    },
    toolsOf({ unit: {}, hasBoard: false, config: { policy: [] } }),
  );
}

const bash = (command: string) => tools.run({ name: 'bash', input: { command } });
const edit = (input: object) => tools.run({ name: 'str_replace_based_edit_tool', input });

describe('the bash tool', () => {
  it('starts in /work and answers output and exit code', async () => {
    expect(await bash('pwd')).toEqual({ output: '/work', isError: false, exitCode: 0 });
    expect(await bash('echo no; exit 3')).toEqual({ output: 'no\n[exit code 3]', isError: true, exitCode: 3 });
    expect(await bash('true')).toMatchObject({ output: '(no output)' });
  });

  it('keeps all of a long output as a file that the session can read and not write', async () => {
    const { output } = await bash('seq 1 20000');
    expect(Buffer.byteLength(output)).toBeLessThan(31_000);
    const path = /\[all 108894 bytes are in (\S+),/.exec(output)?.[1] ?? '';
    expect((await bash(`sed -n 10000p ${path}; tail -1 ${path}; wc -c < ${path}`)).output).toBe('10000\n20000\n108894');
    expect((await edit({ command: 'view', path, view_range: [10_000, 10_001] })).output).toContain('10000\t10000');
    for (const harm of [`echo x >> ${path}`, `rm -f ${path}`, `touch ${path}.x`]) {
      expect((await bash(harm)).output).toMatch(/Read-only file system|Permission denied/);
    }
    expect((await bash(`ls ${path}*; wc -c < ${path}`)).output).toBe(`${path}\n108894`);
    expect((await bash('seq 1 100')).output).not.toContain('bytes are in');
  });

  it('is not harmed when there is no room for the file of a long output', async () => {
    const outputs = new LongOutputs('/nowhere');
    const recorder = outputs.record(10);
    for (let i = 0; i < 3; i++) recorder.add(Buffer.from('0123456789'));
    expect(recorder.finish()).toBeNull();
  });

  it('says that the outcome of a command that was killed is not known', async () => {
    const { output, isError } = await bash('echo half; kill -9 $$');
    expect([output, isError]).toEqual(['half\n[killed by SIGKILL; outcome unknown]', true]);
  });

  it('keeps no more of it than 20 MB', async () => {
    const { output } = await bash('head -c 25000000 /dev/zero | tr "\\0" x');
    const path = / are in (\S+),/.exec(output)?.[1] ?? '';
    expect((await bash(`wc -c < ${path}`)).output).toBe('20000000');
  });

  it('carries the working directory and exported variables over, and nothing else', async () => {
    await bash('mkdir -p deep/er && cd deep/er && export COLOUR="green and blue"; plain=1; sleep 300 &');
    expect((await bash('pwd; echo "$COLOUR"; echo "[$plain]"')).output).toBe('/work/deep/er\ngreen and blue\n[]');
    await bash('cd /work');
  });

  it.each([
    ['as it is', 'echo "<$SECRET>"'],
    ['in the middle of a line', 'echo "a${SECRET}b"'],
    ['as JSON', `node -p 'JSON.stringify({ a: process.env.SECRET })'`],
    ['in base64, in lines', 'printf %s "$SECRET" | base64'],
    ['in base64 after one byte', 'printf %s "a$SECRET" | base64 -w0'],
    ['in base64 after two bytes', 'printf %s "ab$SECRET-and-more" | base64 -w0'],
    ['in base64 for URLs', `node -p 'Buffer.from(process.env.SECRET).toString("base64url")'`],
    ['in hex', `printf %s "$SECRET" | od -An -tx1 | tr -d ' \\n'`],
    [
      'in capital hex, in lines',
      `node -p 'Buffer.from(process.env.SECRET).toString("hex").toUpperCase()' | fold -w 60`,
    ],
    ['in a URL', `node -p '"https://x/?a=" + encodeURIComponent(process.env.SECRET)'`],
  ])('shows no secret of the host %s', async (_how, command) => {
    const { output, exitCode } = await bash(command);
    expect(exitCode).toBe(0);
    expect(output).toContain('[redacted]');
    expect(output.replace('[redacted]', '').length).toBeLessThan(20);
  });

  it('keeps both when a command exits early or fails', async () => {
    await bash('export EARLY=yes; cd deep; exit 1');
    expect((await bash('echo $EARLY; pwd')).output).toBe('yes\n/work/deep');
    await bash('cd /work');
  });

  it('forgets them after a restart', async () => {
    await bash('cd deep; export GONE=1');
    const answer = await tools.run({ name: 'bash', input: { restart: true } });
    expect(answer).toMatchObject({ output: 'The shell was restarted.', isError: false });
    expect((await bash('pwd; echo "[$GONE]"')).output).toBe('/work\n[]');
  });

  it('keeps /tmp between calls, private to the session', async () => {
    await bash('echo kept > /tmp/note');
    expect((await bash('cat /tmp/note')).output).toBe('kept');
    expect(existsSync('/tmp/note')).toBe(false);
  });

  it('ends background processes with the call', async () => {
    const mark = '86399.25';
    await bash(`nohup sleep ${mark} > /dev/null 2>&1 & setsid sleep ${mark} & disown; echo started`);
    expect(await allGone(mark)).toBe(true);
  });

  it('gives a reader of standard input its end, and takes a command of any length', async () => {
    expect((await bash('cat; echo end')).output).toBe('end');
    const long = `cat > long.txt <<'EOF'\n${'x'.repeat(300_000)}\nEOF\nwc -c < long.txt`;
    expect((await bash(long)).output).toBe('300001');
  });

  it('ends a command that takes too long, and says so', async () => {
    const quick = toolsWith(new AbortController().signal, 1);
    const answer = await quick.run({ name: 'bash', input: { command: 'echo begun; sleep 100' } });
    expect(answer).toMatchObject({
      isError: true,
      exitCode: null,
      output: expect.stringContaining('begun\n[timed out'),
    });
  });

  it('shows head and tail of a long output, as safe text', async () => {
    const { output } = await bash('echo first; yes abcdefghij | head -c 2000000; echo last');
    expect(output.length).toBeLessThan(40_000);
    expect(output).toMatch(/^first\n/);
    expect(output).toMatch(/last\n\[all /);
    expect(output).toMatch(/left out|missing|omitted/);
    const odd = await bash(String.raw`printf '\033[31mred\033[0m \xff\xfe 10%%\r20%%\r30%%\n'`);
    expect(odd.output).toBe('30%');
  });

  it('answers a call that it does not understand with an error', async () => {
    expect(await tools.run({ name: 'bash', input: { command: 7 } })).toMatchObject({ isError: true });
    expect(await tools.run({ name: 'bash', input: {} })).toMatchObject({
      output: 'command is required',
      isError: true,
    });
    expect(await tools.run({ name: 'launch', input: {} })).toMatchObject({
      output: 'Error: there is no tool "launch"',
      isError: true,
    });
  });

  it('ends at once when the session is cancelled', async () => {
    const cancel = new AbortController();
    const mark = '86399.75';
    const running = toolsWith(cancel.signal, 60).run({ name: 'bash', input: { command: `sleep ${mark}` } });
    setTimeout(() => cancel.abort(), 300);
    expect(await running).toMatchObject({ output: expect.stringContaining('[cancelled]') });
    expect(await allGone(mark)).toBe(true);
  });
});

describe('the edit tool', () => {
  it('creates, views, replaces and inserts', async () => {
    expect(await edit({ command: 'create', path: '/work/new/a.txt', file_text: 'one\ntwo\nthree\n' })).toMatchObject({
      isError: false,
    });
    await edit({ command: 'str_replace', path: '/work/new/a.txt', old_str: 'two', new_str: '2' });
    await edit({ command: 'insert', path: '/work/new/a.txt', insert_line: 0, insert_text: 'zero' });
    await edit({ command: 'insert', path: '/work/new/a.txt', insert_line: 4, insert_text: 'four\n' });
    expect(readFileSync(join(host.worktree, 'new/a.txt'), 'utf8')).toBe('zero\none\n2\nthree\nfour\n');
    expect((await edit({ command: 'view', path: '/work/new/a.txt', view_range: [2, 3] })).output).toBe(
      '     2\tone\n     3\t2',
    );
    expect((await edit({ command: 'view', path: '/work/new' })).output).toContain('a.txt');
  });

  it('takes dollar signs in a replacement as they are', async () => {
    await edit({ command: 'create', path: '/work/dollar.txt', file_text: 'price' });
    await edit({ command: 'str_replace', path: '/work/dollar.txt', old_str: 'price', new_str: "$& $1 $'" });
    expect(readFileSync(join(host.worktree, 'dollar.txt'), 'utf8')).toBe("$& $1 $'");
  });

  it('replaces only what is there exactly once', async () => {
    await edit({ command: 'create', path: '/work/twice.txt', file_text: 'same\nsame\n' });
    const twice = await edit({ command: 'str_replace', path: '/work/twice.txt', old_str: 'same', new_str: 'x' });
    expect(twice).toMatchObject({ isError: true, output: expect.stringContaining('Found 2 matches') });
    const none = await edit({ command: 'str_replace', path: '/work/twice.txt', old_str: 'absent', new_str: 'x' });
    expect(none).toMatchObject({ isError: true, output: expect.stringContaining('No match found') });
    expect(readFileSync(join(host.worktree, 'twice.txt'), 'utf8')).toBe('same\nsame\n');
  });

  it('says what is wrong with a path', async () => {
    expect((await edit({ command: 'view', path: '/work/absent' })).output).toBe('Error: File not found');
    expect((await edit({ command: 'view', path: 'relative' })).output).toContain('path must be absolute');
    await bash('mkfifo pipe');
    expect((await edit({ command: 'view', path: '/work/pipe' })).output).toContain('not a regular file');
    await bash(String.raw`printf '\xff\xfe' > binary`);
    expect((await edit({ command: 'view', path: '/work/binary' })).output).toContain('not UTF-8');
    expect((await edit({ command: 'view', path: '/work/twice.txt', view_range: [9, 12] })).output).toContain('3 lines');
  });

  it('does not follow a link out of the worktree to the host', async () => {
    const secret = join(host.home, 'secret.txt');
    writeFileSync(secret, 'the host’s own');
    symlinkSync(secret, join(host.worktree, 'link'));
    symlinkSync(host.home, join(host.worktree, 'folder-link'));
    expect(await edit({ command: 'view', path: '/work/link' })).toMatchObject({ isError: true });
    await edit({ command: 'create', path: '/work/link', file_text: 'overwritten' });
    await edit({ command: 'create', path: '/work/folder-link/planted', file_text: 'x' });
    await edit({ command: 'create', path: `/work/../..${secret}`, file_text: 'x' });
    expect(readFileSync(secret, 'utf8')).toBe('the host’s own');
    expect(readdirSync(host.home)).not.toContain('planted');
  });
});
