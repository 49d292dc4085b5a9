// The version of this program, for help and for operators.

import { createRequire } from 'node:module';

/** Resolved by name, so that it is found both from the sources and from the compiled package. */
export function ownVersion(): string {
  const manifest = createRequire(import.meta.url)('coppice/package.json') as { readonly version: string };
  return manifest.version;
}
