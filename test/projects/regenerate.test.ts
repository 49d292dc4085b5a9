// Two changes that each add a dependency land one after the other: with real package managers and registries, by the rules
// that `coppice init` writes. If a manager or its registry is unavailable, these tests fail and say so.

import { buildAlone } from '../landing/trains.ts';
import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it, vi } from 'vitest';
import {
  berry,
  bun,
  cargo,
  go,
  locked,
  type MergingProject,
  npm,
  npmApart,
  pnpm,
  poetry,
  uv,
  yarn,
} from './merging.ts';
import { cleanUp, git, makeRemote, makeState, temporaryFolder } from '../git/make-repository.ts';
import { findTool, type Manager, type Tool } from './tools.ts';
import { claim, edit, makeResult, openHost } from '../git/open-host.ts';
import { networkEnv } from './sessions.ts';
import { planRun } from '../agent/slice-host.ts';
import { proposeGenerated } from '../../formats/project/propose-generated.ts';
import { writeConfig } from '../../formats/config-file/text.ts';

afterAll(cleanUp);
vi.setConfig({ testTimeout: 240_000 });

const found = new Map<Manager, Tool>();

/** The files of the base, of the unit's change and of the target's: apart in the manifest, or in the same place of it. */
function sidesOf(project: MergingProject, tool: Tool, { inOnePlace }: { readonly inOnePlace: boolean }) {
  const { base, mine, theirs, pinned = {} } = project;
  const lock = (files: ReturnType<MergingProject['files']>, from: string | null) =>
    locked(project, tool, { folder: temporaryFolder(), files, from });
  const older = lock(project.files({ ...base, ...pinned }, {}), null)[project.lockFile] ?? '';
  const before = lock(project.files(base, {}), older);
  const from = before[project.lockFile] ?? '';
  return {
    before,
    mine: lock(project.files({ ...base, ...mine }, {}), from),
    theirs: lock(inOnePlace ? project.files({ ...base, ...theirs }, {}) : project.files(base, theirs), from),
  };
}

async function merge(
  project: MergingProject,
  { byRules, inOnePlace = false }: { readonly byRules: boolean; readonly inOnePlace?: boolean },
) {
  const tool = found.get(project.manager) ?? findTool(project.manager, temporaryFolder());
  found.set(project.manager, tool);
  const { before, mine, theirs } = sidesOf(project, tool, { inOnePlace });
  const regenerate = byRules ? proposeGenerated({ paths: Object.keys(before), texts: before }) : [];
  const config = writeConfig({
    branch: null,
    env: {},
    setup: null,
    verify: [{ name: 'true', run: 'true' }],
    regenerate,
    schema: null,
  });
  const [remote, state] = [makeRemote({ ...before, 'coppice.yaml': config }), makeState()];
  const host = await openHost(undefined, networkEnv(), { networkAllowed: 'setup', toolchains: tool.toolchains });
  const context = await planRun(host, { remote, state, run: 'run-1' }, { unit: {} });
  const { subject } = await makeResult(host, context, mine, 'a');
  const target = remote.push(theirs);
  const watch = { signal: new AbortController().signal, onStart: () => undefined };
  const build = async (by = host) => buildAlone(by, subject, watch);
  return { build, state, tool, host, context, target, watch };
}

/** Fails where the manager would not have written these files. */
function accept(
  project: MergingProject,
  tool: Tool,
  { state, tree }: { readonly state: string; readonly tree: string },
) {
  const folder = temporaryFolder();
  git(state, '--work-tree', folder, 'checkout', '--quiet', tree, '--', '.');
  const env = { ...process.env, ...tool.env };
  execFileSync('sh', ['-c', project.accept], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('a lock file to which two sides have added', () => {
  it.each<[string, MergingProject]>([
    ['npm', npm],
    ['pnpm', pnpm],
    ['Yarn 1', yarn],
    ['Yarn 4', berry],
    ['Bun', bun],
    ['cargo, a workspace', cargo],
    ['uv', uv],
    ['Poetry', poetry],
    ['Go', go],
    ['npm, where git merges it', npmApart],
  ])('is made again by the manager, which then accepts it: %s', async (_, project) => {
    const plain = await (await merge(project, { byRules: false })).build();
    expect(plain.status).toBe(project === go || project === npmApart ? 'built' : 'conflict');
    const { build, state, tool } = await merge(project, { byRules: true });
    const result = await build();
    if (result.status !== 'built') throw new Error(JSON.stringify(result));
    expect(await build(await openHost())).toEqual(result);
    accept(project, tool, { state, tree: result.candidate });
    const lock = git(state, 'show', `${result.candidate}:${project.lockFile}`);
    for (const name of Object.keys({ ...project.base, ...project.mine, ...project.theirs }))
      expect(lock).toContain(name.split('/').slice(0, 3).join('/'));
    for (const version of Object.values(project.pinned ?? {})) expect(lock).toContain(version.replaceAll('=', ''));
  });

  it.each<[string, MergingProject]>([
    ['npm', npm],
    ['uv', uv],
  ])('in the same place of the manifest is made once that is settled: %s', async (_, project) => {
    const { build, tool, state, host, context, target, watch } = await merge(project, {
      byRules: true,
      inOnePlace: true,
    });
    expect((await build()).status).toBe('conflict');
    // Its next slice.
    const store = await claim(host, context, { unit: 'a', attempt: 1002 });
    const { conflicts } = await store.rebase(target);
    const left = conflicts.filter(({ madeBy }) => madeBy !== undefined);
    expect([left.map(({ path }) => path), conflicts.length]).toEqual([[project.lockFile], 2]);
    await edit(host, store, project.files({ ...project.base, ...project.mine, ...project.theirs }, {}));
    await store.keep({});
    expect(await store.makeLeftFiles(left, watch)).toEqual({ conflicts: [] });
    // What the worktree has now, too.
    const { checkpoint } = await store.save({});
    accept(project, tool, { state, tree: checkpoint });
    await store.close();
  });
});
