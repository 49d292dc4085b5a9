// The code of the workflows for a worker: bundled from source at every start in a checkout, and once, when it was built,
// in the package (scripts/build-package.ts).

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { WorkerOptions } from '@temporalio/worker';

const largestBundle = 64 * 1024 * 1024;

export async function workflowCode(): Promise<Pick<WorkerOptions, 'workflowBundle'>> {
  if (!import.meta.url.endsWith('.ts')) return { workflowBundle: { codePath: besideUs('workflows/bundle.js') } };
  const { stdout: code } = await promisify(execFile)(process.execPath, [besideUs('scripts/bundle-workflows.ts')], {
    maxBuffer: largestBundle,
  });
  return { workflowBundle: { code } };
}

function besideUs(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
