// `npm run bench [NAME…]`: runs the named benches, or all, one after the other, each in its own process. Other
// arguments (--quick, --repetitions N) are passed to each; with --json it prints one document of all results.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { BenchResult } from './harness.ts';
import { benchNames } from './parts/bench-names.ts';

const known = benchNames();
const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, repetitions: { type: 'string' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no bench is called ${unknown.join(', ')}; there are: ${known.join(', ')}\n`);
  process.exit(2);
}

const results: BenchResult[] = [];
const failed: string[] = [];
for (const name of positionals.length === 0 ? known : positionals) {
  const printed = await runOne(name);
  if (printed === null) failed.push(name);
  // The cast is safe: our own child printed it.
  else if (values.json === true) results.push(JSON.parse(printed) as BenchResult);
  else process.stdout.write(`${printed}\n`);
}
if (values.json === true) process.stdout.write(`${JSON.stringify({ version: 1, benches: results })}\n`);
if (failed.length > 0) process.stderr.write(`failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** The output; null if it failed, which it has explained on stderr. */
async function runOne(name: string): Promise<string | null> {
  const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const options = [
    ...(values.quick === true ? ['--quick'] : []),
    ...(values.json === true ? ['--json'] : []),
    ...(values.repetitions === undefined ? [] : ['--repetitions', values.repetitions]),
  ];
  const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return child.exitCode === 0 ? printed : null;
}
