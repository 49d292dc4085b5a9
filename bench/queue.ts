// How fast the merge queue lands if some of the entries are bad and some verifications are flaky. Real: the Temporal dev
// server, for each way of landing an orchestrator and a host of its own, git remotes, sandboxes; results are handed
// straight to the queue, so no agent is in it. A verification sleeps, so that only the queue's decisions and its own
// overhead count. Compared with the queue without trains (one entry after the other, and no retries, as it was before),
// with batch and bisect, which is computed (parts/batch-and-bisect.ts), and with what the slots allow.

import { execFileSync } from 'node:child_process';
import { type Landings, batchAndBisect } from './parts/batch-and-bisect.ts';
import { type QueuePlace, openPlace, resume, startPaused, untilEmpty } from './parts/queue-place.ts';
import { type Referee, openReferee, unitFile } from './parts/referee.ts';
import { type SeededUnits, isFlake, seededUnits } from './parts/seeded-units.ts';
import { finishUnits, handIn } from './parts/handed-in.ts';
import type { Row } from './parts/figures.ts';
import { Stage } from './parts/stage.ts';
import { runBench } from './harness.ts';
import { simulateQueue } from './parts/simulated-queue.ts';
import { spreadOf } from './parts/figures.ts';

const full = { units: 100, seconds: 10, slots: 4, rates: [0, 0.02, 0.1, 0.25], simulated: 20 };
const tiny: typeof full = { units: 4, seconds: 0.2, slots: 2, rates: [0.25], simulated: 2 };

const batch = { min: 1, max: 16 };
/** Ways of landing, and what coppice.yaml says for them. `one` is the queue without trains. */
const ways = {
  one: { verify: 'tip', parallel: 1, batch: { min: 1, max: 1 }, retries: 0 },
  tip: { verify: 'tip', batch, retries: 1 },
  each: { verify: 'each', batch, retries: 1 },
} as const;
type Way = keyof typeof ways;

const names = (rate: number) => {
  const bad = `${rate * 100} % bad`;
  return {
    tipOne: `${bad}: tip, against one at a time`,
    tipBisect: `${bad}: tip, against batch and bisect`,
    tipWide: `${bad}: tip, against batch and bisect on all slots`,
    eachOne: `${bad}: each, against one at a time`,
    eachSlots: `${bad}: each, against the slots`,
    wrong: `${bad}: wrong ejections, tip and each`,
  };
};

await runBench({
  name: 'queue',
  about: 'time per landing of 100 entries in the merge queue, whose verification only takes time',
  repetitions: 1,
  rows: Object.fromEntries(
    full.rates.flatMap((rate) => {
      const { tipOne, tipBisect, tipWide, eachOne, eachSlots, wrong } = names(rate);
      const seconds = (goal: number | null): Row => ({ measure: 's', goal });
      const all: [string, Row][] = [
        [tipOne, seconds(null)],
        [tipBisect, seconds(1)],
        [tipWide, seconds(null)],
        [eachOne, seconds(null)],
        // 0.9 of the landings that the slots allow. Bad units take slots as well, and land nothing.
        [eachSlots, seconds(rate === 0 ? 1.11 : null)],
        [wrong, { measure: 'entries', judge: { measure: 'entries', of: ({ ours }) => ours }, goal: 0 }],
      ];
      return all;
    }),
  ),
  async open({ quick, note }) {
    const sizes = quick ? tiny : full;
    note(
      `${sizes.units} entries, verifications of ${sizes.seconds} s, ${sizes.slots} at once (one at a time: 1), 1 % of them flaky; ` +
        `a host with ${sizes.slots} verify slots for each way of landing`,
    );
    const stage = await Stage.open({ reply: () => ({ hang: 'after-headers' }) });
    const seeds = new Map<string, number>();
    const referee = await openReferee(stage.root, (court, units, nth) => isFlake(seeds.get(court) ?? 0, units, nth));
    const verifySlots = sizes.slots;
    const toolchain = referee.folder;
    const open = (way: Way) => openPlace(stage, `queue-${way}`, { verifySlots, toolchain });
    const [one, tip, each] = [await open('one'), await open('tip'), await open('each')];
    const places = { one, tip, each };
    const land = async (way: Way, rate: number, seed: number) => {
      const court = `${way}-${rate}-${seed}`;
      seeds.set(court, seed);
      const units = seededUnits(seed, sizes.units, rate);
      const measured = await landAll({ stage, referee, place: places[way], court }, { ...sizes, way, units });
      const said = `${rate * 100} % bad, ${way}: ${describe(measured, sizes.seconds)}`;
      note(said);
      // It takes long, and a table that never comes says nothing.
      process.stderr.write(`queue: ${said}\n`);
      return measured;
    };
    const measured = new Map<number, Promise<Record<string, { ours: number; baseline: number }>>>();
    const measureOnce = (repetition: number) => {
      const known = measured.get(repetition) ?? measure(sizes, repetition, land);
      measured.set(repetition, known);
      return known;
    };
    const side = async (repetition: number, which: 'ours' | 'baseline') => {
      const figures = Object.entries(await measureOnce(repetition));
      return Object.fromEntries(figures.map(([name, figure]) => [name, figure[which]]));
    };
    for (const rate of sizes.rates) note(simulated(rate, sizes));
    return {
      ours: (repetition) => side(repetition, 'ours'),
      baseline: (repetition) => side(repetition, 'baseline'),
      async close() {
        await Promise.all(Object.values(places).map(({ client }) => client.connection.close()));
        await stage.close();
        await referee.close();
      },
    };
  },
});

