// The cases of a merge queue, on its reducer alone: who lands, who does not, and what it costs.

import { describe, expect, test } from 'vitest';
import type { Sha } from '../../../contracts/ids.ts';
import { refuse } from '../../../domain/queue/steer.ts';
import { context, noon, subject } from '../fixtures.ts';
import { World, resultOf } from './world.ts';
import { emptyQueue } from '../../../domain/queue/state.ts';
import { packQueue, unpackQueue } from '../../../domain/queue/pack.ts';
import { stepQueue } from '../../../domain/queue/step.ts';

const units = (...names: string[]) => Object.fromEntries(names.map((name) => [name, {}]));
const verifySeconds = 60;

function landed(world: World): string[] {
  return world.branch;
}

function statusOf(world: World, unit: string): string | undefined {
  return world.lastOf(unit)?.status;
}

describe.each(['tip', 'each'] as const)('with verify: %s', (verify) => {
  test('an empty queue does nothing', () => {
    const world = new World({ rules: { verify }, units: {} });
    world.run();
    expect(world.verifications).toBe(0);
  });

  test('good results land in the order in which they came', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const world = new World({ rules: { verify }, units: units(...names) });
    for (const name of names) world.enqueue(name);
    world.run();
    expect(landed(world)).toEqual(names);
    expect(names.map((name) => statusOf(world, name))).toEqual(names.map(() => 'landed'));
  });

  test.each([0, 1, 2, 3])('a bad one in position %i of four is found, and the others land', (position) => {
    const names = ['a', 'b', 'c', 'd'];
    const bad = names[position] ?? '';
    const world = new World({ rules: { verify }, units: { ...units(...names), [bad]: { bad: true } } });
    for (const name of names) world.enqueue(name);
    world.run();
    expect(landed(world)).toEqual(names.filter((name) => name !== bad));
    expect(world.lastOf(bad)).toMatchObject({
      status: 'returned',
      feedback: { kind: 'verification', command: 'test' },
    });
  });

  test('two bad ones of four are found', () => {
    const world = new World({
      rules: { verify },
      units: { ...units('a', 'c'), b: { bad: true }, d: { bad: true } },
    });
    for (const name of ['a', 'b', 'c', 'd']) world.enqueue(name);
    world.run();
    expect(landed(world)).toEqual(['a', 'c']);
  });

  test('of a pair that is red together, the later one is returned', () => {
    const world = new World({ rules: { verify }, units: { ...units('a', 'b', 'c'), d: { badWith: 'b' } } });
    for (const name of ['a', 'b', 'c', 'd']) world.enqueue(name);
    world.run();
    expect(landed(world)).toEqual(['a', 'b', 'c']);
    expect(statusOf(world, 'd')).toBe('returned');
  });

  test('a conflict with the target sends that unit back; nobody waits for it', () => {
    const world = new World({ rules: { verify }, units: { ...units('a', 'c'), b: { conflictsWith: ['x'] } } });
    world.push('x');
    for (const name of ['a', 'b', 'c']) world.enqueue(name);
    world.run();
    expect(landed(world)).toEqual(['x', 'a', 'c']);
    expect(world.lastOf('b')).toMatchObject({ status: 'returned', feedback: { kind: 'conflict' } });
  });

  test('a conflict with a candidate in flight waits until that has landed, and is then for its unit to repair', () => {
    const world = new World({ rules: { verify }, units: { ...units('a', 'c'), b: { conflictsWith: ['a'] } } });
    for (const name of ['a', 'b', 'c']) world.enqueue(name);
    world.run();
    expect(landed(world)).toEqual(['a', 'c']);
    expect(statusOf(world, 'b')).toBe('returned');
  });

  test('a conflict with a candidate that does not land is none', () => {
    const world = new World({ rules: { verify }, units: { a: { bad: true }, b: { conflictsWith: ['a'] } } });
    for (const name of ['a', 'b']) world.enqueue(name);
    world.run();
    expect(landed(world)).toEqual(['b']);
  });

  test('a verification that fails once and then passes takes nobody out, and is counted', () => {
    const world = new World({ rules: { verify }, units: units('a', 'b'), isFlaky: (n) => n === 1 });
    for (const name of ['a', 'b']) world.enqueue(name);
    world.run();
    expect(landed(world)).toEqual(['a', 'b']);
    expect(world.state.verdicts.flakes).toMatchObject({ test: { times: 1 } });
  });

  test('whoever changes protected paths lands alone', () => {
    const world = new World({ rules: { verify }, units: { ...units('a', 'c'), b: { solo: true } } });
    for (const name of ['a', 'b', 'c']) world.enqueue(name);
    world.run();
    expect(landed(world)).toEqual(['a', 'b', 'c']);
    expect(world.state.line).toBeNull();
  });

  test('a stranger pushes during a verification: its commit stays, and everything lands on it', () => {
    const world = new World({ rules: { verify }, units: units('a', 'b') });
    for (const name of ['a', 'b']) world.enqueue(name);
    world.after(verifySeconds / 2, () => world.push('stranger'));
    world.run();
    expect(landed(world)).toEqual(['stranger', 'a', 'b']);
  });

  test('a push that arrived although its host died lands once', () => {
    const world = new World({ rules: { verify }, units: units('a', 'b'), diesAfterPush: (n) => n === 1 });
    for (const name of ['a', 'b']) world.enqueue(name);
    world.run(600);
    expect(world.state.paused?.reason).toContain('the host died');
    world.steer({ type: 'resume', by: 'dana' });
    world.run();
    expect(landed(world)).toEqual(['a', 'b']);
    expect([statusOf(world, 'a'), statusOf(world, 'b')]).toEqual(['landed', 'landed']);
  });

  test('cancelling: one that waits, one that is verified, one that has landed', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const world = new World({ rules: { verify, parallel: 1, batch: { min: 1, max: 2 } }, units: units(...names) });
    for (const name of names) world.enqueue(name);
    world.run(10);
    world.withdraw('a');
    world.withdraw('g');
    expect([statusOf(world, 'a'), statusOf(world, 'g')]).toEqual(['withdrawn', 'withdrawn']);
    world.run();
    expect(landed(world)).toEqual(['b', 'c', 'd', 'e', 'f']);
    world.withdraw('b');
    expect(statusOf(world, 'b')).toBe('landed');
  });

  test('cancelling a unit whose landing has begun: it lands', () => {
    const world = new World({ rules: { verify }, units: units('a'), gitSeconds: 10 });
    world.enqueue('a');
    world.run(verifySeconds + 15);
    expect(world.state.landing).not.toBeNull();
    world.withdraw('a');
    world.run();
    expect(landed(world)).toEqual(['a']);
    expect(world.told.get('a')?.map(({ status }) => status)).toEqual(['landed']);
  });

  test('cancelling a unit whose build may land asks whether it has', () => {
    const world = new World({ rules: { verify }, units: units('a', 'b'), nothingToVerify: true, gitSeconds: 10 });
    for (const name of ['a', 'b']) world.enqueue(name);
    world.run(5);
    world.withdraw('a');
    expect(statusOf(world, 'a')).toBeUndefined();
    world.run();
    expect(landed(world)).toEqual(['b']);
    expect([statusOf(world, 'a'), statusOf(world, 'b')]).toEqual(['withdrawn', 'landed']);
  });

  test('a newer result takes the place of the older one', () => {
    const world = new World({ rules: { verify }, units: units('a') });
    world.enqueue('a', 1);
    world.run(10);
    world.enqueue('a', 2);
    world.run();
    expect(landed(world)).toEqual(['a']);
    // The unit ignores what it hears of the older one.
    expect(world.told.get('a')?.map(({ status }) => status)).toEqual(['withdrawn', 'landed']);
  });

  test('the same result twice is one entry, and an answer that was lost is given again', () => {
    const world = new World({ rules: { verify }, units: units('a') });
    world.enqueue('a');
    const [entry] = world.state.waiting.concat(world.state.building?.entries ?? []);
    world.enqueue('a');
    expect(world.state.waiting).toHaveLength(0);
    world.run();
    world.now = Date.parse(entry?.enqueuedAt ?? '');
    world.enqueue('a');
    expect(world.told.get('a')?.map(({ status }) => status)).toEqual(['landed', 'landed']);
  });

  test('paused, nothing lands but what has at least the given priority', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const world = new World({ rules: { verify, parallel: 1, batch: { min: 1, max: 2 } }, units: units(...names) });
    for (const name of names) world.enqueue(name);
    world.steer({ type: 'pause', by: 'dana', reason: 'release', above: 5 });
    world.steer({ type: 'bump', by: 'dana', run: 'r1', unit: 'e', priority: 7 });
    world.run(2000);
    expect(landed(world)).toEqual(['e']);
    world.steer({ type: 'resume', by: 'dana' });
    world.run();
    expect(landed(world)).toEqual(['e', 'a', 'b', 'c', 'd', 'f']);
  });

  test('pausing while a verification runs: it is kept, and nothing lands', () => {
    const world = new World({ rules: { verify }, units: units('a') });
    world.enqueue('a');
    world.run(10);
    world.steer({ type: 'pause', by: 'dana' });
    world.run(1000);
    expect(landed(world)).toEqual([]);
    const { verifications } = world;
    world.steer({ type: 'resume', by: 'dana' });
    world.run();
    expect(landed(world)).toEqual(['a']);
    expect(world.verifications).toBe(verifications);
  });

  test('draining lands what is in and takes nothing new', () => {
    const world = new World({ rules: { verify }, units: units('a', 'b') });
    world.enqueue('a');
    world.steer({ type: 'drain', by: 'dana' });
    world.enqueue('b');
    world.run(1000);
    expect(landed(world)).toEqual(['a']);
    world.steer({ type: 'resume', by: 'dana' });
    world.run();
    expect(landed(world)).toEqual(['a', 'b']);
  });

  test('an ejected entry fails with the reason; a bumped one goes first', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const world = new World({ rules: { verify, parallel: 1, batch: { min: 1, max: 1 } }, units: units(...names) });
    for (const name of names) world.enqueue(name);
    world.steer({ type: 'eject', by: 'dana', run: 'r1', unit: 'b', reason: 'not now' });
    world.steer({ type: 'bump', by: 'dana', run: 'r1', unit: 'f' });
    world.run();
    expect(landed(world)).toEqual(['a', 'f', 'c', 'd', 'e']);
    expect(world.lastOf('b')).toMatchObject({ status: 'refused', reason: 'ejected: by dana: not now' });
  });

  test('a low priority lands within a bounded number of landings, although higher ones keep coming', () => {
    const world = new World({
      rules: { verify, parallel: 1, batch: { min: 1, max: 1 } },
      units: units(...Array.from({ length: 300 }, (_, i) => `u${i}`)),
    });
    world.enqueue('u1');
    world.enqueue('u2');
    world.enqueue('u0');
    world.steer({ type: 'bump', by: 'dana', run: 'r1', unit: 'u0', priority: -10 });
    for (let i = 3; i < 300; i++) {
      world.enqueue(`u${i}`);
      world.steer({ type: 'bump', by: 'dana', run: 'r1', unit: `u${i}`, priority: 10 });
      world.run(verifySeconds + 1);
    }
    expect(landed(world).indexOf('u0')).toBeGreaterThan(1);
    expect(landed(world).indexOf('u0')).toBeLessThan(8 * 21 + 10);
  });

  test('a red target is nobody’s fault: red ones wait, green ones land, and then the others', () => {
    const world = new World({
      rules: { verify, parallel: 2 },
      units: { ...units('a', 'b', 'c'), fix: { fixes: true } },
      redBranch: true,
    });
    for (const name of ['a', 'b', 'fix', 'c']) world.enqueue(name);
    world.run();
    expect(landed(world)[0]).toBe('fix');
    expect(landed(world).toSorted()).toEqual(['a', 'b', 'c', 'fix']);
    expect(world.log.filter((line) => line.includes('returned'))).toEqual([]);
  });

  test('a red target that somebody else repairs is noticed', () => {
    const world = new World({
      rules: { verify },
      units: { ...units('a'), stranger: { fixes: true } },
      redBranch: true,
    });
    world.enqueue('a');
    world.run(1000);
    expect(world.state.redBase).toMatchObject({ command: 'test' });
    world.push('stranger');
    world.run();
    expect(landed(world)).toEqual(['stranger', 'a']);
    expect(world.state.redBase).toBeNull();
  });

  test('with delta, what fails in the target as well is not held against anybody', () => {
    const world = new World({
      rules: { verify, onRedBase: 'delta' },
      units: units('a', 'b'),
      redBranch: true,
      landsRed: true,
    });
    for (const name of ['a', 'b']) world.enqueue(name);
    world.run();
    expect(landed(world)).toEqual(['a', 'b']);
    expect(world.lastOf('a')).toMatchObject({ status: 'landed', redBefore: ['test'] });
  });

  test('a refused push pauses the queue with what the remote said', () => {
    const world = new World({ rules: { verify }, units: units('a'), refuses: 'main is protected' });
    world.enqueue('a');
    world.run(1000);
    expect(world.state.paused?.reason).toContain('main is protected');
    expect(world.pushes).toBe(1);
    expect(statusOf(world, 'a')).toBeUndefined();
  });

  test('nothing to verify: a train is one job', () => {
    const names = ['a', 'b', 'c', 'd'];
    const world = new World({ rules: { verify }, units: units(...names), nothingToVerify: true });
    for (const name of names) world.enqueue(name);
    world.run();
    expect(landed(world)).toEqual(names);
    expect(world.verifications).toBe(0);
    expect(world.pushes).toBeLessThanOrEqual(2);
  });
});

