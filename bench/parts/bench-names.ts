// The names of the benches: every script in `bench/` itself except the harness and the runner.

import { readdirSync } from 'node:fs';

const notBenches = new Set(['harness', 'run']);

export function benchNames(): string[] {
  return readdirSync(new URL('..', import.meta.url))
    .flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -3)] : []))
    .filter((name) => !notBenches.has(name))
    .toSorted();
}
