// Who is told of a landing: units at work that may change the same files, or that build on a unit that may.

import { afterAll, describe, expect, it, vi } from 'vitest';
import { built, land, openTrainHost, prepareResults, verified } from './trains.ts';
import { cleanUp } from '../git/make-repository.ts';
import { concernedBy, sharing } from '../../activities/board/recipients.ts';
import { unit } from '../domain/fixtures.ts';

afterAll(cleanUp);

const [a, b, c, d, e] = [unit('a'), unit('b'), unit('c'), unit('d'), unit('e')];
const scoped = (id: string, scope: readonly string[] | null, needs: readonly string[] = []) => ({
  id: unit(id),
  scope,
  needs: needs.map(unit),
});
const plan = [
  scoped('a', ['src/**']),
  scoped('b', ['src/api/**', 'docs/*.md']),
  scoped('c', ['other/**'], ['b']),
  scoped('d', null),
  scoped('e', ['else/**']),
];

describe('by the scopes of the plan', () => {
  it('a path concerns those that may change it, something in it, or what it is in', () => {
    expect(sharing(plan, 'src/api/user.ts')).toEqual([a, b]);
    expect(sharing(plan, 'src')).toEqual([a, b]);
    expect(sharing(plan, 'src/web')).toEqual([a]);
    expect(sharing(plan, 'docs')).toEqual([b]);
    expect(sharing(plan, 'doc')).toEqual([]);
  });

  it('a landing also concerns those that build on a unit whose files change', () => {
    expect(concernedBy(plan, ['src/api/user.ts'])).toEqual([a, b, c]);
    expect(concernedBy(plan, ['else/x'])).toEqual([e]);
    expect(concernedBy(plan, ['README.md'])).toEqual([]);
  });
});

describe('a landing', () => {
  const units = plan.map((each) => ({ ...each, title: `Do ${each.id}` }));

  it('is told with its files, for each unit in it, to those at work that it concerns', async () => {
    const host = await openTrainHost();
    const results = { a: { 'src/api/x.ts': 'new\n' }, e: { 'else/y': 'new\n' } };
    const { context, subjects } = await prepareResults(host, verified, results, units);
    for (const id of [b, c, d]) host.boards.phases.set(id, 'working');
    for (const id of [a, e]) host.boards.phases.set(id, 'queued');
    const train = await built(host, subjects);
    expect(host.boards.landings).toEqual([]);
    await land(host, context, train);
    await vi.waitFor(() => expect(host.boards.landings).toHaveLength(2));
    const [first, second] = host.boards.landings;
    expect(first).toMatchObject({
      run: context.run,
      notice: { unit: a, title: 'Do a', files: ['src/api/x.ts'], fileCount: 1, to: [b, c] },
      start: true,
    });
    // Nobody is concerned, so no board is started for it.
    expect(second).toMatchObject({ notice: { unit: e, to: [] }, start: false });
  });

  it('that needed no verification is told as well', async () => {
    const host = await openTrainHost();
    const { subjects } = await prepareResults(host, { 'README.md': 'x\n' }, { a: { 'src/api/x.ts': 'new\n' } }, units);
    for (const id of [a, b]) host.boards.phases.set(id, 'working');
    expect(await built(host, subjects)).toMatchObject({ status: 'landed' });
    await vi.waitFor(() => expect(host.boards.landings).toMatchObject([{ notice: { unit: a, to: [b] } }]));
  });

  it('with nobody else at work is told to nobody', async () => {
    const host = await openTrainHost();
    const asked = vi.spyOn(host.boards, 'reachable');
    const { subjects } = await prepareResults(host, { 'README.md': 'x\n' }, { a: { 'src/api/x.ts': 'new\n' } }, units);
    host.boards.phases.set(a, 'queued');
    await built(host, subjects);
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    await asked.mock.results[0]?.value;
    expect(host.boards.landings).toEqual([]);
  });
});
