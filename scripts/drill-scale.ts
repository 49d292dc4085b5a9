// `npm run drill:scale [-- --units N]`: a run of 1,000 units with everything real (Temporal server, git remotes, worker
// processes, sandboxes) except a scripted model that answers at once. Prints the progress, and at the end checks what
// must hold: every unit landed once, in an order that respects its needs, and histories are far from their limits.

import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { connectClient } from '../client/temporal.ts';
import { queueId } from '../git/queue-id.ts';
import { readRepository } from '../client/repository.ts';
import { runWorkflowId } from '../contracts/ids.ts';
import { Stage } from '../bench/parts/stage.ts';
import { historiesOf, historyLimits } from '../bench/parts/histories.ts';
import { oneCommand } from '../bench/parts/model.ts';
import { residentMb } from '../bench/parts/process-memory.ts';

const { values } = parseArgs({ options: { units: { type: 'string', default: '1000' } } });
const count = Number(values.units);
if (!Number.isInteger(count) || count < 1)
  throw new Error(`--units must be a whole number above 0, not ${values.units}`);

const progressEveryMs = 10_000;

await using stage = await Stage.open({ reply: oneCommand((unit) => `mkdir -p units && echo ${unit} > units/${unit}`) });
const workers = [
  await stage.worker('orchestrator', ['--role', 'orchestrator']),
  await stage.worker('host-1', ['--role', 'host', '--slots', '8']),
  await stage.worker('host-2', ['--role', 'host', '--slots', '8']),
];
const repository = stage.remote({
  'coppice.yaml': 'version: 1\nverify: test ! -e units || test -d units\nrun: { parallel: 16 }\n',
});
const units = layered(count);
const started = performance.now();
const run = await stage.coppice.start({ repository, plan: { version: 1, goal: 'Many units', units } });
console.log(`run ${run.id}: ${count} units, two hosts of 8 slots`);

const ended = run.result();
let over = false;
void ended.finally(() => (over = true));
while (!over) {
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, progressEveryMs))]);
  if (!over) console.log(await progress());
}
const report = await ended;
const seconds = (performance.now() - started) / 1000;

const address = stage.env.TEMPORAL_ADDRESS;
const client = await connectClient({ address, namespace: 'default', options: { address } });
const ids = [runWorkflowId(run.id), queueId(readRepository(repository), 'main')];
const histories = await historiesOf(client, ids);
await client.connection.close();

const subjects = execFileSync('git', ['--git-dir', repository, 'log', '--reverse', '--format=%s', 'main'], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
}).split('\n');
const place = new Map(subjects.map((subject, at) => [subject, at]));
const landedOf = (id: string): number => place.get(`Write ${id}`) ?? -1;
const checks: readonly (readonly [string, boolean])[] = [
  ['the run completed', report.status === 'completed'],
  ['every unit landed once', new Set(subjects).size === subjects.length && units.every(({ id }) => landedOf(id) > 0)],
  [
    'in an order that respects its needs',
    units.every(({ id, needs }) => needs.every((need) => landedOf(need) < landedOf(id))),
  ],
  [
    'histories stay below a fifth of their limits',
    histories.events < historyLimits.events / 5 && histories.bytes < historyLimits.bytes / 5,
  ],
];
console.log(
  [
    `${count} units in ${seconds.toFixed(0)} s, ${((1000 * seconds) / count).toFixed(0)} ms a unit`,
    `largest history ${histories.events} events, ${(histories.bytes / 1024 ** 2).toFixed(2)} MB; the run and its queue went through ${histories.executions} executions`,
    `memory at the end ${await memory()}`,
    ...checks.map(([what, holds]) => `${holds ? 'holds' : 'BROKEN'}: ${what}`),
  ].join('\n'),
);
process.exitCode = checks.every(([, holds]) => holds) ? 0 : 1;

async function progress(): Promise<string> {
  const asked = performance.now();
  const status = await run.status().catch(() => null);
  const landed = status?.units.filter(({ phase }) => phase === 'landed').length ?? '?';
  const took = (performance.now() - asked).toFixed(0);
  return `${((performance.now() - started) / 1000).toFixed(0)} s: ${landed} landed; status took ${took} ms; ${await memory()}`;
}

async function memory(): Promise<string> {
  const sizes = await Promise.all(
    workers.map(async ({ name, pid }) => `${name} ${(await residentMb(pid, { looks: 1, everyMs: 0 })).toFixed(0)} MB`),
  );
  return sizes.join(', ');
}

/** Layers of 50 units; each unit needs two of the previous layer. */
function layered(size: number): { id: string; title: string; prompt: string; needs: string[] }[] {
  const layer = 50;
  return Array.from({ length: size }, (_, i) => {
    const before = i - (i % layer) - layer;
    const needs =
      before < 0 ? [] : [...new Set([before + (i % layer), before + ((i + 7) % layer)])].map((n) => `unit-${n}`);
    return { id: `unit-${i}`, title: `Write unit-${i}`, prompt: `Write units/unit-${i}.`, needs };
  });
}
