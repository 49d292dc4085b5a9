// Which verifications have the slots.

import { expect, test } from 'vitest';
import { World } from './world.ts';

test('the tip of a train goes before the inside of another one, also while the next train is built', () => {
  const names = 'abcdefghijkl'.split('');
  const world = new World({
    rules: { parallel: 4, batch: { min: 1, max: 4 } },
    units: {},
    verifySeconds: 60,
    gitSeconds: 6,
  });
  world.steer({ type: 'pause', by: 'dana' });
  for (const name of names) world.enqueue(name);
  world.steer({ type: 'resume', by: 'dana' });
  // The second train has been built, and the third is being built.
  world.run(13);
  expect(world.state.line?.candidates.length).toBe(8);
  expect(world.state.building).not.toBeNull();
  const asked = world.state.verdicts.asked.map(({ key }) => key);
  expect(asked).toContain('a+b+c+d');
  expect(asked).toContain('a+b+c+d+e+f+g+h');
});
