// The whole product as users run it, in one place for end-to-end tests: a bare git remote, a real Temporal server, a
// scripted model on loopback, worker processes with their own homes, and the `coppice` command. Tests use only its
// command line, environment and git; every document that a command prints is checked against its published schema.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import type { ApprovalView } from '../../contracts/approval.ts';
import { type Report, isOpenStatus } from '../../contracts/documents/report.ts';
import type { RunStatusDocument } from '../../client/watch/status.ts';
import type { ModelServer, ReplyFunction } from '../fakes/model-server.ts';
import { documentProblems } from './check-documents.ts';
import { openNamespace } from '../setup/namespace.ts';
import { startModelServer } from '../fakes/model-server.ts';

const main = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  /** What it has printed so far. */
  stdout(): string;
  readonly ended: Promise<Ran>;
}

export interface Worker {
  readonly hostId: string;
  readonly process: ChildProcess;
  readonly home: string;
  /** SIGKILL, as when the machine is gone. */
  kill(): Promise<void>;
  /** SIGTERM; answers the exit code. */
  drain(): Promise<number | null>;
  /** What it has logged so far. */
  log(): string;
}

export interface StackOptions {
  readonly reply: ReplyFunction;
  /** Files of the first commit on `main`. */
  readonly files: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** The command line that is `coppice`; the checkout's own by default. */
  readonly program?: Program;
}

/** For a machine that is busy with something else. */
const patienceMs = 100_000;

type Program = readonly [file: string, ...args: string[]];

export class Stack {
  readonly root: string;
  readonly remote: string;
  readonly model: ModelServer;
  readonly env: Readonly<Record<string, string>>;
  private readonly program: Program;
  private readonly workers: Worker[] = [];
  /** Commands that have not ended. */
  private readonly commands = new Set<ChildProcess>();

  private constructor(
    root: string,
    model: ModelServer,
    { env, program }: { env: Readonly<Record<string, string>>; program: Program },
  ) {
    this.root = root;
    this.remote = join(root, 'remote.git');
    this.model = model;
    this.env = env;
    this.program = program;
  }

