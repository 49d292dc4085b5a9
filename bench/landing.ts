// How long a landing takes when verification takes no time: nothing has to be verified, the verdict is known, or the
// command does nothing; in trains of 16, 4 and 1. Real: the Temporal dev server, an orchestrator and a host, bare
// remotes; results are handed straight to the queue, so no agent is in it. Against the product of an earlier commit, whose
// queue built, verified and landed one unit after the other, with the same server, and an orchestrator and a host of
// its own.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type FinishedRun, finishUnits, handIn } from './parts/handed-in.ts';
import { type QueuePlace, openPlace, pause, resume } from './parts/queue-place.ts';
import { earlierCommit, lacksEarlier, unpackEarlier } from './parts/earlier-workers.ts';
import type { Row } from './parts/figures.ts';
import { Stage } from './parts/stage.ts';
import { runBench } from './harness.ts';
import { unitFile } from './parts/referee.ts';
import { watchBranch } from './parts/watch-branch.ts';

const sizes = [16, 4, 1] as const;
type Size = (typeof sizes)[number];
const kinds = ['nothing to verify', 'verdicts known', 'a verification that does nothing'] as const;
type Kind = (typeof kinds)[number];
type Name = `${Kind}, trains of ${Size}`;

const nameOf = (kind: Kind, size: Size): Name => `${kind}, trains of ${size}`;
/** Time per landing at 10, 5 and 2 times the rate. */
const faster = { 16: 0.1, 4: 0.2, 1: 0.5 };
/** 0.166: 6 times the rate. */
const goals: Record<Kind, Record<Size, number | null>> = {
  'nothing to verify': faster,
  'verdicts known': faster,
  'a verification that does nothing': { 16: 0.166, 4: null, 1: null },
};

await runBench<Name>({
  name: 'landing',
  about: `time of a landing whose verification takes none, in trains, against one by one as of ${earlierCommit}`,
  repetitions: 3,
  // The keys are all names.
  rows: Object.fromEntries(
    kinds.flatMap((kind) => sizes.map((size): [Name, Row] => [nameOf(kind, size), rowFor(goals[kind][size])])),
  ) as Record<Name, Row>,
  lacks: () => Promise.resolve(lacksEarlier()),
  async open({ quick, note }) {
    const units = quick ? 4 : 64;
    note(`${units} units, each adds a file to 200; an orchestrator and a host with 4 verify slots on either side`);
    note(
      'the earlier queue is compared with the same server, which hands tasks out at once; its own did so 20 times a second',
    );
    const stage = await Stage.open({ reply: () => ({ hang: 'after-headers' }) });
    const release = { program: unpackEarlier(join(stage.root, 'earlier')) };
    const places = {
      ours: await openPlace(stage, 'landing', { verifySlots: 4 }),
      earlier: await openPlace(stage, 'landing-earlier', { verifySlots: 4, release }),
    };
    return {
      async ours() {
        const figures: Partial<Record<Name, number>> = {};
        for (const size of sizes) {
          const plain = await openQueue({ stage, place: places.ours, units, verify: null, size });
          figures[nameOf('nothing to verify', size)] = await landHeldBack(places.ours, plain);
          const verified = await openQueue({ stage, place: places.ours, units, verify: 'true', size });
          const start = tipOf(verified);
          figures[nameOf('a verification that does nothing', size)] = await landHeldBack(places.ours, verified);
          // The same results come again, on the branch as it was: the queue has seen all these trees.
          execFileSync('git', ['-C', verified.context.repository, 'update-ref', 'refs/heads/main', start]);
          figures[nameOf('verdicts known', size)] = await landHeldBack(places.ours, comeAgain(verified));
        }
        return figures;
      },
      async baseline() {
        const figures: Partial<Record<Name, number>> = {};
        const plain = await openQueue({ stage, place: places.earlier, units, verify: null });
        const unverified = await landAsTheyCome(places.earlier, plain);
        const verified = await openQueue({ stage, place: places.earlier, units, verify: 'true' });
        const each = await landAsTheyCome(places.earlier, verified);
        for (const size of sizes) {
          figures[nameOf('nothing to verify', size)] = unverified;
          figures[nameOf('verdicts known', size)] = each;
          figures[nameOf('a verification that does nothing', size)] = each;
        }
        return figures;
      },
      async close() {
        await Promise.all(Object.values(places).map(({ client }) => client.connection.close()));
        await stage.close();
      },
    };
  },
});

function rowFor(goal: number | null): Row {
  return { measure: 'ms', goal };
}

interface Task {
  readonly stage: Stage;
  readonly place: QueuePlace;
  readonly units: number;
  /** Null = nothing is to be verified. */
  readonly verify: string | null;
  /** Absent = the earlier queue, which knows no trains. */
  readonly size?: Size;
}

/** Results for a new repository, and its queue, which has landed one more: the host has the repository then. */
async function openQueue({ stage, place, units, verify, size }: Task): Promise<FinishedRun> {
  const files = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`src/${i % 10}/file-${i}.txt`, `${i}\n`]));
  const queue = size === undefined ? {} : { queue: { batch: { min: size, max: size } } };
  const config = { version: 1, ...(verify === null ? {} : { verify }), ...queue };
  const repository = stage.remote({ ...files, 'coppice.yaml': JSON.stringify(config) });
  const names = ['first', ...Array.from({ length: units }, (_, i) => `unit-${i}`)];
  const { context, subjects } = await finishUnits(
    { repository, stateRemote: stage.env.COPPICE_STATE_REMOTE },
    names.map((name) => ({ name, files: { [unitFile(name, false)]: `${name}\n` } })),
  );
  const [first, ...rest] = subjects;
  if (first === undefined) throw new Error('no results');
  const branch = watchBranch(repository);
  await handIn(place.client, first);
  await branch.next();
  return { context, subjects: rest };
}

/** Milliseconds a landing, from when the queue may take all of them until the last has landed. */
async function landHeldBack(place: QueuePlace, { context, subjects }: FinishedRun): Promise<number> {
  await pause(place, context);
  // In the same order each time, so that the same trees come up.
  for (const subject of subjects) await handIn(place.client, subject);
  const branch = watchBranch(context.repository);
  const began = Date.now();
  await resume(place, context);
  let [landed, last] = [0, began];
  while (landed < subjects.length) {
    const { units, at } = await branch.next();
    [landed, last] = [landed + units.length, at];
  }
  return (last - began) / landed;
}

/** Milliseconds a landing, from the first to the last: this queue cannot be held back until all are there. */
async function landAsTheyCome(place: QueuePlace, { context, subjects }: FinishedRun): Promise<number> {
  const branch = watchBranch(context.repository);
  await Promise.all(subjects.map((subject) => handIn(place.client, subject)));
  const first = await branch.next();
  let [landed, last] = [first.units.length, first.at];
  while (landed < subjects.length) {
    const { units, at } = await branch.next();
    [landed, last] = [landed + units.length, at];
  }
  return (last - first.at) / (landed - first.units.length);
}

function tipOf({ context }: FinishedRun): string {
  return execFileSync('git', ['-C', context.repository, 'rev-parse', 'main'], { encoding: 'utf8' }).trim();
}

/** The queue answers a result that it has landed from memory, unless it is enqueued anew. */
function comeAgain({ context, subjects }: FinishedRun): FinishedRun {
  const enqueuedAt = new Date().toISOString();
  return { context, subjects: subjects.map((subject) => ({ ...subject, enqueuedAt })) };
}
