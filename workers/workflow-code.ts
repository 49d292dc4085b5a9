// The workflows' code for a worker. In the package, it was bundled when that was built (scripts/build-package.ts). In a
// checkout, it is bundled from source, and the bundle is cached for the current sources.

import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { WorkerOptions } from '@temporalio/worker';

const largestBundle = 64 * 1024 * 1024;
/** Sources change, and old bundles are not needed. */
const oldestMs = 24 * 3600_000;
/** Everything that a bundle depends on: the code, how it is bundled, and the packages that do it. */
const sources = ['{workflows,domain,contracts}/**/*.ts', 'scripts/*workflow*.ts', 'package-lock.json'];

export async function workflowCode(): Promise<Pick<WorkerOptions, 'workflowBundle'>> {
  if (!import.meta.url.endsWith('.ts')) return { workflowBundle: { codePath: besideUs('workflows/bundle.js') } };
  const codePath = besideUs(`.cache/workflows/${stampOf(sources)}.js`);
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  const { stdout: code } = await promisify(execFile)(process.execPath, [besideUs('scripts/bundle-workflows.ts')], {
    maxBuffer: largestBundle,
  });
  // If the checkout is read-only, it is bundled at every start.
  await keep(codePath, code).catch(() => undefined);
  return { workflowBundle: { code } };
}

function stampOf(patterns: readonly string[]): string {
  const root = besideUs('.');
  const hash = createHash('sha256').update(process.version);
  for (const name of globSync(patterns, { cwd: root }).toSorted())
    hash.update(`\0${name}\0`).update(readFileSync(`${root}/${name}`));
  return hash.digest('hex').slice(0, 32);
}

async function keep(path: string, code: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}`, code);
  await rename(`${path}.${process.pid}`, path);
  for (const name of globSync('*', { cwd: dirname(path) })) {
    const other = join(dirname(path), name);
    if ((await stat(other)).mtimeMs < Date.now() - oldestMs) await rm(other);
  }
}

function besideUs(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
