// Events of a merge queue in an unlucky order: what is told to units is what has happened.

import { describe, expect, test } from 'vitest';
import { World, type WorldOptions } from './world.ts';
import { stepQueue } from '../../../domain/queue/step.ts';

const by = 'dana';
const [gitSeconds, verifySeconds] = [10, 60];
/** `a` is built at once, then verified; its landing begins. */
const landingBegins = gitSeconds + verifySeconds;

/** `a` is in the queue; `b` comes in time for its build to end while `a` lands, or after that. */
function startTwo(bComesAt: number, options: Partial<WorldOptions> = {}): World {
  const rules = { parallel: 4, batch: { min: 1, max: 1 } };
  const world = new World({ rules, units: {}, gitSeconds, verifySeconds, ...options });
  world.enqueue('a');
  world.after(bComesAt, () => world.enqueue('b'));
  return world;
}

/** Who was told so is on the branch, and nobody else. */
function expectTruth(world: World): void {
  const toldLanded = [...world.told].filter(([, all]) => all.at(-1)?.status === 'landed').map(([unit]) => unit);
  expect(toldLanded.toSorted()).toEqual(world.branch.toSorted());
}

describe('while a landing is on its way', () => {
  test('its unit gives up, and the next train is built: it has landed all the same, and hears that', () => {
    const world = startTwo(landingBegins - 1);
    world.after(landingBegins + 5, () => world.withdraw('a'));
    world.run();
    expect(world.told.get('a')?.map(({ status }) => status)).toEqual(['landed']);
    expect(world.branch).toEqual(['a', 'b']);
    expectTruth(world);
  });

  test('it is lost: what was being built on it is built again, and nobody is told that it has landed', () => {
    const world = startTwo(landingBegins + 5, { losesPush: (n) => n === 1 });
    world.run(landingBegins + 3 * gitSeconds);
    expect(world.state.paused?.reason).toContain('the host died');
    expectTruth(world);
    world.steer({ type: 'resume', by });
    world.run();
    expect(world.branch).toEqual(['a', 'b']);
    expectTruth(world);
  });

  test('its unit gives up, and the remote refuses it: it is gone, and does not land later', () => {
    const world = startTwo(1000, { refuses: 'protected branch' });
    world.after(landingBegins + 5, () => world.withdraw('a'));
    world.run(200);
    expect(world.lastOf('a')?.status).toBe('withdrawn');
    expect(world.state.line?.candidates.map(({ entry }) => entry.unit) ?? []).not.toContain('a');
    expect(world.branch).toEqual([]);
  });
});

test('a unit that gives up while its conflict is found leaves no repair behind that others would wait for', () => {
  const world = startTwo(100, { units: { a: { conflictsWith: ['x'] } }, endsCancelled: true });
  world.push('x');
  world.after(5, () => world.withdraw('a'));
  world.run(50);
  expect(world.lastOf('a')?.status).toBe('withdrawn');
  expect(world.state.repairs).toEqual([]);
});

test('a red result that a later one of its train repairs lands with it, also if both verdicts come at once', () => {
  const world = new World({ rules: {}, units: { a: { bad: true, fixedBy: 'b' } }, gitSeconds, verifySeconds });
  world.enqueue('first');
  world.run(200);
  world.steer({ type: 'pause', by });
  for (const unit of ['a', 'b']) world.enqueue(unit);
  world.steer({ type: 'resume', by });
  world.run(gitSeconds + 1);
  expect(world.state.verdicts.asked.map(({ key }) => key).toSorted()).toEqual(['a+b+first', 'a+first']);
  const red = { status: 'red', command: 'test', output: 'not ok', failed: ['test'] } as const;
  const at = new Date(world.now).toISOString();
  world.state = stepQueue(world.state, { type: 'verdict', key: 'a+first', verdict: red }, at).state;
  world.verified.add('a+b+first');
  world.apply({ type: 'verdict', key: 'a+b+first', verdict: { status: 'green' } });
  world.run();
  expect(world.branch).toEqual(['first', 'a', 'b']);
});

describe('with `delta`', () => {
  const rules = { onRedBase: 'delta', parallel: 4, batch: { min: 1, max: 1 } } as const;

  test('a branch that is red once excuses nobody: its verification is repeated as well', () => {
    // The first, of `a`; then of `a` again, and of the branch.
    const world = new World({ rules, units: { a: { bad: true } }, isFlaky: (n) => n === 3 });
    world.enqueue('a');
    world.run();
    expect(world.branch).toEqual([]);
    expect(world.lastOf('a')?.status).toBe('returned');
  });

  test('what a landing has shown of the branch is not verified again', () => {
    const secondsOf = (key: string) => (key === 'empty' ? 20 : 60);
    const units = { b: { alsoFails: 'lint' } };
    const world = new World({ rules, units, redBranch: true, landsRed: true, secondsOf });
    for (const unit of ['a', 'b']) world.enqueue(unit);
    world.run(2000);
    expect(world.branch).toEqual(['a']);
    expect(world.lastOf('b')?.status).toBe('returned');
    expectTruth(world);
  });
});

test('with `each`, the line above a candidate that takes long has an end', () => {
  const secondsOf = (key: string) => (key === 'a0' ? 100_000 : 1);
  const rules = { verify: 'each', parallel: 4, batch: { min: 1, max: 16 } } as const;
  const world = new World({ rules, units: {}, gitSeconds: 1, secondsOf });
  for (let i = 0; i < 200; i++) world.enqueue(`a${i}`);
  world.run(5000);
  const inFlight = world.state.line?.candidates.length ?? 0;
  expect(inFlight).toBeGreaterThan(16);
  expect(inFlight).toBeLessThanOrEqual(80);
  world.run();
  expect(world.branch).toHaveLength(200);
});

test('trains that end while the next one is built are deleted with a later one', () => {
  const world = startTwo(landingBegins - 1);
  world.after(landingBegins + 5, () => world.enqueue('c'));
  world.run();
  world.enqueue('d');
  world.run();
  const refs = [1, 2, 3].map((train) => `refs/coppice/${world.state.id}/${train}`);
  expect([...world.dropped, ...world.state.drop.map(({ ref }) => ref)]).toEqual(expect.arrayContaining(refs));
});
