// The version of this program, for help and for operators.

import { createRequire } from 'node:module';

/** By name, so that it is found from the sources and from the compiled package alike. */
export function ownVersion(): string {
  const manifest = createRequire(import.meta.url)('coppice/package.json') as { readonly version: string };
  return manifest.version;
}
