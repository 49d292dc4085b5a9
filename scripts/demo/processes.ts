// Worker processes of the demo and of benches: the real command, each with its own home and log.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const coppice = [fileURLToPath(new URL('../../bin/coppice', import.meta.url))];

export interface SpawnedWorker {
  readonly name: string;
  readonly pid: number;
  /** Sends SIGKILL, as if the machine were gone. */
  kill(): void;
  stop(): Promise<void>;
}

export interface WorkerPlace {
  /** Where its home and its log go. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** The command of another release and its first arguments; absent = ours. */
  readonly program?: readonly string[];
}

/** `args` are those of `coppice worker`. */
export async function spawnWorker(
  name: string,
  args: readonly string[],
  { root, env, program = coppice }: WorkerPlace,
): Promise<SpawnedWorker> {
  const log = openSync(join(root, `${name}.log`), 'w');
  const [command = '', ...first] = program;
  const child = spawn(command, [...first, 'worker', ...args], {
    env: { ...env, COPPICE_HOME: join(root, name), COPPICE_HOST_ID: name, COPPICE_SANDBOX_PATHS: toolchains(env) },
    stdio: ['ignore', 'pipe', log],
  });
  await ready(child, join(root, `${name}.log`));
  return processOf(name, child);
}

/** `coppice gateway`; `args` are its own. */
export async function spawnGateway(
  { root, env, program = coppice }: WorkerPlace,
  args: readonly string[] = [],
): Promise<SpawnedWorker> {
  const [command = '', ...first] = program;
  const path = join(root, 'gateway.log');
  const child = spawn(command, [...first, 'gateway', ...args], { env, stdio: ['ignore', 'pipe', openSync(path, 'w')] });
  await ready(child, path);
  return processOf('gateway', child);
}

function processOf(name: string, child: ChildProcess): SpawnedWorker {
  return {
    name,
    pid: child.pid ?? 0,
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** The library's tests need our own Node, which may be one from node_modules. */
function toolchains(env: NodeJS.ProcessEnv): string {
  const node = dirname(dirname(process.execPath));
  const own = node.startsWith('/usr') ? [] : [node];
  return [...own, env['COPPICE_SANDBOX_PATHS'] ?? ''].filter((path) => path !== '').join(':');
}

async function ready(child: ChildProcess, log: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let out = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
      if (/^ready\b/m.test(out)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`a process ended with ${code} before it was ready; see ${log}`)));
  });
}
