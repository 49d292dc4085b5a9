// A private PostgreSQL with its own folder, port and password; the machine's databases are not touched. Uses Debian's
// packages, and installs them if they are missing and we are root.

import { chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onPath } from '../../workers/server/temporal-binary.mjs';
import type { Program, User } from './children.ts';
import { hasEnded, lastLines, run, start } from './children.ts';

export interface Installation {
  /** The folder with initdb, postgres and pg_isready. */
  readonly programs: string;
  readonly version: string;
}

export interface Database {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  stop(): Promise<void>;
}

const debian = '/usr/lib/postgresql';
/** All connections that the server's services may open to both databases, plus some for people. */
const connections = 200;
const startDeadlineMs = 30_000;

export async function findPostgresql(signal: AbortSignal): Promise<Installation | undefined> {
  const onDebian = await readdir(debian).catch(() => []);
  const newest = onDebian.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin'));
  const linked = await onPath('postgres', process.env);
  for (const programs of [...newest, ...(linked === undefined ? [] : [dirname(linked)])]) {
    const output = await run({ command: [join(programs, 'postgres'), '--version'] }, signal).catch(() => '');
    const version = /PostgreSQL\) ([\d.]+)/.exec(output)?.[1];
    if (version !== undefined) return { programs, version };
  }
  return undefined;
}

/** Installs it if we may. */
export async function installPostgresql(signal: AbortSignal, log: (line: string) => void): Promise<Installation> {
  if (process.getuid?.() !== 0 || (await onPath('apt-get', process.env)) === undefined) {
    throw new Error(
      "PostgreSQL is missing: install it (`sudo apt-get install postgresql`, or your system's package manager) and " +
        'try again',
    );
  }
  log('installing PostgreSQL (apt-get)');
  // Debian's packages also create and start a database for the machine, which is not wanted here.
  const without = '/etc/postgresql-common/createcluster.d/coppice.conf';
  await mkdir(dirname(without), { recursive: true });
  await writeFile(without, 'create_main_cluster = false\n');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = ['-qq', '--option', 'DPkg::Lock::Timeout=120'];
  await run({ command: ['apt-get', ...quiet, 'update'], env }, signal);
  await run(
    { command: ['apt-get', ...quiet, 'install', '--yes', '--no-install-recommends', 'postgresql'], env },
    signal,
  );
  const installed = await findPostgresql(signal);
  if (installed === undefined) throw new Error('apt-get installed PostgreSQL, and there is none');
  return installed;
}

export interface Place {
  /** Absolute; must not exist. */
  readonly folder: string;
  readonly port: number;
  readonly password: string;
  readonly signal: AbortSignal;
}

/** Creates a database cluster in the folder and serves it on loopback. */
export async function startPostgresql(installation: Installation, place: Place): Promise<Database> {
  const { folder, port, password, signal } = place;
  const user = await databaseUser(signal);
  const data = join(folder, 'data');
  const sockets = join(folder, 'sockets');
  for (const path of [folder, sockets]) await makeFor(user, path);
  const as = (command: Program['command']): Program => ({ command, user });
  const program = (name: string): string => join(installation.programs, name);
  await initialise({ data, program, password, user, signal });
  const log = join(folder, 'postgresql.log');
  const listen = ['-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${sockets}`];
  const limits = ['-c', `max_connections=${connections}`];
  // SIGINT is PostgreSQL's fast shutdown.
  const server = start(as([program('postgres'), '-D', data, ...listen, ...limits]), { log, end: 'SIGINT' });
  const stop = (): Promise<void> => server.stop('SIGINT');
  try {
    const ready: Program['command'] = [program('pg_isready'), '-h', '127.0.0.1', '-p', `${port}`, '-q'];
    for (const deadline = Date.now() + startDeadlineMs; ; await sleep(100, undefined, { signal })) {
      const serves = await run({ command: ready }, signal).then(
        () => true,
        () => false,
      );
      if (serves) return { port, user: 'temporal', password, stop };
      if (hasEnded(server.process) || Date.now() > deadline) {
        throw new Error(`PostgreSQL does not serve:\n${lastLines(await readFile(log, 'utf8'))}`);
      }
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Initialisation {
  readonly data: string;
  readonly program: (name: string) => string;
  readonly password: string;
  readonly user: User | null;
  readonly signal: AbortSignal;
}

async function initialise({ data, program, password, user, signal }: Initialisation): Promise<void> {
  const passwordFile = `${data}.password`;
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== null) await chown(passwordFile, user.uid, user.gid);
  const access = ['--username', 'temporal', '--pwfile', passwordFile, '--auth', 'scram-sha-256'];
  const texts = ['--encoding', 'UTF8', '--no-locale', '--no-instructions'];
  await run({ command: [program('initdb'), '--pgdata', data, ...access, ...texts], user }, signal);
}

/** PostgreSQL refuses to run as root; then the user that Debian's package created. Null = the current user. */
async function databaseUser(signal: AbortSignal): Promise<User | null> {
  if (process.getuid?.() !== 0) return null;
  const [uid, gid] = [
    await run({ command: ['id', '--user', 'postgres'] }, signal),
    await run({ command: ['id', '--group', 'postgres'] }, signal),
  ].map(Number);
  if (uid === undefined || gid === undefined) throw new Error('there is no user postgres');
  return { uid, gid };
}

async function makeFor(user: User | null, path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  if (user !== null) await chown(path, user.uid, user.gid);
}
