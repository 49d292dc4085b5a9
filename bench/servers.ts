// The speed of the same runs on the server of `coppice dev` with its data in a file, on the production server with
// PostgreSQL, and, as the baseline, on the development server in memory. Measured once with hosts whose work takes no
// time, which is nearly the server alone, and once with the whole product.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { connectClient } from '../client/temporal.ts';
import { createNamespace } from '../scripts/cluster/namespace.ts';
import { findBuiltPrograms } from '../scripts/cluster/programs.ts';
import { findPostgresql } from '../scripts/cluster/postgresql.ts';
import { openCluster } from '../scripts/cluster/open-cluster.ts';
import { runWorkflowId } from '../contracts/ids.ts';
import { Stage, openDevServer } from './parts/stage.ts';
import { oneCommand } from './parts/model.ts';
import { runBench } from './harness.ts';
import { startInstantHost } from './parts/instant-host.ts';

const { signal } = new AbortController();
const log = (line: string): void => void process.stderr.write(`servers: ${line}\n`);

await runBench({
  name: 'servers',
  about: 'wall time of a unit by the Temporal server, against the development server in memory',
  repetitions: 3,
  rows: {
    'workflows alone, dev server with a file': { measure: 'ms', goal: null },
    'workflows alone, production server': { measure: 'ms', goal: null },
    'whole runs, dev server with a file': { measure: 'ms', goal: null },
    'whole runs, production server': { measure: 'ms', goal: null },
  },
  async lacks() {
    const ready = (await findBuiltPrograms({ signal, log })) && (await findPostgresql(signal));
    return ready
      ? null
      : 'the production server is not built here, or there is no PostgreSQL: npm run test:cluster provides both';
  },
  async open({ quick, note }) {
    const sizes: Sizes = quick ? { alone: 3, whole: 1, hosts: 0 } : { alone: 100, whole: 10, hosts: 2 };
    note(
      `workflows alone: ${sizes.alone} units, hosts that answer at once; whole runs: ${sizes.whole} units, ${sizes.hosts} hosts`,
    );
    const root = mkdtempSync(join(tmpdir(), 'coppice-servers-'));
    const cluster = await openCluster({ signal, log });
    note(`production server: ${cluster.description}, everything on this machine`);
    const [memory, file] = [await openDevServer(null), await openDevServer(join(root, 'temporal.db'))];
    const sides = {
      memory: await openSide(memory.address, sizes),
      file: await openSide(file.address, sizes),
      production: await openSide(cluster.address, sizes),
    };
    return {
      async ours() {
        return figures(await sides.file.measure(), await sides.production.measure());
      },
      async baseline() {
        const inMemory = await sides.memory.measure();
        return figures(inMemory, inMemory);
      },
      async close() {
        for (const side of Object.values(sides)) await side.close();
        await Promise.all([memory.stop(), file.stop(), cluster.close()]);
        rmSync(root, { recursive: true });
      },
    };
  },
});

function figures(inFile: Walls, onProduction: Walls) {
  return {
    'workflows alone, dev server with a file': inFile.alone,
    'workflows alone, production server': onProduction.alone,
    'whole runs, dev server with a file': inFile.whole,
    'whole runs, production server': onProduction.whole,
  };
}

/** Milliseconds per unit. */
interface Walls {
  readonly alone: number;
  readonly whole: number;
}

interface Sizes {
  /** Units of a run with instant hosts. */
  readonly alone: number;
  /** Units of a run of the whole product. */
  readonly whole: number;
  /** Hosts of the whole product, in addition to its orchestrator; 0 = one process for everything. */
  readonly hosts: number;
}

interface Side {
  measure(): Promise<Walls>;
  close(): Promise<void>;
}

/** Two namespaces on one server, each with its own workers. */
async function openSide(address: string, sizes: Sizes): Promise<Side> {
  const connection = await Connection.connect({ address });
  for (const namespace of ['alone', 'whole']) await createNamespace(connection, namespace);
  await connection.close();
  const reply = oneCommand((unit) => `echo ${unit} > ${unit}.txt`);
  const alone = await Stage.open({ reply, temporal: { address, namespace: 'alone' } });
  await alone.worker('orchestrator', ['--role', 'orchestrator']);
  const whole = await Stage.open({ reply, temporal: { address, namespace: 'whole' } });
  await whole.workers(sizes.hosts === 0 ? 'all in one' : { hosts: sizes.hosts, slots: 8 });
  return {
    async measure() {
      return { alone: await runAlone(alone, sizes.alone), whole: await runWhole(whole, sizes.whole) };
    },
    async close() {
      await Promise.all([alone.close(), whole.close()]);
    },
  };
}

async function runAlone(stage: Stage, units: number): Promise<number> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = stage.env;
  await using host = await startInstantHost(address, namespace);
  const client = await connectClient({ address, namespace, options: { address } });
  const repository = stage.remote({ 'README.md': '# Nothing lands here\n' });
  const ms = await msPerUnit(units, async () => {
    const run = await stage.coppice.start({ repository, plan: planOf(units) });
    // Not `run.result()`: the instant host writes no report.
    await client.workflow.getHandle(runWorkflowId(run.id)).result();
  });
  if (host.landed() !== units) throw new Error(`${host.landed()} of ${units} units landed`);
  await client.connection.close();
  return ms;
}

async function runWhole(stage: Stage, units: number): Promise<number> {
  const repository = stage.remote({ 'README.md': '# A repository to land on\n' });
  return msPerUnit(units, async () => {
    const report = await (await stage.coppice.start({ repository, plan: planOf(units) })).result();
    if (report.status !== 'completed') throw new Error(`the run ended as ${report.status}`);
  });
}

function planOf(count: number) {
  const ids = Array.from({ length: count }, (_, i) => `unit-${i + 1}`);
  return { version: 1, units: ids.map((id) => ({ id, title: `Write ${id}`, prompt: `Write ${id}.txt` })) };
}

async function msPerUnit(units: number, work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / units;
}