test('an identical tree is not verified again', () => {
  const world = new World({ rules: { verify: 'tip' }, units: { ...units('a', 'b'), x: {} } });
  for (const name of ['a', 'b']) world.enqueue(name);
  // The tree that a train of both would have is verified; then the order is another one, and the tree the same.
  world.run(verifySeconds / 2);
  world.run();
  const before = world.verifications;
  expect(world.state.verdicts.green).toContain('a+b');
  world.branch = [];
  world.enqueue('a', 2);
  world.enqueue('b', 2);
  world.run();
  expect(world.branch).toEqual(['a', 'b']);
  expect(world.verifications - before).toBeLessThanOrEqual(1);
});

test('what is built while everything below it lands is not built again', () => {
  const world = new World({ rules: {}, units: units('a', 'b'), gitSeconds: 10 });
  world.enqueue('a');
  world.run(10 + verifySeconds + 5);
  expect(world.state.landing).not.toBeNull();
  world.enqueue('b');
  expect(world.state.building?.on).not.toBeNull();
  world.run();
  expect(landed(world)).toEqual(['a', 'b']);
  expect(world.verifications).toBe(2);
  expect(world.state.nextTrain).toBe(3);
});

test('a train is never larger than the limit', () => {
  const names = Array.from({ length: 40 }, (_, i) => `u${i}`);
  const world = new World({ rules: { verify: 'tip', batch: { min: 1, max: 5 } }, units: units(...names) });
  for (const name of names) world.enqueue(name);
  let largest = 0;
  for (let i = 0; i < 100; i++) {
    world.run(10);
    const trains = world.state.line?.candidates.map(({ train }) => train) ?? [];
    for (const train of trains) largest = Math.max(largest, trains.filter((each) => each === train).length);
  }
  expect(largest).toBe(5);
  expect(landed(world)).toHaveLength(40);
});