interface Measured extends Landings {
  /** Median seconds of a verification. */
  readonly verifySeconds: number;
  /** Verifications of a tree that was verified before. */
  readonly repeated: number;
  /** Verifications that were begun and given up. */
  readonly givenUp: number;
}

/** The queue without trains works on all rates at the same time, since it nearly always sleeps. */
async function measure(
  { units, slots, seconds, rates }: typeof full,
  seed: number,
  land: (way: Way, rate: number, seed: number) => Promise<Measured>,
): Promise<Record<string, { ours: number; baseline: number }>> {
  const alone = new Map(rates.map((rate) => [rate, land('one', rate, seed)]));
  // A failure is thrown below, when it is its turn.
  for (const each of alone.values()) each.catch(() => undefined);
  const trains: { rate: number; tip: Measured; each: Measured }[] = [];
  for (const rate of rates) {
    const [tip, each] = await Promise.all([land('tip', rate, seed), land('each', rate, seed)]);
    trains.push({ rate, tip, each });
  }
  const figures: Record<string, { ours: number; baseline: number }> = {};
  for (const { rate, tip, each } of trains) {
    const one = await (alone.get(rate) ?? Promise.reject(new Error('not measured')));
    const seeded = seededUnits(seed, units, rate);
    const bisect = (at: number) =>
      perLanding(
        batchAndBisect(seeded, { batch: batch.max, slots: at, retries: 1, together: 'both-land' }, tip.verifySeconds),
      );
    const { tipOne, tipBisect, tipWide, eachOne, eachSlots, wrong } = names(rate);
    figures[tipOne] = { ours: perLanding(tip), baseline: perLanding(one) };
    figures[tipBisect] = { ours: perLanding(tip), baseline: bisect(1) };
    figures[tipWide] = { ours: perLanding(tip), baseline: bisect(slots) };
    figures[eachOne] = { ours: perLanding(each), baseline: perLanding(one) };
    figures[eachSlots] = { ours: perLanding(each), baseline: seconds / slots };
    figures[wrong] = { ours: tip.wrong + each.wrong, baseline: one.wrong };
  }
  return figures;
}

function perLanding({ seconds, landed }: Landings): number {
  return seconds / landed;
}

interface Bench {
  readonly stage: Stage;
  readonly referee: Referee;
  readonly place: QueuePlace;
  readonly court: string;
}

interface Task {
  readonly way: Way;
  readonly units: SeededUnits;
  readonly seconds: number;
  readonly slots: number;
}

