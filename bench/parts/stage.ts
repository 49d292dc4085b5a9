// The environment of a bench of the product, as users run it: a Temporal server (by default the dev server in memory),
// a bare remote, a bare state remote, a scripted model on loopback, and worker processes with their own homes. `close`
// removes everything.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { Coppice } from '../../client/api.ts';
import { freePorts } from '../../scripts/free-port.ts';
import { spawnWorker, type SpawnedWorker, type WorkerPlace } from '../../scripts/demo/processes.ts';
import { startModelServer, type ReplyFunction } from '../../test/fakes/model-server.ts';
import { startTemporalServer } from '../../workers/server/temporal-server.ts';

export interface StageOptions {
  readonly reply: ReplyFunction;
  /** A running server, and a namespace there with our search attributes; absent = its own server. */
  readonly temporal?: { readonly address: string; readonly namespace: string };
  /** Content of the first commit on `main`. */
  readonly files: Readonly<Record<string, string>>;
}

/** Environment variables of the stage's workers and clients. */
export type StageEnvironment = Readonly<
  Record<'TEMPORAL_ADDRESS' | 'TEMPORAL_NAMESPACE' | 'ANTHROPIC_BASE_URL' | 'COPPICE_STATE_REMOTE', string>
> &
  Readonly<Record<string, string>>;

export class Stage {
  readonly root: string;
  readonly env: StageEnvironment;
  readonly coppice: Coppice;
  private readonly closers: (() => Promise<unknown>)[];
  private made = 0;

  private constructor(
    root: string,
    env: StageEnvironment,
    { coppice, closers }: { coppice: Coppice; closers: (() => Promise<unknown>)[] },
  ) {
    this.root = root;
    this.env = env;
    this.coppice = coppice;
    this.closers = closers;
  }

  static async open({ reply, temporal }: Omit<StageOptions, 'files'>): Promise<Stage> {
    const root = mkdtempSync(join(tmpdir(), 'coppice-bench-'));
    const closers = [async () => rmSync(root, { recursive: true, force: true })];
    const model = await startModelServer({ reply });
    closers.push(() => model.close());
    const { address, namespace, stop } =
      temporal === undefined ? await openDevServer(null) : { ...temporal, stop: null };
    if (stop !== null) closers.push(stop);
    mkdirSync(join(root, 'user'));
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: join(root, 'user'),
      LANG: 'C.UTF-8',
      // For profiling: `NODE_OPTIONS=--cpu-prof npm run bench …`.
      NODE_OPTIONS: process.env['NODE_OPTIONS'] ?? '',
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      ANTHROPIC_API_KEY: 'scripted',
      ANTHROPIC_BASE_URL: model.url,
      COPPICE_USER: 'bench',
      COPPICE_HOME: join(root, 'client'),
      COPPICE_STATE_REMOTE: join(root, 'state.git'),
    };
    execFileSync('git', ['init', '--quiet', '--bare', env.COPPICE_STATE_REMOTE]);
    const coppice = await Coppice.connect({ env });
    closers.push(() => coppice.close());
    return new Stage(root, env, { coppice, closers });
  }

  /** Makes a bare repository with one commit on `main`; returns its path. */
  remote(files: StageOptions['files']): string {
    return makeRemote(join(this.root, `remote-${++this.made}`), files);
  }

  async worker(
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    release: Pick<WorkerPlace, 'program'> = {},
  ): Promise<SpawnedWorker> {
    const worker = await spawnWorker(name, args, { ...release, root: this.root, env: { ...this.env, ...env } });
    this.closers.push(() => worker.stop());
    return worker;
  }

  /** Starts one orchestrator, and hosts of `slots` each; or a single process, which starts faster. */
  async workers(which: 'all in one' | { hosts: number; slots: number }): Promise<void> {
    if (which === 'all in one') return void (await this.worker('worker', ['--slots', '4']));
    const names = Array.from({ length: which.hosts }, (_, i) => `host-${i + 1}`);
    await Promise.all([
      this.worker('orchestrator', ['--role', 'orchestrator']),
      ...names.map((name) => this.worker(name, ['--role', 'host', '--slots', `${which.slots}`])),
    ]);
  }

  async close(): Promise<void> {
    for (const close of this.closers.toReversed()) await close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

interface DevServer {
  readonly address: string;
  readonly namespace: string;
  readonly stop: () => Promise<void>;
}

/** The server of `coppice dev`, with its data in a file or, if `database` is null, in memory. */
export async function openDevServer(database: string | null): Promise<DevServer> {
  // Another bench may take a port that was free a moment ago.
  const open = () => startOnFreePorts(database);
  return open().catch(open).catch(open);
}

async function startOnFreePorts(database: string | null): Promise<DevServer> {
  const [port = 0, uiPort = 0] = await freePorts(2);
  const log = pino({ level: 'warn' }, pino.destination(2));
  const { stop } = await startTemporalServer({ port, uiPort, database, log });
  return { address: `127.0.0.1:${port}`, namespace: 'default', stop };
}

/** Makes `<folder>.git`, a bare repository with one commit of `files` on `main`. */
export function makeRemote(folder: string, files: StageOptions['files']): string {
  const git = (...args: string[]) => execFileSync('git', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const remote = `${folder}.git`;
  git('init', '--quiet', '--bare', '--initial-branch=main', remote);
  git('init', '--quiet', '--initial-branch=main', folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const identity = ['-c', 'user.name=Bench', '-c', 'user.email=bench@localhost'];
  git('-C', folder, 'add', '--all');
  git('-C', folder, ...identity, 'commit', '--quiet', '--message=Start');
  git('-C', folder, 'push', '--quiet', remote, 'HEAD:refs/heads/main');
  return remote;
}
