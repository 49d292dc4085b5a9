import { afterAll, expect, it } from 'vitest';
import { execFileSync } from 'node:child_process';
import { writeFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha } from '../../contracts/ids.ts';
import { cleanUp, git, makeState } from './make-repository.ts';
import { commitDates, deleteRefs, newestCommit } from '../../git/state-refs.ts';
import { listRemote } from '../../git/remote.ts';

afterAll(cleanUp);

/** An empty commit of this time on each of `refs`. */
function write(url: string, seconds: number, ...refs: string[]): void {
  const tree = git(url, 'hash-object', '-t', 'tree', '-w', '/dev/null');
  const env = { ...process.env, GIT_COMMITTER_DATE: `${seconds} +0000` };
  const args = ['-c', 'user.name=x', '-c', 'user.email=x', 'commit-tree', '-m', 'x', tree];
  const commit = execFileSync('git', args, { cwd: url, env, encoding: 'utf8' }).trim();
  const input = refs.map((ref) => `create ${ref} ${commit}\n`).join('');
  execFileSync('git', ['update-ref', '--stdin'], { cwd: url, input });
}

const listed = async (url: string) => (await listRemote({ url, credentials: null }, ['refs/coppice/*'])).refs;
const names = (count: number) => Array.from({ length: count }, (_, index) => `refs/coppice/runs/r/units/u${index}`);

it('the times of commits are found, and refs that are gone are left out', async () => {
  const url = makeState();
  const remote = { url, credentials: null };
  write(url, 1_700_000_000, 'refs/coppice/runs/r/plan');
  write(url, 1_700_000_500, 'refs/coppice/runs/r/units/a');
  const refs = await listed(url);
  expect(await newestCommit(remote, refs)).toEqual(new Date(1_700_000_500_000));
  git(url, 'update-ref', '-d', 'refs/coppice/runs/r/units/a');
  expect([...(await commitDates(remote, refs))]).toEqual([['refs/coppice/runs/r/plan', new Date(1_700_000_000_000)]]);
  expect(await newestCommit(remote, new Map())).toBeNull();
});

it('more refs than fit into one push go, and a second time nothing happens', async () => {
  const url = makeState();
  const remote = { url, credentials: null };
  write(url, 1_700_000_000, ...names(1200));
  const refs = await listed(url);
  expect(await deleteRefs(remote, refs)).toEqual({ deleted: 1200, moved: 0, refused: new Map() });
  expect((await listed(url)).size).toBe(0);
  expect((await deleteRefs(remote, refs)).deleted).toBe(0);
});

it('a ref that moved, one that is gone and one that the remote protects stay; the others go', async () => {
  const url = makeState();
  const remote = { url, credentials: null };
  write(url, 1_700_000_000, ...names(4));
  const refs = await listed(url);
  write(url, 1_700_000_999, 'refs/coppice/runs/other');
  const other = git(url, 'rev-parse', 'refs/coppice/runs/other') as Sha;
  git(url, 'update-ref', 'refs/coppice/runs/r/units/u0', other);
  git(url, 'update-ref', '-d', 'refs/coppice/runs/r/units/u1');
  const hook = join(url, 'hooks', 'update');
  writeFileSync(hook, '#!/bin/sh\ncase "$1" in */u2) echo protected >&2; exit 1;; esac\n');
  chmodSync(hook, 0o755);
  const { deleted, moved, refused } = await deleteRefs(remote, refs);
  expect([deleted, moved, [...refused.keys()]]).toEqual([1, 2, ['refs/coppice/runs/r/units/u2']]);
  expect([...(await listed(url)).keys()]).toEqual([
    'refs/coppice/runs/other',
    'refs/coppice/runs/r/units/u0',
    'refs/coppice/runs/r/units/u2',
  ]);
});