  static async start({ reply, files, env = {}, program = [process.execPath, main] }: StackOptions): Promise<Stack> {
    const { address, namespace } = await openNamespace();
    const root = mkdtempSync(join(tmpdir(), 'coppice-e2e-'));
    const model = await startModelServer({ reply });
    const compiled = process.env['NODE_COMPILE_CACHE'];
    const ours = {
      PATH: process.env['PATH'] ?? '',
      HOME: join(root, 'user'),
      LANG: 'C.UTF-8',
      ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled }),
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      ANTHROPIC_API_KEY: 'sk-test',
      ANTHROPIC_BASE_URL: model.url,
      COPPICE_USER: 'dana',
      COPPICE_HOME: join(root, 'client-home'),
    };
    const stack = new Stack(root, model, { env: { ...ours, ...env }, program });
    mkdirSync(join(root, 'user'));
    stack.git('init', '--quiet', '--bare', '--initial-branch=main', stack.remote);
    stack.commit('Start', files);
    return stack;
  }

  /** Commits and pushes files to `main`, as a stranger would. Null deletes. */
  commit(subject: string, files: Readonly<Record<string, string | null>>): string {
    const clone = mkdtempSync(join(this.root, 'clone-'));
    this.git('clone', '--quiet', this.remote, clone);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(clone, name)), { recursive: true });
      if (content === null) rmSync(join(clone, name));
      else writeFileSync(join(clone, name), content);
    }
    const identity = ['-c', 'user.name=Stranger', '-c', 'user.email=stranger@example.com'];
    this.git('-C', clone, 'add', '--all');
    this.git('-C', clone, ...identity, 'commit', '--quiet', '-m', subject);
    this.git('-C', clone, 'push', '--quiet', 'origin', 'HEAD:refs/heads/main');
    return this.git('-C', clone, 'rev-parse', 'HEAD').trim();
  }

  /** Git on the side, to look at what the product has done. */
  git(...args: string[]): string {
    return execFileSync('git', args, {
      maxBuffer: 2 ** 28,
      encoding: 'utf8',
      // A machine with git-lfs has it in git's system configuration.
      env: { ...this.env, GIT_CONFIG_NOSYSTEM: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  show(path: string, commit = 'main'): string {
    return this.git('--git-dir', this.remote, 'show', `${commit}:${path}`);
  }

  /** Commits of `main`, newest first, as `{ sha, subject, body }`. */
  log(): { sha: string; subject: string; body: string }[] {
    const text = this.git('--git-dir', this.remote, 'log', '-z', '--format=%H%x01%s%x01%b', 'main');
    return text.split('\0').flatMap((entry) => {
      const [sha, subject, body] = entry.split('\u0001');
      return sha === undefined || subject === undefined ? [] : [{ sha, subject, body: body ?? '' }];
    });
  }

  plan(units: readonly object[], goal = 'Try it'): string {
    const file = join(this.root, `plan-${Math.random().toString(36).slice(2)}.json`);
    writeFileSync(file, JSON.stringify({ version: 1, goal, units }, null, 2));
    return file;
  }

  async worker(
    name: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Worker> {
    const home = join(this.root, `home-${name}`);
    const [file, ...first] = this.program;
    const child = spawn(file, [...first, 'worker', ...args], {
      env: { ...this.env, COPPICE_HOME: home, COPPICE_HOST_ID: name, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')));
    await ready(child, () => log);
    const worker: Worker = {
      hostId: name,
      process: child,
      home,
      log: () => log,
      async kill() {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      },
      async drain() {
        child.kill('SIGTERM');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        return child.exitCode;
      },
    };
    this.workers.push(worker);
    return worker;
  }

  coppice(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = this.root): Promise<Ran> {
    return this.spawn(args, env, cwd).ended;
  }

  /** A command that continues while the test does something else. */
  spawn(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = this.root): Running {
    const [file, ...first] = this.program;
    const child = spawn(file, [...first, ...args], {
      env: { ...this.env, ...env },
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (out.stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (out.stderr += chunk.toString('utf8')));
    this.commands.add(child);
    const ended = once(child, 'close').then(() => {
      this.commands.delete(child);
      const ran = { code: child.exitCode ?? -1, ...out };
      const problems = documentProblems({ args, ...ran });
      if (problems.length === 0) return ran;
      throw new Error(`coppice ${args.join(' ')} printed ${ran.stdout}\n${problems.join('\n')}\n${ran.stderr}`);
    });
    return { process: child, stdout: () => out.stdout, ended };
  }

  /** The command's JSON document; throws with everything it printed when there is none. */
  async json<Document>(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Document> {
    const { stdout, stderr, code } = await this.coppice([...args, '--json'], env);
    try {
      return JSON.parse(stdout) as Document;
    } catch {
      throw new Error(`coppice ${args.join(' ')} ended with ${code}\nstdout: ${stdout}\nstderr: ${stderr}`);
    }
  }

  /**
   * The first status of a run that `expected` does not throw at. One command follows the run: to ask with a new one each
   * time costs more than all that is waited for.
   */
  async statusWhen(
    run: string,
    expected: (status: RunStatusDocument) => void,
    timeout = patienceMs,
  ): Promise<RunStatusDocument> {
    const watching = this.spawn(['status', run, '--watch', '--json']);
    let over = false;
    const ended = watching.ended.finally(() => (over = true));
    let seen = 0;
    let why: unknown = new Error(`no status of ${run} yet`);
    const look = (): RunStatusDocument | undefined => {
      for (const line of watching.stdout().split('\n').slice(seen, -1)) {
        seen += 1;
        try {
          const status = JSON.parse(line) as RunStatusDocument;
          expected(status);
          return status;
        } catch (error) {
          why = error;
        }
      }
      return undefined;
    };
    try {
      for (const deadline = Date.now() + timeout; Date.now() < deadline; await sleep(50)) {
        // Asked before the look, so that what it printed last is looked at too.
        const last = over;
        const status = look();
        if (status !== undefined) return status;
        if (last) break;
      }
      throw why;
    } finally {
      watching.process.kill('SIGINT');
      await ended;
    }
  }

  /** Waits for the end of a run, whatever its outcome. */
  async reportOf(run: string): Promise<Report> {
    await this.statusWhen(run, ({ status, units, approvals }) => {
      if (!isOpenStatus(status)) return;
      throw new Error(`${run} has not ended: ${JSON.stringify({ status, units, approvals })}`);
    });
    return this.json<Report>(['report', run]);
  }

  /** The open approvals of a run, once there are `count`. */
  async approvalsOf(run: string, count = 1): Promise<readonly [ApprovalView, ...ApprovalView[]]> {
    await this.statusWhen(run, ({ approvals }) => {
      if (approvals.length < count) throw new Error(`${run} asks for ${approvals.length} approvals, not ${count}`);
    });
    // Listed by the server's index, which is a moment behind.
    return vi.waitFor(
      async () => {
        const { approvals } = await this.json<{ approvals: ApprovalView[] }>(['approvals', run]);
        const [first, ...others] = approvals;
        if (first === undefined || approvals.length < count) throw new Error(`${approvals.length} are listed`);
        return [first, ...others] as const;
      },
      { timeout: patienceMs, interval: 250 },
    );
  }

  async close(): Promise<void> {
    for (const command of this.commands) command.kill('SIGKILL');
    await Promise.all(this.workers.map((worker) => worker.kill()));
    await this.model.close();
    // Prepared worktrees are many files: nobody waits for their end.
    spawn('nice', ['rm', '-rf', this.root], { detached: true, stdio: 'ignore' }).unref();
  }
}

async function ready(child: ChildProcess, log: () => string): Promise<void> {
  let out = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
      if (/^ready\b/m.test(out)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}:\n${out}${log()}`)));
  });
}
