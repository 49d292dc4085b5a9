// What holds whatever happens: in any order of arrivals, withdrawals, pushes of strangers, flakes, dead hosts and
// people's actions. The world itself throws if the branch moves to a tree that was not verified, or has a unit twice.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Facts, World } from './world.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
const name = fc.constantFrom(...names);

const facts: fc.Arbitrary<Facts> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.constant({ bad: true }) },
  { weight: 1, arbitrary: name.map((badWith) => ({ badWith })) },
  { weight: 1, arbitrary: name.map((other) => ({ conflictsWith: [other] })) },
  { weight: 1, arbitrary: fc.constant({ solo: true }) },
  { weight: 1, arbitrary: name.map((fixedBy) => ({ bad: true, fixedBy })) },
);

type Move = { readonly type: string; readonly unit: string; readonly seconds: number };
const move: fc.Arbitrary<Move> = fc.record({
  type: fc.constantFrom(
    'enqueue',
    'enqueue',
    'enqueue',
    'withdraw',
    'push',
    'pause',
    'pause-above',
    'resume',
    'bump',
    'eject',
    'again',
    'wait',
  ),
  unit: name,
  seconds: fc.constantFrom(0, 0, 0, 0.1, 0.5, 5, 40, 70),
});

const plan = fc.record({
  verify: fc.constantFrom('tip' as const, 'each' as const),
  parallel: fc.integer({ min: 1, max: 5 }),
  max: fc.integer({ min: 1, max: 8 }),
  retries: fc.integer({ min: 0, max: 2 }),
  nothingToVerify: fc.boolean(),
  facts: fc.tuple(...names.map(() => facts)),
  flakes: fc.array(fc.nat(30), { maxLength: 3 }),
  deaths: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 2 }),
  moves: fc.array(move, { minLength: 5, maxLength: 40 }),
  repacks: fc.boolean(),
});

function play(given: ReturnType<typeof plan.generate>['value']): World {
  const { verify, parallel, max, retries, nothingToVerify, moves, repacks } = given;
  const world = new World({
    rules: { verify, parallel, retries, batch: { min: 1, max } },
    units: Object.fromEntries(names.map((unit, index) => [unit, given.facts[index] ?? {}])),
    nothingToVerify,
    isFlaky: (n) => given.flakes.includes(n),
    diesAfterPush: (n) => given.deaths.includes(n),
    repacks,
  });
  const by = 'dana';
  const results = new Map<string, number>();
  let pushes = 0;
  for (const { type, unit, seconds } of moves) {
    const result = results.get(unit) ?? 0;
    switch (type) {
      case 'enqueue':
        if (result > 0) break;
        results.set(unit, 1);
        world.enqueue(unit, 1);
        break;
      case 'again':
        if (result === 0) break;
        results.set(unit, result + 1);
        world.enqueue(unit, result + 1);
        break;
      case 'withdraw':
        if (result > 0) world.withdraw(unit, result);
        break;
      case 'push':
        world.push(`stranger${(pushes += 1)}`);
        break;
      case 'pause':
        world.steer({ type: 'pause', by });
        break;
      case 'pause-above':
        world.steer({ type: 'pause', by, above: 1 });
        break;
      case 'bump':
      case 'eject':
        world.steer({ type, by, run: 'r1', unit });
        break;
      case 'resume':
        world.steer({ type: 'resume', by });
        break;
      case 'wait':
        break;
    }
    if (seconds > 0) world.run(seconds);
  }
  // A host that dies with a landing pauses the queue; people resume it.
  for (let round = 0; round < 4; round++) {
    world.steer({ type: 'resume', by });
    world.run(20_000);
  }
  return world;
}

test('every unit ends, and has landed exactly if it was told so; nothing is left', () => {
  fc.assert(
    fc.property(plan, (given) => {
      const world = play(given);
      expect(world.state.waiting.map(({ unit, hold, leaving }) => ({ unit, hold, leaving }))).toEqual([]);
      expect(world.state.line).toBeNull();
      expect(world.state.building).toBeNull();
      for (const unit of names) {
        const told = world.told.get(unit) ?? [];
        const wasHandedIn = given.moves.some((each) => each.unit === unit && each.type === 'enqueue');
        if (!wasHandedIn) continue;
        const last = told.at(-1);
        expect(last).toBeDefined();
        const isThere = world.branch.includes(unit);
        if (last?.status === 'landed') expect(isThere).toBe(true);
        if (!told.some(({ status }) => status === 'landed')) expect(isThere).toBe(false);
      }
    }),
    { numRuns: 250 },
  );
});

test('a lone bad unit is never mistaken: who is returned is red on what was there', () => {
  fc.assert(
    fc.property(
      fc.record({
        verify: fc.constantFrom('tip' as const, 'each' as const),
        parallel: fc.integer({ min: 1, max: 6 }),
        max: fc.integer({ min: 1, max: 8 }),
        bad: fc.subarray([...names]),
        flake: fc.nat(20),
        order: fc.shuffledSubarray([...names], { minLength: names.length }),
      }),
      ({ verify, parallel, max, bad, flake, order }) => {
        const world = new World({
          rules: { verify, parallel, batch: { min: 1, max }, retries: 1 },
          units: Object.fromEntries(names.map((unit) => [unit, { bad: bad.includes(unit) }])),
          isFlaky: (n) => n === flake,
        });
        for (const unit of order) world.enqueue(unit);
        world.run();
        const landing = order.filter((unit) => !bad.includes(unit));
        expect(world.branch.toSorted()).toEqual(landing.toSorted());
        // Whoever is behind a flake may go on without it; nobody else overtakes.
        const overtaken = names.filter((unit) => {
          const others = (all: readonly string[]) => all.filter((each) => each !== unit).join();
          return others(world.branch) === others(landing);
        });
        expect(overtaken).not.toEqual([]);
        for (const unit of bad) expect(world.lastOf(unit)?.status).toBe('returned');
      },
    ),
    { numRuns: 150 },
  );
});

test('the same events make the same queue', () => {
  fc.assert(
    fc.property(plan, (given) => {
      expect(play(given).log).toEqual(play({ ...given, repacks: !given.repacks }).log);
    }),
    { numRuns: 50 },
  );
});
