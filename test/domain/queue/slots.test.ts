// Which verifications have the slots.

import { expect, test } from 'vitest';
import { World } from './world.ts';

/** Twelve that came at once, in trains of four. */
function twelve(): World {
  const world = new World({
    rules: { parallel: 4, batch: { min: 1, max: 4 } },
    units: {},
    verifySeconds: 60,
    gitSeconds: 6,
  });
  world.steer({ type: 'pause', by: 'dana' });
  for (const name of 'abcdefghijkl') world.enqueue(name);
  world.steer({ type: 'resume', by: 'dana' });
  return world;
}

function askedOf(world: World): string[] {
  return world.state.verdicts.asked.map(({ key }) => key);
}

test('the tip of a train goes before the inside of another one, also while the next train is built', () => {
  const world = twelve();
  // The second train has been built, and the third is being built.
  world.run(13);
  expect(world.state.line?.candidates.length).toBe(8);
  expect(world.state.building).not.toBeNull();
  expect(askedOf(world)).toEqual(['a+b+c+d', 'a+b+c+d+e+f+g+h']);
});

test('the inside of trains is verified once no more trains are coming: a slot that is given up is not free at once', () => {
  const world = twelve();
  world.run(20);
  expect(world.state.building).toBeNull();
  expect(askedOf(world)).toHaveLength(4);
  expect(askedOf(world)).toContain('a+b+c+d+e+f+g+h+i+j+k+l');
});

test('the inside of trains is not verified if a verification takes only a second or two', () => {
  const world = new World({ rules: { parallel: 4, batch: { min: 4, max: 4 } }, units: {}, verifySeconds: 2 });
  world.enqueue('z');
  world.run(10);
  world.steer({ type: 'pause', by: 'dana' });
  for (const name of 'abcd') world.enqueue(name);
  world.steer({ type: 'resume', by: 'dana' });
  world.run(1);
  expect(askedOf(world)).toEqual(['a+b+c+d+z']);
});
