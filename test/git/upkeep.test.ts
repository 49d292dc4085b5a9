import { afterAll, expect, test, vi } from 'vitest';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, git, makeRemote, makeState } from './make-repository.ts';
import { contextFor, makeResult, openHost } from './open-host.ts';

afterAll(cleanUp);

async function workedWith(upkeepEveryMs: number) {
  const host = await openHost(undefined, {}, { upkeepEveryMs });
  const [remote, state] = [makeRemote(), makeState()];
  const context = contextFor(remote, state);
  const repository = await host.git.open(context);
  const [mirrorDir = '', stateDir = ''] = ['mirror', 'state'].flatMap((name) =>
    globSync(join(host.home, 'repositories', '*', `${name}.git`)),
  );
  const { result } = await makeResult(host, context, { b: '2\n' });
  for (let i = 0; i < 12; i++) {
    remote.push({ [`file-${i}`]: `${i}\n` });
    await repository.fetchBranch('main');
  }
  const packs = (gitDir: string) => globSync(join(gitDir, 'objects/pack/*.pack')).length;
  const loose = (gitDir: string) => globSync(join(gitDir, 'objects/??/*')).length;
  const looseRefs = () => globSync(join(stateDir, 'refs/coppice-local/*/**')).length;
  return { remote, repository, result, mirrorDir, stateDir, packs, loose, looseRefs };
}

test('while there is work, packs are joined, loose objects and refs packed, and everything is still there', async () => {
  const { remote, repository, result, mirrorDir, stateDir, packs, loose, looseRefs } = await workedWith(0);
  await vi.waitFor(
    async () => {
      await repository.fetchBranch('main');
      expect({ few: packs(mirrorDir) < 5, loose: loose(stateDir), refs: looseRefs() }).toEqual({
        few: true,
        loose: 0,
        refs: 0,
      });
    },
    { timeout: 60_000, interval: 100 },
  );
  expect(git(mirrorDir, 'rev-parse', 'main')).toBe(remote.tip());
  for (const gitDir of [mirrorDir, stateDir]) git(gitDir, 'fsck', '--strict', '--no-dangling');
  expect(await repository.readFile(result, 'b')).toMatchObject({ text: '2\n' });
});

test('not before it is due', async () => {
  const { mirrorDir, stateDir, packs, looseRefs } = await workedWith(3_600_000);
  expect(packs(mirrorDir)).toBeGreaterThanOrEqual(12);
  expect(looseRefs()).toBeGreaterThan(0);
  expect(globSync(join(stateDir, 'packed-refs'))).toEqual([]);
});
