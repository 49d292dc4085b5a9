import { describe, expect, it } from 'vitest';
import { nearestChanges } from '../../domain/queue/near-changes.ts';

const changes = [
  { id: 'newest', paths: ['docs/guide.md'] },
  { id: 'neighbour', paths: ['src/parse/weeks.ts'] },
  { id: 'named', paths: ['lib/clock.ts', 'lib/zone.ts'] },
  { id: 'same', paths: ['README.md', 'src/parse/duration.ts'] },
  { id: 'oldest', paths: ['src/parse/duration.ts'] },
];
const paths = ['src/parse/duration.ts'];
const idsOf = (found: readonly { id: string }[]) => found.map(({ id }) => id);

describe('the changes that most likely made a conflict', () => {
  it('touch the same paths, newest first, and none of the others counts then', () => {
    const found = nearestChanges(changes, { paths, output: '' }, 4);
    expect(idsOf(found)).toEqual(['same', 'oldest']);
    expect(found[0]?.near).toEqual(['src/parse/duration.ts']);
  });

  it('are in the same folder if none touches the path, since it may have been renamed', () => {
    expect(idsOf(nearestChanges(changes.slice(0, 3), { paths, output: '' }, 4))).toEqual(['neighbour']);
  });
});

describe('the changes that most likely made a verification red', () => {
  const output = 'FAIL ../work/lib/clock.ts:3: no such function';

  it('touch the same paths, or are named by the output; whatever else has landed comes last', () => {
    expect(idsOf(nearestChanges(changes, { paths, output }, 3))).toEqual(['named', 'same', 'oldest']);
    expect(idsOf(nearestChanges(changes, { paths, output }, 9))).toEqual(idsOf(changes));
  });

  it('are named by whole names only', () => {
    const [first] = nearestChanges(changes, { paths: [], output: 'FAIL xlib/clock.ts.map' }, 1);
    expect(first?.id).toBe('newest');
  });

  it('may be anything if nothing is near', () => {
    const found = nearestChanges([{ id: 'far', paths: ['a', 'b'] }], { paths, output: 'red' }, 4);
    expect(found).toEqual([{ id: 'far', paths: ['a', 'b'], near: ['a', 'b'] }]);
    expect(nearestChanges([], { paths, output: '' }, 4)).toEqual([]);
  });
});
