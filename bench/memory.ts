// Resident memory of a session on a host, and of an open unit on an orchestrator: a full worker process against an idle
// one. Garbage is collected in both first: when V8 does that by itself says more about the minutes before than about what
// a session or a unit needs.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../client/api.ts';
import { freePorts } from '../scripts/free-port.ts';
import { Inspector } from './parts/inspector.ts';
import { residentMb } from './parts/process-memory.ts';
import { Stage } from './parts/stage.ts';
import { runBench } from './harness.ts';
import { startIdleAgents } from './parts/idle-agents.ts';

const large = { sessions: 200, units: 1000, looks: { looks: 10, everyMs: 1000 } };
const tiny = { sessions: 2, units: 3, looks: { looks: 1, everyMs: 0 } };
let sizes = large;

const host = 'host with sessions';
const orchestrator = 'orchestrator with open units';

await runBench({
  name: 'memory',
  about:
    'resident memory of a worker process that is full, against one that has nothing to do, after garbage collections',
  repetitions: 5,
  rows: {
    [host]: {
      measure: 'MB',
      judge: { measure: 'MB a session', of: ({ ours, baseline }) => (ours - baseline) / sizes.sessions },
      goal: 5,
    },
    [orchestrator]: {
      measure: 'MB',
      judge: { measure: 'KB a unit', of: ({ ours, baseline }) => ((ours - baseline) * 1024) / sizes.units },
      goal: 100,
    },
  },
  async open({ quick, note }) {
    sizes = quick ? tiny : large;
    note(`${sizes.sessions} sessions in one host, each waiting for its model's first word`);
    note(`${sizes.units} units in one orchestrator, all of them working and in its cache`);
    return {
      ours: async () => ({ [host]: await fullHost(), [orchestrator]: await fullOrchestrator() }),
      baseline: async () => ({ [host]: await emptyWorker('host'), [orchestrator]: await emptyWorker('orchestrator') }),
    };
  },
});

async function emptyWorker(role: 'host' | 'orchestrator'): Promise<number> {
  await using stage = await Stage.open({ reply: () => ({ hang: 'after-headers' }) });
  const worker = await openWorker(stage, role);
  return await worker.residentMb();
}

/** Every session has claimed its unit, made its worktree and asked its model, which never answers. */
async function fullHost(): Promise<number> {
  let asked = 0;
  await using stage = await Stage.open({
    reply() {
      asked += 1;
      return { hang: 'after-headers' };
    },
  });
  await stage.worker('orchestrator', ['--role', 'orchestrator']);
  // The watchdog for silent streams must not end the sessions being measured.
  const full = await openWorker(stage, 'host', { COPPICE_MODEL_IDLE_SECONDS: '3600' });
  await startWaiting(stage, sizes.sessions);
  await until(() => asked >= sizes.sessions);
  return await full.residentMb();
}

/** This process plays the agents' part, so that only the orchestrator is measured. */
async function fullOrchestrator(): Promise<number> {
  await using stage = await Stage.open({ reply: () => ({ hang: 'after-headers' }) });
  const full = await openWorker(stage, 'orchestrator');
  await using agents = await startIdleAgents(stage.env.TEMPORAL_ADDRESS, sizes.units);
  await startWaiting(stage, sizes.units);
  await until(() => agents.taken() >= sizes.units);
  return await full.residentMb();
}

/** A worker whose garbage can be collected from here. */
async function openWorker(
  stage: Stage,
  role: 'host' | 'orchestrator',
  env: Readonly<Record<string, string>> = {},
): Promise<{ residentMb(): Promise<number> }> {
  const [port = 0] = await freePorts(1);
  const args = role === 'host' ? ['--role', role, '--slots', `${sizes.sessions}`] : ['--role', role];
  const options = [stage.env['NODE_OPTIONS'], `--inspect=127.0.0.1:${port}`].join(' ');
  const { pid } = await stage.worker(role, args, { ...env, NODE_OPTIONS: options });
  return {
    async residentMb() {
      const inspector = await Inspector.open(port);
      await inspector.collectGarbage();
      inspector.close();
      return await residentMb(pid, sizes.looks);
    },
  };
}

/** A run of `count` units, all of which may work at once, because no budget limits their reservations. */
async function startWaiting(stage: Stage, count: number): Promise<Run> {
  const repository = stage.remote({
    'coppice.yaml': `version: 1\nrun: { parallel: ${count}, budgetUsd: null }\n`,
  });
  const ids = Array.from({ length: count }, (_, i) => `unit-${i + 1}`);
  const units = ids.map((id) => ({ id, title: `Wait as ${id}`, prompt: 'Wait.' }));
  return stage.coppice.start({ repository, plan: { version: 1, units } });
}

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await sleep(100);
}
