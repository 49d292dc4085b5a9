// What a plan of 10,000 units costs the person who reads it: `coppice plan validate` and `show`, against the same command
// with a plan of one unit.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { makeRemote } from './parts/stage.ts';
import { runBench } from './harness.ts';

const coppice = fileURLToPath(new URL('../bin/coppice', import.meta.url));
const validated = 'plan validate';
const shown = 'plan show';
const expanded = 'plan show --repo, of forEach';
const memory = 'the most memory of these';
const itself = { measure: 's', of: ({ ours }: { readonly ours: number }) => ours };

/** Writes what the process needed at most, in KB, when it ends. */
const tellPeak =
  "process.on('exit',()=>process.getBuiltinModule('fs').writeFileSync(process.env.BENCH_PEAK,String(process.resourceUsage().maxRSS)))";

await runBench({
  name: 'plan',
  about: 'commands with a plan of 10,000 units, against the same with one',
  repetitions: 5,
  rows: {
    [validated]: { measure: 's', judge: itself, goal: 2 },
    [shown]: { measure: 's', judge: itself, goal: 2 },
    [expanded]: { measure: 's', judge: itself, goal: 2 },
    [memory]: { measure: 'MB', judge: { measure: 'MB', of: ({ ours }) => ours }, goal: 300 },
  },
  async open({ quick, note }) {
    const units = quick ? 20 : 10_000;
    note(
      `${units} units, each with a prompt, a scope and a need; of forEach: a file each, in a repository on this machine`,
    );
    const folder = mkdtempSync(join(tmpdir(), 'coppice-bench-plan-'));
    return {
      ours: async () => measure(join(folder, 'ours'), units),
      baseline: async () => measure(join(folder, 'baseline'), 1),
      async close() {
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
});

function measure(folder: string, count: number) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [plan, each] = [join(folder, 'plan.yaml'), join(folder, 'each.yaml')];
  writeFileSync(plan, stringify(planOf(count)));
  writeFileSync(
    each,
    stringify({ version: 1, units: [{ ...unitFor('${{ path }}'), id: 'each', forEach: { glob: 'src/**' } }] }),
  );
  const files = Object.fromEntries(Array.from({ length: count }, (_, i) => [`src/part-${i}.ts`, '']));
  const remote = makeRemote(join(folder, 'remote'), files);
  const runs = {
    [validated]: ['validate', plan],
    [shown]: ['show', plan],
    [expanded]: ['show', each, '--repo', remote],
  };
  const figures = Object.entries(runs).map(([name, args]) => [name, run(folder, ['plan', ...args])] as const);
  return {
    ...Object.fromEntries(figures.map(([name, { seconds }]) => [name, seconds])),
    [memory]: Math.max(...figures.map(([, { peakMb }]) => peakMb)),
  };
}

/** Chains of ten. */
function planOf(count: number) {
  const units = Array.from({ length: count }, (_, i) => ({
    ...unitFor(`src/part-${i}.ts`),
    id: `unit-${i}`,
    ...(i % 10 === 0 ? {} : { needs: [`unit-${i - 1}`] }),
  }));
  return { version: 1, goal: 'Every part has its own tests.', units };
}

function unitFor(path: string) {
  return { title: `Test ${path}`, prompt: `Write tests for ${path}.\nRun them.\n`, scope: [path] };
}

function run(folder: string, args: readonly string[]): { readonly seconds: number; readonly peakMb: number } {
  const peak = join(folder, 'peak');
  const env = {
    ...process.env,
    BENCH_PEAK: peak,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tellPeak)}`,
  };
  const started = performance.now();
  execFileSync(coppice, args, { env, stdio: ['ignore', 'ignore', 'inherit'], maxBuffer: 2 ** 30 });
  return { seconds: (performance.now() - started) / 1000, peakMb: Number(readFileSync(peak, 'utf8')) / 1024 };
}