test('with tip, a red one that a later one of its train repairs lands with it', () => {
  const world = new World({ rules: { verify: 'tip', parallel: 1 }, units: { a: { fixedBy: 'b', bad: true }, b: {} } });
  for (const name of ['a', 'b']) world.enqueue(name);
  world.run();
  // The first is built alone, because it does not wait for the second.
  expect(['b', 'a,b']).toContain(landed(world).join());
});

test('10,000 entries fit into a payload', () => {
  let state = emptyQueue('queue:repository-0a1b2c3d');
  for (let i = 0; i < 10_000; i++) {
    const given = { ...subject(`a-unit-with-a-name-of-usual-length-${i}`, resultOf(`${i}`, 1)), costUsd: 12.34 };
    state = stepQueue(state, { type: 'message', message: { type: 'enqueue', subject: given } }, noon).state;
  }
  const packed = JSON.stringify(packQueue(state));
  expect(packed.length).toBeLessThan(1_500_000);
  const read = unpackQueue(JSON.parse(packed) as ReturnType<typeof packQueue>);
  expect(read.waiting[1234]).toEqual({ ...state.waiting[1234], egress: [], attempt: 1 });
  expect({ ...read, waiting: [] }).toEqual({ ...state, waiting: [] });
});

test('a revert goes through the queue like any change, and no unit hears of it', () => {
  const world = new World({ rules: {}, units: units('a', 'b') });
  world.enqueue('a');
  world.run();
  const commit = world.lastOf('a')?.status === 'landed' ? (world.lastOf('a') as { commit: Sha }).commit : null;
  if (commit === null) throw new Error('a has not landed');
  const { unit } = subject('a', commit);
  world.steer({ type: 'revert', by: 'dana', context: context(), unit, commit });
  expect(refuse(world.state, { type: 'revert', by: 'dana', context: context(), unit, commit })).toContain('already');
  world.enqueue('b');
  world.run();
  expect(world.branch).toEqual(['a', 'revert of a', 'b']);
  expect(world.state.reverts).toMatchObject([{ unit: 'a', reverts: commit, reason: null }]);
  expect(world.told.get('a')).toHaveLength(1);
});
