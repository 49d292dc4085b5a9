// A pause in the middle of a train.

import { expect, test } from 'vitest';
import { World } from './world.ts';

const by = 'dana';

// The world throws when the branch moves to a commit that nobody has verified.
test('what may land in spite of a pause is verified without what may not', () => {
  const world = new World({ rules: { verify: 'tip', parallel: 1, batch: { min: 1, max: 2 } }, units: {} });
  world.steer({ type: 'pause', by });
  world.enqueue('b');
  world.enqueue('f');
  world.steer({ type: 'bump', by, run: 'r1', unit: 'f' });
  world.steer({ type: 'resume', by });
  // One train, and only its tip is being verified.
  world.run(40);
  expect(world.state.line?.candidates.map(({ entry }) => entry.unit)).toEqual(['f', 'b']);
  world.steer({ type: 'pause', by, above: 1 });
  world.run(400);
  expect(world.branch).toEqual(['f']);
});
