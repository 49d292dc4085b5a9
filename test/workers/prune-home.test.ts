import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { cleanUp, temporaryFolder } from '../git/make-repository.ts';
import { findIdle, pruneHome } from '../../workers/prune-home.ts';
import { openHome } from '../../workers/host-identity.ts';
import { prepareRepositories } from '../../activities/repository/local-repository.ts';

afterAll(cleanUp);

const before = new Date('2026-11-01T00:00:00Z');
const old = new Date('2026-10-01T00:00:00Z');

/** A home with the repositories of two targets, one unused since October, and a template each, another one beside the second. */
async function makeHome(): Promise<string> {
  const home = temporaryFolder();
  for (const name of ['idle', 'busy']) {
    const { mirror, state } = await prepareRepositories(join(home, 'repositories', name));
    makeTemplate(home, name, 'fresh', new Date());
    if (name !== 'idle') continue;
    for (const path of [mirror, join(mirror, 'objects'), state, join(state, 'objects')]) utimesSync(path, old, old);
  }
  makeTemplate(home, 'busy', 'stale', old);
  mkdirSync(join(home, 'sessions', 'left'), { recursive: true });
  return home;
}

function makeTemplate(home: string, repository: string, fingerprint: string, usedAt: Date): void {
  const folder = join(home, 'pool', repository, fingerprint);
  mkdirSync(join(folder, 'root'), { recursive: true });
  writeFileSync(join(folder, 'template.json'), '{}');
  utimesSync(join(folder, 'template.json'), usedAt, usedAt);
}

it('what nobody has used for long goes, with what a dead worker left; the rest stays', async () => {
  const home = await makeHome();
  const found = await findIdle(home, before);
  expect(found).toMatchObject({ status: 'idle', mirrors: [join(home, 'repositories', 'idle')] });
  expect(found.worktrees.toSorted()).toEqual([
    join(home, 'pool', 'busy', 'stale'),
    join(home, 'pool', 'idle', 'fresh'),
  ]);
  expect(found.bytes).toBeGreaterThan(0);
  expect(existsSync(join(home, 'repositories', 'idle'))).toBe(true);
  expect(await pruneHome(home, before)).toMatchObject({ mirrors: found.mirrors });
  expect(readdirSync(join(home, 'repositories'))).toEqual(['busy']);
  expect(readdirSync(join(home, 'pool', 'busy'))).toEqual(['fresh']);
  expect(readdirSync(join(home, 'pool', 'idle'))).toEqual([]);
  expect(readdirSync(join(home, 'sessions'))).toEqual([]);
  expect(await pruneHome(home, before)).toMatchObject({ mirrors: [], worktrees: [], bytes: 0 });
});

it('a home that a worker has is left alone, and taken when it has gone', async () => {
  const home = await makeHome();
  const { release } = await openHome(home, 'host-1');
  expect(await pruneHome(home, before)).toMatchObject({ status: 'in-use', mirrors: [], worktrees: [] });
  expect(readdirSync(join(home, 'repositories')).toSorted()).toEqual(['busy', 'idle']);
  expect(readdirSync(join(home, 'sessions'))).toEqual(['left']);
  await release();
  expect((await pruneHome(home, before)).status).toBe('idle');
  await expect(openHome(home, 'host-1')).resolves.toMatchObject({ hostId: 'host-1' });
});

it('a home that is not there is not made', async () => {
  const home = join(temporaryFolder(), 'none');
  expect(await pruneHome(home, before)).toMatchObject({ status: 'absent' });
  expect(existsSync(home)).toBe(false);
});
