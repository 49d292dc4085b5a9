// A candidate that is red for the first time: it is verified again beside the line, and the others go on without it.

import { describe, expect, test } from 'vitest';
import { viewQueue } from '../../../domain/queue/view.ts';
import { type Facts, World, type WorldOptions } from './world.ts';
import type { QueueRules } from '../../../contracts/activities/landing.ts';

const by = 'dana';
const verifySeconds = 60;
const gitSeconds = 1;

/** On a branch that is known to be green: a unit has landed there. */
function start(
  units: Readonly<Record<string, Facts>>,
  rules: Partial<QueueRules>,
  options: Partial<WorldOptions> = {},
) {
  const world = new World({ rules: { parallel: 4, ...rules }, units, verifySeconds, gitSeconds, ...options });
  world.enqueue('first');
  world.run(200);
  world.steer({ type: 'pause', by });
  for (const unit of Object.keys(units)) world.enqueue(unit);
  world.steer({ type: 'resume', by });
  return world;
}

const good = { b: {}, c: {}, d: {} };
/** From the beginning until after the first round of verifications. */
const firstRound = gitSeconds + verifySeconds + 3 * gitSeconds;

describe.each(['tip', 'each'] as const)('with verify: %s', (verify) => {
  test('the others land in the round in which a bad one is verified again', () => {
    const world = start({ a: { bad: true }, ...good }, { verify });
    world.run(firstRound);
    expect(world.state.suspect?.candidate.entry.unit).toBe('a');
    expect(world.state.line?.candidates.map(({ entry }) => entry.unit)).toContain('b');
    world.run(verifySeconds + 10 * gitSeconds);
    expect(world.lastOf('a')).toMatchObject({
      status: 'returned',
      feedback: { kind: 'verification', output: 'not ok' },
    });
    expect(world.branch).toContain('b');
    world.run();
    expect(world.branch).toEqual(['first', 'b', 'c', 'd']);
    expect(world.state.suspect).toBeUndefined();
  });

  test('a flaky one lands behind those that went on without it, and is counted', () => {
    const one = { batch: { min: 1, max: 1 } };
    const world = start({ a: {}, ...good }, { verify, ...one }, { isFlaky: (n) => n === 2 });
    world.run();
    expect(world.branch.toSorted()).toEqual(['a', 'b', 'c', 'd', 'first']);
    expect(world.branch[1]).toBe('b');
    expect(world.lastOf('a')?.status).toBe('landed');
    expect(world.state.verdicts.flakes).toMatchObject({ test: { times: 1 } });
  });

  test('a lone one is verified again where it is', () => {
    const world = start({ a: { bad: true } }, { verify });
    world.run(firstRound);
    expect(world.state.suspect).toBeUndefined();
    world.run();
    expect(world.lastOf('a')?.status).toBe('returned');
  });

  test('on one slot nothing would be gained', () => {
    const world = start({ a: { bad: true }, ...good }, { verify, parallel: 1 });
    world.run(2 * verifySeconds);
    expect(world.state.suspect).toBeUndefined();
    world.run();
    expect(world.branch).toEqual(['first', 'b', 'c', 'd']);
  });

  test('it can be withdrawn, ejected and replaced, and then nobody verifies it', () => {
    for (const leave of [
      (world: World) => world.withdraw('a'),
      (world: World) => world.steer({ type: 'eject', by, run: 'r1', unit: 'a' }),
      (world: World) => world.enqueue('a', 2),
    ]) {
      const world = start({ a: { bad: true }, ...good }, { verify });
      world.run(firstRound);
      const key = world.state.suspect?.candidate.key;
      expect(world.state.verdicts.asked.map((each) => each.key)).toContain(key);
      leave(world);
      expect(world.state.suspect).toBeUndefined();
      expect(world.state.verdicts.asked.map((each) => each.key)).not.toContain(key);
      world.run();
      expect(world.branch).toEqual(['first', 'b', 'c', 'd']);
    }
  });

  test('it keeps its train on the remote until its verdict is there', () => {
    const world = start({ a: { bad: true }, ...good }, { verify });
    world.run(firstRound);
    const ref = world.state.suspect?.source.ref;
    expect(world.dropped).not.toContain(ref);
    world.run();
    expect([...world.dropped, ...world.state.drop.map((each) => each.ref)]).toContain(ref);
  });

  test('people see it, and why the others do not wait for it', () => {
    const world = start({ a: { bad: true }, ...good }, { verify });
    world.run(firstRound);
    const { entries, trains } = viewQueue(world.state, {}, new Date(world.now).toISOString());
    const entry = entries.find(({ unit }) => unit === 'a');
    expect(entry).toMatchObject({ state: 'verifying', reason: expect.stringContaining('go on without it') });
    const own = trains.find(({ units }) => units.some(({ unit }) => unit === 'a'));
    expect(own).toMatchObject({ train: entry?.train, units: [{ verdict: 'red' }], verifications: [{ upTo: 1 }] });
  });
});
