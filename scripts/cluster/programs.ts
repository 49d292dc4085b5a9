// The production Temporal server and its schema tool. Temporal publishes them as container images and on GitHub; a
// machine that reaches neither builds them with Go. Uses the first that works: on PATH, in our cache, newly built.
// Programs have the names of Temporal's own releases.

import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, onPath } from '../../workers/server/temporal-binary.mjs';
import { withLockFile } from '../../workers/server/lock-file.mjs';
import { run } from './children.ts';

/** Also in docker-compose.yml; a test compares them. */
export const serverVersion = '1.32.0';

export interface Programs {
  readonly server: string;
  readonly sqlTool: string;
  readonly version: string;
}

export interface Finding {
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
}

/** Builds the programs if they are missing, which takes minutes. If that fails, throws with what to do. */
export async function findPrograms(finding: Finding): Promise<Programs> {
  return (await findBuiltPrograms(finding)) ?? build(finding);
}

/** Undefined if this machine has none yet. */
export async function findBuiltPrograms({ signal, env = process.env }: Finding): Promise<Programs | undefined> {
  const [server, sqlTool] = [await onPath('temporal-server', env), await onPath('temporal-sql-tool', env)];
  if (server !== undefined && sqlTool !== undefined) return checked({ server, sqlTool }, signal);
  return checked(inFolder(builtFolder(env)), signal).catch(() => undefined);
}

async function build(finding: Finding): Promise<Programs> {
  const { signal, log, env = process.env } = finding;
  const folder = builtFolder(env);
  await mkdir(cacheFolder(env), { recursive: true });
  return withLockFile(`${folder}.lock`, {
    waiting: (holder) => log(`waiting for another build (process ${holder})`),
    work: async () => {
      const built = await findBuiltPrograms(finding);
      if (built !== undefined) return built;
      log(`building the Temporal server ${serverVersion} with Go (about five minutes on two cores)`);
      const staging = await mkdtemp(`${folder}-`);
      try {
        await goInstall(staging, finding);
        await rename(join(staging, 'server'), join(staging, 'temporal-server'));
        await rename(join(staging, 'sql'), join(staging, 'temporal-sql-tool'));
        await checked(inFolder(staging), signal);
        await rm(folder, { recursive: true, force: true });
        await rename(staging, folder);
      } finally {
        await rm(staging, { recursive: true, force: true });
      }
      return checked(inFolder(folder), signal);
    },
  });
}

async function goInstall(target: string, { signal, env = process.env }: Finding): Promise<void> {
  const go = await onPath('go', env);
  if (go === undefined) {
    throw new Error(
      `no Temporal server: neither \`temporal-server\` and \`temporal-sql-tool\` on PATH nor Go to build them.\n` +
        `Install Go 1.21 or newer (https://go.dev/dl; it fetches the version that the server needs by itself), or put ` +
        `the two programs of release ${serverVersion} (https://github.com/temporalio/temporal/releases) on PATH.`,
    );
  }
  const modules = ['server', 'tools/sql'].map((name) => `go.temporal.io/server/cmd/${name}@v${serverVersion}`);
  await run(
    {
      command: [go, 'install', '-trimpath', '-ldflags', '-s -w', ...modules],
      // `auto`: this Go may be older than the version in the server's go.mod.
      env: { ...env, GOBIN: target, GOTOOLCHAIN: 'auto', CGO_ENABLED: '0' },
    },
    signal,
  );
}

function builtFolder(env: NodeJS.ProcessEnv): string {
  return join(cacheFolder(env), `temporal-server-${serverVersion}-${process.platform}-${process.arch}`);
}

function inFolder(folder: string): { server: string; sqlTool: string } {
  return { server: join(folder, 'temporal-server'), sqlTool: join(folder, 'temporal-sql-tool') };
}

/** Runs both to check that they work. */
async function checked(found: Omit<Programs, 'version'>, signal: AbortSignal): Promise<Programs> {
  const [server, tool] = [
    await run({ command: [found.server, '--version'] }, signal),
    await run({ command: [found.sqlTool, '--version'] }, signal),
  ].map((output) => /version (\d+\.\d+\.\d+)/.exec(output)?.[1]);
  if (server === undefined || server !== tool) {
    throw new Error(`${found.server} is version ${server}, ${found.sqlTool} is version ${tool}`);
  }
  return { ...found, version: server };
}
