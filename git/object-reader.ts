// Reads a repository's objects through one long-running `git cat-file`: starting a program takes ten milliseconds or
// more, and each unit reads dozens of objects. The first read starts the reader. It ends when it is idle for a while or
// when this process ends, and never keeps the process alive.

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

/** An object by its id or by a ref's full name; null if the repository does not have it. */
export async function readObject(gitDir: string, name: string): Promise<GitObject | null> {
  const answer = await readerOf(gitDir).ask('contents', name);
  return answer === null ? null : { id: answer.id, type: answer.type, content: answer.content };
}

/** An object's type and size in bytes, without the content. */
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

/** In Node, a child's pipes are sockets. */
type Child = ChildProcessByStdio<Socket, Socket, Socket>;

class Reader {
  private readonly child: Child;
  private readonly questions: Question[] = [];
  private readonly ended: () => void;
  private readonly idle: NodeJS.Timeout;
  private stderr = '';
  private chunks: Buffer[] = [];
  private size = 0;
  /** Minimum bytes of the next answer. */
  private needed = 1;

  constructor(gitDir: string, ended: () => void) {
    this.ended = ended;
    const env = { ...gitEnvironment(process.env), GIT_DIR: gitDir };
    const stdio = ['pipe', 'pipe', 'pipe'] as const;
    // A process group of its own, so that Ctrl-C reaches only us.
    this.child = spawn('git', args, { cwd: '/', env, stdio: [...stdio], detached: true }) as Child;
    this.child.stdout.on('data', (chunk: Buffer) => this.take(chunk));
    this.child.stderr.on('data', (chunk: Buffer) => (this.stderr = `${this.stderr}${String(chunk)}`.slice(0, 4096)));
    // Requests that it did not read fail when it ends.
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

  /** Answers the pending requests, then ends. */
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

  /** Keeps this process alive only while an answer is pending. */
  private hold(held: boolean): void {
    for (const each of [this.child, this.child.stdin, this.child.stdout, this.child.stderr])
      if (held) each.ref();
      else each.unref();
  }

  private take(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    // Large contents arrive in many chunks, which are joined only once.
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
    // A copy, so that a large buffer is not kept for its last bytes.
    this.chunks = [Buffer.from(bytes)];
    this.size = bytes.length;
  }
}

interface Read {
  /** Bytes that the whole answer needs; if they are all there, also the bytes that it takes. */
  readonly bytes: number;
  readonly answer: Answer | null;
}

/** Parses `<id> <type> <size>`, for `contents` followed by that many bytes and a newline; or `<name> missing`. */
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
