// The merge queue's reducer in virtual time, with the world of its tests around it: what its decisions alone are worth,
// whatever a machine does.

import type { QueueRules } from '../../contracts/activities/landing.ts';
import type { Landings } from './batch-and-bisect.ts';
import { type SeededUnits, flakeRate } from './seeded-units.ts';
import { World } from '../../test/domain/queue/world.ts';
import { generator } from './random.ts';

export interface Pace {
  /** Seconds of one verification. */
  readonly verify: number;
  /** Seconds of one build, and of one landing. */
  readonly git: number;
}

/** All units are in the queue when it begins. */
export function simulateQueue({ seed, names, bad }: SeededUnits, rules: Partial<QueueRules>, pace: Pace): Landings {
  const random = generator(seed);
  const world = new World({
    rules,
    units: Object.fromEntries(names.map((name) => [name, { bad: bad.has(name) }])),
    verifySeconds: pace.verify,
    gitSeconds: pace.git,
    isFlaky: () => random() < flakeRate,
  });
  world.steer({ type: 'pause', by: 'bench' });
  for (const name of names) world.enqueue(name);
  const began = world.now;
  world.steer({ type: 'resume', by: 'bench' });
  world.run();
  const wrong = names.filter((name) => !bad.has(name) && !world.branch.includes(name)).length;
  const { now, branch, verifications } = world;
  return { seconds: (now - began) / 1000, landed: branch.length, wrong, verifications };
}
