// Real package managers and packages of real registries: a verification reuses only third-party code, and is right
// about everything else. If a manager or its registry is unavailable, these tests fail and say so.

import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Manager } from './tools.ts';
import {
  cargoProject,
  filesOf,
  goProject,
  mavenProject,
  npmProject,
  pnpmProject,
  type Project,
  setuptoolsProject,
  uvProject,
} from './ordinary.ts';
import { cleanUp, makeRemote, temporaryFolder } from '../git/make-repository.ts';
import { findTool, type Tool } from './tools.ts';
import { openVerifier } from './verifier.ts';

afterAll(cleanUp);
vi.setConfig({ testTimeout: 240_000 });

const found = new Map<Manager, Tool>();

async function open(project: Project) {
  const tool = found.get(project.manager) ?? findTool(project.manager, temporaryFolder());
  found.set(project.manager, tool);
  const remote = makeRemote(filesOf(project, tool, temporaryFolder()));
  return openVerifier(remote, { ...tool, poolMegabytes: 1000 });
}

describe('the verification of a real project', () => {
  it.each<[string, Project]>([
    ['npm, a workspace', npmProject({ ms: '2.1.3' })],
    ['pnpm, a workspace', pnpmProject({ ms: '2.1.3' })],
    ['uv', uvProject(['idna'], { path: 'none' })],
    ['go', goProject(['golang.org/x/mod/semver'])],
    ['cargo, a workspace', cargoProject({ itoa: '1' })],
    ['Maven', mavenProject()],
  ])('reuses what was installed, and judges the change: %s', async (_, project) => {
    const verifier = await open(project);
    expect(await verifier.verify(project.harmless)).toMatchObject({ result: { status: 'green' }, setUp: true });
    expect(await verifier.verify(project.harmless)).toMatchObject({ result: { status: 'green' }, setUp: false });
    expect(await verifier.verify(project.broken)).toMatchObject({ result: { status: 'red' }, setUp: false });
    await verifier.stop();
  });

  it.each<[string, Project]>([
    ['uv, a path dependency that is copied', uvProject(['idna'], { path: 'copy' })],
    ['uv, an editable one', uvProject(['idna'], { path: 'editable' })],
    ['uv, a package that setuptools builds', setuptoolsProject(['idna'])],
  ])('makes its own packages of the change: %s', async (_, project) => {
    const verifier = await open(project);
    expect(await verifier.verify(project.harmless)).toMatchObject({ result: { status: 'green' }, setUp: true });
    expect(await verifier.verify(project.broken)).toMatchObject({ result: { status: 'red' } });
    expect(await verifier.verify(project.harmless)).toMatchObject({ result: { status: 'green' } });
    await verifier.stop();
  });
});
