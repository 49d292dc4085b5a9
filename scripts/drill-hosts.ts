// `npm run drill:hosts [-- --units N --hosts N --kills N --seed N --meddle --claude-code]`: while a run works, hosts
// are repeatedly killed (SIGKILL) at random moments and restarted, some with an empty disk. Everything is real except
// the model. Prints how long it took until sessions resumed, and checks what must hold: nothing lost, nothing landed
// twice, at most one repeated turn per session and kill, no processes left. With `--meddle`, people also send messages
// to agents, pause and resume at random moments; each message must be heard once. With `--claude-code` the sessions are
// Claude Code's.

import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { Stage } from '../bench/parts/stage.ts';
import { generator } from '../bench/parts/random.ts';
import { Meddler } from './drill/meddler.ts';
import { installClaudeCode } from '../test/claude-code/install.ts';
import { HostKiller } from './drill/host-killer.ts';
import { NoteTaker } from './drill/note-taker.ts';
import { wholeNumbers } from './drill/whole-numbers.ts';
import { processesOf } from './drill/left-processes.ts';

const { values } = parseArgs({
  options: {
    units: { type: 'string', default: '24' },
    hosts: { type: 'string', default: '3' },
    kills: { type: 'string', default: '20' },
    turns: { type: 'string', default: '10' },
    meddle: { type: 'boolean', default: false },
    'claude-code': { type: 'boolean', default: false },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
  },
});
const { units: count, hosts, kills, turns, seed } = wholeNumbers(values, ['units', 'hosts', 'kills', 'turns', 'seed']);

/** Goal for resuming, with the default settings. */
const goalSeconds = 45;

const driver = values['claude-code'] ? 'claude-code' : 'anthropic';
const agent = new NoteTaker(turns, driver === 'anthropic' ? 'bash' : 'Bash');
const stage = await Stage.open({ reply: agent.reply });
try {
  process.exitCode = (await drill()).every(([, holds]) => holds) ? 0 : 1;
} finally {
  await stage.close();
}

async function drill(): Promise<readonly (readonly [what: string, holds: boolean])[]> {
  await stage.worker('orchestrator', ['--role', 'orchestrator']);
  const killer = await HostKiller.start(stage, {
    hosts,
    slots: Math.min(4, Math.ceil(count / hosts)),
    kills,
    env: driver === 'anthropic' ? {} : { COPPICE_CLAUDE_CODE: await installClaudeCode() },
    random: generator(seed),
  });
  const repository = stage.remote({
    'coppice.yaml': `version: 1\nrun: { parallel: 12 }\nagent: { driver: ${driver} }\n`,
  });
  const ids = Array.from({ length: count }, (_, i) => `unit-${i + 1}`);
  const units = ids.map((id) => ({ id, title: `Note ${id}`, prompt: `Write notes/${id}.txt.` }));
  const run = await stage.coppice.start({ repository, plan: { version: 1, units } });
  console.log(`run ${run.id}: ${count} units of ${turns} turns on ${hosts} hosts, seed ${seed}`);
  let over = false;
  const ended = run.result().finally(() => (over = true));
  const meddler = new Meddler(run, { random: generator(seed + 1), units: ids });
  const meddling = values.meddle ? meddler.work(() => over) : Promise.resolve();
  await killer.work(() => over, console.log);
  const report = await ended;
  await meddling;

  const git = (...args: string[]) => execFileSync('git', ['--git-dir', repository, ...args], { encoding: 'utf8' });
  const subjects = git('log', '--format=%s', 'main').trim().split('\n');
  const hit = (id: string) => killer.kills.filter((kill) => agent.wasHit(id, kill));
  const waits = ids.flatMap((id) =>
    hit(id)
      .flatMap(({ at }) => agent.resumedAfter(id, at) ?? [])
      .map((ms) => ms / 1000),
  );
  const again = ids.reduce((sum, id) => sum + agent.repeated(id), 0);
  const lost = ids.filter((id) => show(git, id) !== agent.notes());
  for (const id of lost)
    console.log(`${id} has ${JSON.stringify(show(git, id))}, not ${JSON.stringify(agent.notes())}`);
  const unheard = meddler.said.filter(({ unit, text }) => agent.heard(unit, text) !== 1);
  if (values.meddle) console.log(`${meddler.said.length} messages, ${meddler.pauses} pauses`);
  for (const { unit, text } of unheard) console.log(`"${text}" was heard ${agent.heard(unit, text)} times`);
  const left = processesOf(stage.root).length;
  const checks = [
    ['the run completed', report.status === 'completed'],
    [`no work was lost (${lost.length} units)`, lost.length === 0],
    ['every unit landed once', ids.every((id) => subjects.filter((subject) => subject === `Note ${id}`).length === 1)],
    ...(values.meddle ? [[`what was said was heard once (${unheard.length} not)`, unheard.length === 0] as const] : []),
    ['at most one turn of a session again for each kill', ids.every((id) => agent.repeated(id) <= hit(id).length)],
    [`nothing of killed hosts is left (${left} processes)`, left === 0],
  ] as const;
  console.log(
    [
      `${killer.kills.length} kills, ${waits.length} sessions resumed, ${again} turns repeated`,
      waits.length === 0
        ? 'no session was hit'
        : `resumed after ${percentile(waits, 0.5).toFixed(1)} s (median), ${percentile(waits, 0.95).toFixed(1)} s (95 %); goal ${goalSeconds} s ${percentile(waits, 0.95) <= goalSeconds ? 'reached' : 'not reached'}`,
      ...checks.map(([what, holds]) => `${holds ? 'holds' : 'BROKEN'}: ${what}`),
    ].join('\n'),
  );
  return checks;
}

function show(git: (...args: string[]) => string, id: string): string | null {
  try {
    return git('show', `main:notes/${id}.txt`);
  } catch {
    return null;
  }
}

/** The smallest value that this share of the values does not exceed. */
function percentile(of: readonly number[], share: number): number {
  const sorted = of.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
