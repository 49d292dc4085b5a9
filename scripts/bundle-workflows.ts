// Prints the workflows' code as one bundle, for a worker that runs from source. A process of its own, because webpack
// leaves hundreds of megabytes in the heap, and each program that a worker starts costs by the size of its parent.

import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';

const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
  logger: new DefaultLogger('WARN'),
});
for (let at = 0, bytes = Buffer.from(code); at < bytes.length;) at += writeSync(1, bytes, at);
