// Verifications of ordinary projects on two hosts, one with a filled pool and one without. Uses real package managers
// and registries; projects whose tools this machine lacks are left out.

import { errorText } from '../../domain/errors.ts';
import type { Content } from '../../test/git/make-repository.ts';
import { cleanUp, makeRemote, temporaryFolder } from '../../test/git/make-repository.ts';
import { cargoProject, filesOf, goProject, npmProject, type Project, uvProject } from '../../test/projects/ordinary.ts';
import { findTool } from '../../test/projects/tools.ts';
import { openVerifier } from '../../test/projects/verifier.ts';

const small: readonly Project[] = [npmProject({ ms: '2.1.3' })];
const ordinary: readonly Project[] = [
  npmProject({ express: '5.1.0', typescript: '5.9.3', eslint: '9.39.0', vitest: '3.2.4' }),
  uvProject(['httpx', 'pydantic', 'pytest', 'numpy', 'sqlalchemy', 'mypy', 'ruff'], { path: 'none' }),
  goProject(['github.com/gin-gonic/gin', 'github.com/spf13/cobra', 'google.golang.org/protobuf/proto']),
  cargoProject({ serde_json: '1', clap: '4', regex: '1', tokio: '1', reqwest: '0.12' }),
];

export interface ProjectSides {
  readonly manager: Project['manager'];
  /** Seconds for verifying one change that touches no input of the setup. */
  prepared(): Promise<number>;
  cold(): Promise<number>;
  close(): Promise<void>;
}

/** Opens the projects that this machine can set up; notes why the others are left out. */
export async function openProjects(quick: boolean, note: (text: string) => void): Promise<ProjectSides[]> {
  const opened: ProjectSides[] = [];
  for (const project of quick ? small : ordinary) {
    try {
      opened.push(await openProject(project));
    } catch (error) {
      const [why = ''] = errorText(error).split('\n');
      note(`without the verification of a project of ${project.manager}: ${why}`);
    }
  }
  return opened;
}

/** Removes their files. */
export const closeProjects = cleanUp;

async function openProject(project: Project): Promise<ProjectSides> {
  const tool = findTool(project.manager, temporaryFolder());
  const remote = makeRemote(filesOf(project, tool, temporaryFolder()));
  const [warm, cold] = [
    await openVerifier(remote, { ...tool, poolMegabytes: 4096 }),
    await openVerifier(remote, { ...tool, poolMegabytes: 0 }),
  ];
  let changes = 0;
  const seconds = async ({ verify }: typeof warm, isPrepared: boolean): Promise<number> => {
    const change: Record<string, Content> = { [`notes-${(changes += 1)}.txt`]: `${changes}\n` };
    const { result, setUp, seconds: taken } = await verify(change);
    if (result.status !== 'green') throw new Error(`${project.manager}: the verification was ${result.status}`);
    if (setUp === isPrepared) throw new Error(`${project.manager}: a setup ran ${setUp ? 'again' : 'not'}`);
    return taken;
  };
  // The first one makes the template; after it, both hosts have the repository.
  await seconds(warm, false);
  await seconds(cold, false);
  return {
    manager: project.manager,
    prepared: () => seconds(warm, true),
    cold: () => seconds(cold, false),
    close: () => Promise.all([warm.stop(), cold.stop()]).then(() => undefined),
  };
}
