// `npm run drill:queue [-- --units N --pairs N --acts N --seed N]`: while the units of a run land through the merge
// queue, everything around it goes wrong: hosts, orchestrators and the Temporal server are killed, strangers push to the
// branch, people pause and steer the queue and give units up, verifications are flaky, and pairs of units are green
// alone and red together. Everything is real except the model. Checks what must hold: the branch moves forward only, to
// what was verified, and every unit lands once or not at all, as the report says.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tmpdir } from 'node:os';
import type { SpawnedWorker } from './demo/processes.ts';
import { Branch } from './drill/branch-moves.ts';
import { DrillServer } from './drill/drill-server.ts';
import { Saboteur } from './drill/saboteur.ts';
import { Stage } from '../bench/parts/stage.ts';
import { clashes, reply, unitIds, unitOf } from './drill/paired-agent.ts';
import { generator } from '../bench/parts/random.ts';
import { openReferee } from '../bench/parts/referee.ts';
import { wholeNumbers } from './drill/whole-numbers.ts';
import { processesOf } from './drill/left-processes.ts';

const { values } = parseArgs({
  options: {
    units: { type: 'string', default: '40' },
    pairs: { type: 'string', default: '6' },
    acts: { type: 'string', default: '40' },
    seconds: { type: 'string', default: '3' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
  },
});
const {
  units: count,
  pairs,
  acts,
  seconds,
  seed,
} = wholeNumbers(values, ['units', 'pairs', 'acts', 'seconds', 'seed']);

/** Share of first verifications of a tree that fail without a reason. */
const flaky = 0.03;
const workerArguments = (name: string): string[] =>
  name.startsWith('orchestrator')
    ? ['--role', 'orchestrator']
    : ['--role', 'host', '--slots', '4', '--verify-slots', '2'];

const folder = mkdtempSync(join(tmpdir(), 'coppice-drill-'));
const server = await DrillServer.open(join(folder, 'temporal.db'));
const stage = await Stage.open({ reply, temporal: { address: server.address, namespace: 'default' } });
const random = generator(seed + 1);
const referee = await openReferee(
  stage.root,
  (court, units, nth) => clashes(units) || (court === 'queue' && nth === 1 && random() < flaky),
);
try {
  process.exitCode = (await drill()).every(([, holds]) => holds) ? 0 : 1;
} finally {
  await stage.close();
  await referee.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}

async function drill(): Promise<readonly (readonly [what: string, holds: boolean])[]> {
  const startWorker = (name: string): Promise<SpawnedWorker> =>
    stage.worker(name, workerArguments(name), { COPPICE_SANDBOX_PATHS: referee.folder });
  const names = ['orchestrator-1', 'orchestrator-2', 'host-1', 'host-2'];
  const started = await Promise.all(names.map(async (name) => [name, await startWorker(name)] as const));
  // Agents' own checks are no verifications of the queue.
  const court = `case $COPPICE_UNIT in verify-*) ${referee.command('queue', seconds)};; *) ${referee.command('agent', 0)};; esac`;
  const config = {
    version: 1,
    verify: court,
    run: { parallel: 12 },
    queue: { parallel: 4 },
    // What nobody can repair fails.
    policy: [{ action: 'conflict', decide: 'deny' }],
  };
  const repository = stage.remote({ 'coppice.yaml': JSON.stringify(config), 'README.md': '# Units land here\n' });
  const branch = new Branch(repository);
  const start = branch.tip();
  const units = unitIds(count, pairs);
  const plan = units.map((id) => ({ id, title: `Write ${id}`, prompt: `Write units/${id}.` }));
  const run = await stage.coppice.start({ repository, plan: { version: 1, units: plan } });
  console.log(`run ${run.id}: ${units.length} units, ${pairs} pairs, seed ${seed}`);
  let over = false;
  const ended = run.result().finally(() => (over = true));
  const place = { coppice: stage.coppice, run, branch, server, workers: new Map(started), startWorker, units };
  const saboteur = new Saboteur(place, { acts, random: generator(seed), say: console.log });
  await saboteur.work(() => over);
  const report = await ended;

  const green = new Set(
    referee
      .verifications('queue')
      .filter(({ began, ended: end, isFlake }) => !isFlake && end !== null && end - began >= seconds * 1000)
      .map((verification) => verification.units.join(' ')),
  );
  const moves = branch.moves().filter(({ to }) => to !== start);
  const unverified = moves.filter(({ to, files }) => !saboteur.pushed.includes(to) && !green.has(files.join(' ')));
  for (const { to, files } of unverified) console.log(`${to} has ${files.join(' ')}, which nobody verified`);
  const landings = branch.landings();
  const timesLanded = (unit: string): number => landings.filter((each) => each === unit).length;
  const files = branch.filesAt(branch.tip());
  const isAsReported = ({ id, status }: (typeof report.units)[number]): boolean =>
    timesLanded(id) === (status === 'landed' ? 1 : 0) &&
    files.some((file) => unitOf(file) === id) === (status === 'landed');
  const wrong = report.units.filter((unit) => !isAsReported(unit));
  for (const { id, status, reason } of wrong)
    console.log(`${id}: ${status} (${reason}), landed ${timesLanded(id)} times`);
  const failed = report.units.filter(({ id, status }) => status !== 'landed' && !saboteur.givenUp.has(id));
  for (const { id, status, reason } of failed) console.log(`${id}: ${status} (${reason})`);
  const left = processesOf(stage.root).length;
  const checks = [
    ['the branch only moved forward', moves.every(({ isForward }) => isForward)],
    [`it only moved to what was verified (${unverified.length} of ${moves.length} not)`, unverified.length === 0],
    [
      `what strangers pushed is there (${saboteur.pushed.length})`,
      saboteur.pushed.every((commit) => branch.isAncestor(commit, branch.tip())),
    ],
    [`every unit landed once or not at all, as reported (${wrong.length} not)`, wrong.length === 0],
    [`every unit that nobody gave up has landed (${failed.length} not)`, failed.length === 0],
    [`nothing of killed hosts is left (${left} processes)`, left === 0],
  ] as const;
  const verifications = referee.verifications('queue').length;
  console.log(`${saboteur.acts} acts, ${moves.length} moves of the branch, ${verifications} verifications`);
  console.log(checks.map(([what, holds]) => `${holds ? 'holds' : 'BROKEN'}: ${what}`).join('\n'));
  return checks;
}