/** Hands all units in, and waits until each has landed or was ejected. */
async function landAll(
  { stage, referee, place, court }: Bench,
  { way, units, seconds, slots }: Task,
): Promise<Measured> {
  const queue = { parallel: slots, ...ways[way], timeout: '1h' };
  const config = { version: 1, verify: referee.command(court, seconds), queue };
  const repository = stage.remote({ 'coppice.yaml': JSON.stringify(config), 'README.md': '# Results land here\n' });
  const finished = units.names.map((name) => {
    return { name, files: { [unitFile(name, units.bad.has(name))]: `${name}\n` } };
  });
  const { context, subjects } = await finishUnits(
    { repository, stateRemote: stage.env.COPPICE_STATE_REMOTE },
    finished,
  );
  await startPaused(place, context);
  for (const subject of subjects) await handIn(place.client, subject);
  const began = performance.now();
  await resume(place, context);
  await untilEmpty(place, context);
  const wall = (performance.now() - began) / 1000;
  const files = execFileSync('git', ['-C', repository, 'ls-tree', '-r', '--name-only', 'main'], {
    encoding: 'utf8',
  });
  const landed = new Set(files.split('\n').filter((path) => path.startsWith('units/')));
  const isLanded = (name: string): boolean => landed.has(unitFile(name, units.bad.has(name)));
  const bad = units.names.filter((name) => units.bad.has(name) && isLanded(name));
  if (bad.length > 0) throw new Error(`bad units have landed: ${bad.join(', ')}`);
  const all = referee.verifications(court);
  const ended = all.filter((each) => each.ended !== null && each.ended - each.began >= seconds * 1000);
  const trees = new Set(ended.map(({ units: tree }) => tree.join()));
  return {
    seconds: wall,
    landed: landed.size,
    wrong: units.names.filter((name) => !units.bad.has(name) && !isLanded(name)).length,
    verifications: all.length,
    verifySeconds: spreadOf(ended.map((each) => ((each.ended ?? 0) - each.began) / 1000)).median,
    repeated: ended.length - trees.size,
    givenUp: all.length - ended.length,
  };
}

function describe(measured: Measured, nominal: number): string {
  const { seconds, landed, wrong, verifications, repeated, givenUp, verifySeconds } = measured;
  return (
    `${(seconds / 60).toFixed(2)} min for ${landed} landings, ${((landed * 60) / seconds).toFixed(1)} a minute; ${wrong} wrong ejections; ` +
    `${verifications} verifications of ${verifySeconds.toFixed(2)} s (asleep: ${nominal} s), ${repeated} repeated, ${givenUp} given up`
  );
}

/** The decisions alone, in virtual time: landings in the time of one verification. */
function simulated(rate: number, { units, slots, simulated: seeds }: typeof full): string {
  const pace = { verify: 300, git: 0.3 };
  const bisect = { batch: batch.max, retries: 1 } as const;
  const kinds: Readonly<Record<string, (seeded: SeededUnits) => Landings>> = {
    'one at a time': (seeded) => simulateQueue(seeded, ways.one, pace),
    tip: (seeded) => simulateQueue(seeded, { parallel: slots, ...ways.tip }, pace),
    each: (seeded) => simulateQueue(seeded, { parallel: slots, ...ways.each }, pace),
    'batch and bisect': (seeded) => batchAndBisect(seeded, { ...bisect, slots: 1, together: 'both-land' }, pace.verify),
    'on all slots': (seeded) => batchAndBisect(seeded, { ...bisect, slots, together: 'both-land' }, pace.verify),
    'on all slots, landing what was verified': (seeded) =>
      batchAndBisect(seeded, { ...bisect, slots, together: 'first-lands' }, pace.verify),
  };
  const said = Object.entries(kinds).map(([name, land]) => {
    const all = Array.from({ length: seeds }, (_, i) => land(seededUnits(i + 1, units, rate)));
    const { median, min, max } = spreadOf(all.map(({ landed, seconds }) => (landed * pace.verify) / seconds));
    const wrong = all.reduce((sum, each) => sum + each.wrong, 0);
    return `${name} ${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})${wrong === 0 ? '' : `, ${wrong} wrong`}`;
  });
  return `simulated, ${rate * 100} % bad, landings in the time of a verification, ${seeds} seeds: ${said.join('; ')}`;
}
