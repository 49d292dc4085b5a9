// What the merge queue adds to a verification: how long an entry is in the queue until the branch has it, less the time
// in which a tree with it was being verified. What a host does around the command (checkout, sandbox) counts as the
// queue's. Ten entries hand themselves in, one after the other and all at once.

import { type FinishedRun, finishUnits, handIn } from './parts/handed-in.ts';
import { type QueuePlace, openPlace } from './parts/queue-place.ts';
import { type Referee, type Verification, openReferee, unitFile } from './parts/referee.ts';
import type { Row } from './parts/figures.ts';
import { Stage } from './parts/stage.ts';
import { runBench } from './harness.ts';
import { spreadOf } from './parts/figures.ts';
import { watchBranch } from './parts/watch-branch.ts';

const entries = 10;
/** Seconds of a verification. */
const seconds = 2;
const orders = ['one after the other', 'at once'] as const;
type Order = (typeof orders)[number];

const ofOurs = { measure: 's', of: ({ ours }: { ours: number }) => ours };
const names = (order: Order) => ({ median: `${order}: median`, p95: `${order}: p95` });

await runBench({
  name: 'queue-overhead',
  about: 'time of an entry in the merge queue beside its verification; the verification is the baseline',
  repetitions: 3,
  rows: Object.fromEntries(
    orders.flatMap((order): [string, Row][] => [
      [names(order).median, { measure: 's', judge: ofOurs, goal: null }],
      [names(order).p95, { measure: 's', judge: ofOurs, goal: 1 }],
    ]),
  ),
  async open({ quick, note }) {
    const count = quick ? 2 : entries;
    const asleep = quick ? 0.2 : seconds;
    note(`${count} entries, a verification of ${asleep} s; an orchestrator and a host with 4 verify slots`);
    const stage = await Stage.open({ reply: () => ({ hang: 'after-headers' }) });
    const referee = await openReferee(stage.root, () => false);
    const place = await openPlace(stage, 'queue-overhead', { verifySlots: 4, toolchain: referee.folder });
    const last = new Map<Order, number>();
    return {
      async ours(repetition) {
        const figures: Record<string, number> = {};
        for (const order of orders) {
          const court = `${order.replaceAll(' ', '-')}-${repetition}`;
          const overheads = await measure({ stage, referee, place }, { court, order, count, asleep });
          figures[names(order).median] = spreadOf(overheads).median;
          figures[names(order).p95] = overheads.toSorted((a, b) => a - b)[Math.ceil(count * 0.95) - 1] ?? Number.NaN;
          const taken = referee.verifications(court).flatMap(secondsOf);
          last.set(order, spreadOf(taken).median);
        }
        return figures;
      },
      baseline: async () =>
        Object.fromEntries(
          orders.flatMap((order) => Object.values(names(order)).map((name) => [name, last.get(order) ?? asleep])),
        ),
      async close() {
        await place.client.connection.close();
        await stage.close();
        await referee.close();
      },
    };
  },
});

interface Bench {
  readonly stage: Stage;
  readonly referee: Referee;
  readonly place: QueuePlace;
}

interface Task {
  readonly court: string;
  readonly order: Order;
  readonly count: number;
  readonly asleep: number;
}

/** Seconds of each entry beside its verifications. */
async function measure({ stage, referee, place }: Bench, { court, order, count, asleep }: Task): Promise<number[]> {
  const config = { version: 1, verify: referee.command(court, asleep), queue: { parallel: 4 } };
  const repository = stage.remote({ 'coppice.yaml': JSON.stringify(config), 'README.md': '# Results land here\n' });
  const units = Array.from({ length: count + 1 }, (_, i) => `unit-${i}`);
  const finished = await finishUnits(
    { repository, stateRemote: stage.env.COPPICE_STATE_REMOTE },
    units.map((name) => ({ name, files: { [unitFile(name, false)]: `${name}\n` } })),
  );
  const branch = watchBranch(repository);
  const times = new Map<string, number>();
  const landed = new Map<string, number>();
  const hand = async ({ subjects }: FinishedRun, from: number, to: number): Promise<void> => {
    await Promise.all(
      subjects.slice(from, to).map(async (subject) => {
        times.set(subject.unit, Date.now());
        await handIn(place.client, subject);
      }),
    );
    while (landed.size < to) {
      const { units: arrived, at } = await branch.next();
      for (const name of arrived) landed.set(name, at);
    }
  };
  // The first one also starts the queue, and brings the repository to the host.
  await hand(finished, 0, 1);
  if (order === 'at once') await hand(finished, 1, count + 1);
  else for (let at = 1; at <= count; at++) await hand(finished, at, at + 1);
  return units.slice(1).map((name) => {
    const [from, to] = [times.get(name) ?? 0, landed.get(name) ?? 0];
    const own = referee.verifications(court).filter(({ units: tree }) => tree.includes(name));
    return (to - from - covered(own, from, to)) / 1000;
  });
}

function secondsOf({ began, ended }: Verification): number[] {
  return ended === null ? [] : [(ended - began) / 1000];
}

/** Milliseconds between `from` and `to` in which at least one of these verifications was running. */
function covered(verifications: readonly Verification[], from: number, to: number): number {
  let [sum, until] = [0, from];
  for (const { began, ended } of verifications.toSorted((a, b) => a.began - b.began)) {
    const [start, end] = [Math.max(began, until), Math.min(ended ?? to, to)];
    if (end <= start) continue;
    sum += end - start;
    until = end;
  }
  return sum;
}
