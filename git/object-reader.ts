// Reads objects of a repository through one `git cat-file` that stays: starting a program costs a host ten milliseconds
// and more, and each unit of work reads dozens of objects. A reader is started by the first read, ends when nobody has
// read for a while or with this process, and never keeps the process alive.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { type Sha, asSha } from '../contracts/ids.ts';
import { GitError } from './run-git.ts';
import { gitEnvironment } from './git-environment.ts';

export interface GitObject {
  readonly id: Sha;
  readonly type: 'blob' | 'tree' | 'commit' | 'tag';
  readonly content: Buffer;
}

export type ObjectInfo = Omit<GitObject, 'content'> & { readonly size: number };

const idleMs = 10_000;
const args = ['cat-file', '--batch-command'] as const;

/** An object by its id or by a ref's full name; null when the repository does not have it. */
export async function readObject(gitDir: string, name: string): Promise<GitObject | null> {
  const answer = await readerOf(gitDir).ask('contents', name);
  return answer === null ? null : { id: answer.id, type: answer.type, content: answer.content };
}

/** Its type and size in bytes, without the content. */
export async function lookUp(gitDir: string, name: string): Promise<ObjectInfo | null> {
  const answer = await readerOf(gitDir).ask('info', name);
  return answer === null ? null : { id: answer.id, type: answer.type, size: answer.size };
}

/** For repositories that are about to be removed. */
export function closeReader(gitDir: string): void {
  readers.get(gitDir)?.end();
}

const readers = new Map<string, Reader>();

function readerOf(gitDir: string): Reader {
  const known = readers.get(gitDir);
  if (known !== undefined) return known;
  const reader = new Reader(gitDir, () => readers.get(gitDir) === reader && readers.delete(gitDir));
  readers.set(gitDir, reader);
  return reader;
}

type Answer = ObjectInfo & Pick<GitObject, 'content'>;

interface Question {
  readonly command: 'contents' | 'info';
  readonly resolve: (answer: Answer | null) => void;
  readonly reject: (error: Error) => void;
}

/** Pipes of a child are sockets in Node. */
type Child = ChildProcessByStdio<Socket, Socket, Socket>;

class Reader {
  private readonly child: Child;
  private readonly questions: Question[] = [];
  private readonly ended: () => void;
  private readonly idle: NodeJS.Timeout;
  private stderr = '';
  private chunks: Buffer[] = [];
  private size = 0;
  /** Bytes that the next answer takes at least. */
  private needed = 1;

  constructor(gitDir: string, ended: () => void) {
    this.ended = ended;
    const env = { ...gitEnvironment(process.env), GIT_DIR: gitDir };
    const stdio = ['pipe', 'pipe', 'pipe'] as const;
    // A process group of its own: a Ctrl-C is for us alone.
    this.child = spawn('git', args, { cwd: '/', env, stdio: [...stdio], detached: true }) as Child;
    this.child.stdout.on('data', (chunk: Buffer) => this.take(chunk));
    this.child.stderr.on('data', (chunk: Buffer) => (this.stderr = `${this.stderr}${String(chunk)}`.slice(0, 4096)));
    // What it did not take is answered by its end.
    this.child.stdin.on('error', () => undefined);
    this.child.on('error', (error) => this.close(error));
    this.child.on('close', (exitCode, signal) => {
      this.close(new GitError(args, { exitCode, signal, stderr: this.stderr }));
    });
    this.idle = setTimeout(() => this.end(), idleMs).unref();
    this.hold(false);
  }

  ask(command: Question['command'], name: string): Promise<Answer | null> {
    return new Promise((resolve, reject) => {
      if (this.questions.length === 0) this.hold(true);
      this.questions.push({ command, resolve, reject });
      this.idle.refresh();
      this.child.stdin.write(`${command} ${name}\n`);
    });
  }

  /** Answers what was asked, and ends. */
  end(): void {
    clearTimeout(this.idle);
    this.ended();
    this.child.stdin.end();
  }

  private close(error: Error): void {
    clearTimeout(this.idle);
    this.ended();
    for (const { reject } of this.questions.splice(0)) reject(error);
  }

  /** The process stays alive only while somebody waits for an answer. */
  private hold(held: boolean): void {
    for (const each of [this.child, this.child.stdin, this.child.stdout, this.child.stderr])
      if (held) each.ref();
      else each.unref();
  }

  private take(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    // Large contents come in many pieces, which are put together once.
    if (this.size < this.needed) return;
    let bytes = Buffer.concat(this.chunks);
    for (;;) {
      const read = readAnswer(bytes, this.questions[0]?.command ?? 'info');
      this.needed = read.bytes;
      if (read.bytes > bytes.length) break;
      bytes = bytes.subarray(read.bytes);
      this.questions.shift()?.resolve(read.answer);
      if (this.questions.length === 0) this.hold(false);
    }
    // A copy, so that what was large does not stay for the sake of its end.
    this.chunks = [Buffer.from(bytes)];
    this.size = bytes.length;
  }
}

interface Read {
  /** How many there must be for the whole answer, and how many it takes. */
  readonly bytes: number;
  readonly answer: Answer | null;
}

/** `<id> <type> <size>`, for `contents` followed by that many bytes and a newline; or `<name> missing`. */
function readAnswer(bytes: Buffer, command: Question['command']): Read {
  const start = bytes.indexOf(10) + 1;
  if (start === 0) return { bytes: bytes.length + 1, answer: null };
  const [id = '', type = '', length] = bytes.toString('latin1', 0, start - 1).split(' ');
  if (length === undefined || !isType(type)) return { bytes: start, answer: null };
  const size = Number(length);
  const end = start + size;
  if (command === 'info') return { bytes: start, answer: { id: asSha(id), type, size, content: Buffer.alloc(0) } };
  const content = bytes.length > end ? Buffer.from(bytes.subarray(start, end)) : Buffer.alloc(0);
  return { bytes: end + 1, answer: { id: asSha(id), type, size, content } };
}

function isType(type: string): type is GitObject['type'] {
  return ['blob', 'tree', 'commit', 'tag'].includes(type);
}
