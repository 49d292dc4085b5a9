// Prints the workflows' code as one bundle, for a worker that runs from source. In its own process, because webpack
// leaves hundreds of megabytes in the heap, and starting a program costs a worker more the larger it is.

import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { bundleOptions } from './workflow-bundle.ts';

const { code } = await bundleWorkflowCode(
  bundleOptions(fileURLToPath(new URL('../workflows/index.ts', import.meta.url))),
);
for (let at = 0, bytes = Buffer.from(code); at < bytes.length;) at += writeSync(1, bytes, at);
