// Every bench runs to its end and prints its table, with the smallest sizes; the figures do not matter.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { BenchResult } from '../../bench/harness.ts';
import { benchNames } from '../../bench/parts/bench-names.ts';
import { benchText } from '../../bench/harness.ts';

const runner = path.resolve(import.meta.dirname, '../../bench/run.ts');

async function bench(...args: string[]) {
  const child = spawn(process.execPath, [runner, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

// At the same time, since most of it is waiting for processes to start.
test.concurrent.each(benchNames())('the quick form of %s runs to its end', { timeout: 1_200_000 }, async (name) => {
  const { code, stdout, stderr } = await bench(name, '--quick', '--json');
  if (code !== 0) throw new Error(`bench ${name} ended with ${code}: ${stderr.slice(-2_000)}`);
  const { benches } = JSON.parse(stdout) as { benches: BenchResult[] };
  const [result] = benches;
  expect(result).toMatchObject({ version: 1, bench: name, quick: true });
  if (result === undefined || result.lacks !== null) {
    const reasons: Partial<Record<string, string>> = {
      servers: 'npm run test:cluster',
      landing: "repository's history",
    };
    expect([name, result?.lacks]).toEqual([name, expect.stringContaining(reasons[name] ?? 'a reason')]);
    return;
  }
  expect(result.rows.length).toBeGreaterThan(0);
  for (const { pairs } of result.rows) {
    expect(pairs).toEqual([{ ours: expect.any(Number), baseline: expect.any(Number) }]);
  }
  const table = benchText(result);
  for (const row of result.rows) expect(table).toContain(row.name);
});

test('the benches are those of docs/benchmarks.md', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/benchmarks.md'), 'utf8');
  const [, table = ''] = page.split('## What each measures');
  const named = [...(table.split('\n## ')[0] ?? '').matchAll(/^\| `([\w-]+)`/gm)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(5);
  expect(benchNames().toSorted()).toEqual(named.toSorted());
});

test('an unknown bench is refused with the names that there are', async () => {
  const { code, stderr } = await bench('no-such-bench');
  expect(code).toBe(2);
  expect(stderr).toContain(benchNames().join(', '));
});
