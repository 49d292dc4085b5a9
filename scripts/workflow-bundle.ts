// How the workflows' code is bundled, for a checkout, for the package and for tests.
//
// All workflows of a worker share one copy of our modules, which Temporal freezes. With a copy of its own, as Temporal does
// it by default, a cached workflow holds 130 KB more. So modules of contracts/, domain/ and workflows/ must have no state,
// which test/architecture/bundle.test.ts checks.

import { type BundleOptions, DefaultLogger } from '@temporalio/worker';

/** `workflowsPath`: of workflows/index.ts. */
export function bundleOptions(workflowsPath: string): BundleOptions {
  return { workflowsPath, preloadModules: [workflowsPath], logger: new DefaultLogger('WARN') };
}
