// What `coppice doctor` does: checks everything that a run needs, all at once within seconds, and says what to do.
// Changes nothing, and needs nothing: no network, no server, no repository, no settings.

import pTimeout from 'p-timeout';
import { errorText } from '../../domain/errors.ts';
import { join } from 'node:path';
import type { Check, CheckName, Finding } from '../../domain/doctor/finding.ts';
import type { ProjectFiles } from '../../formats/project/folder.ts';
import type { Given, RepositoryView } from '../doctor/repository.ts';
import { Exit, exitCodes } from './exit.ts';
import { checkDriver } from '../doctor/driver.ts';
import { checkDisk, checkGit, checkMemory } from '../doctor/host.ts';
import { checkMedia } from '../../people/media.ts';
import { checkHandOuts } from '../doctor/hand-outs.ts';
import { checkModel } from '../doctor/model.ts';
import { checkNames, fail, judgeNode, notLookedAt } from '../../domain/doctor/finding.ts';
import { judgeProject } from '../doctor/project.ts';
import { pinnedTools } from '../../formats/project/needs/tool-versions.ts';
import { checkRepository } from '../doctor/repository.ts';
import { checkStateRemote } from '../doctor/state-remote.ts';
import { checkTemporal } from '../doctor/temporal.ts';
import { checkSetupNetwork, judgeSandbox, openSandboxProbe } from '../doctor/sandbox.ts';
import { checkToolchains } from '../doctor/toolchains.ts';
import { doctorText } from './present/doctor.ts';
import { failureHint } from '../../contracts/failures.ts';
import { homeOfProcess } from './home.ts';
import { makeOutput } from './output.ts';
import { maxConfigBytes } from '../../formats/config-file/config-file.ts';
import { originHere } from './origin.ts';
import { readUserFile } from '../read-user-file.ts';
import { readProject, repositoryTop } from '../init/read-project.ts';

export interface DoctorOptions {
  readonly repo?: string;
  readonly try?: boolean;
  readonly json?: boolean;
}

/** When checks that use the network give up; and, a little later, when the doctor stops waiting for them. */
const patienceMs = 6_000;
const limitMs = 7_000;

type QuickCheck = Exclude<CheckName, 'target'>;

export async function runDoctor({ repo, try: wantsTry = false, json = false }: DoctorOptions): Promise<void> {
  const output = makeOutput(process, json);
  const { findings, view } = lookAtEverything(repo);
  const quick = checkNames.filter((name): name is QuickCheck => name !== 'target');
  const found = await Promise.all(quick.map((name) => within(name, findings[name])));
  // Last, because it takes long and would disturb the measurements of other checks.
  const tryNow = async (): Promise<Finding> => (await import('./try-here.ts')).tryHere(await view, output);
  const tried = wantsTry ? [await named('target', tryNow())] : [];
  const place = ({ name }: Check): number => checkNames.indexOf(name);
  const checks = [...found, ...tried].toSorted((a, b) => place(a) - place(b));
  if (json) output.document('checks', { checks });
  output.text(doctorText(checks, process.stdout));
  const good = checks.every(({ status }) => status !== 'fail');
  // Not a plain return: a check that has not answered in time must not keep the command alive.
  throw new Exit(good ? exitCodes.done : exitCodes.notGood);
}

/** Starts all checks; a check that builds on another one waits for it. */
function lookAtEverything(repo: string | undefined): {
  readonly findings: Readonly<Record<QuickCheck, Promise<Finding>>>;
  readonly view: Promise<RepositoryView>;
} {
  const { env } = process;
  const home = homeOfProcess();
  const signal = AbortSignal.timeout(patienceMs);
  const temporal = checkTemporal(env, home);
  const probe = openSandboxProbe(env);
  const view = given(repo).then((found) => checkRepository(found, env, signal));
  const files = repo === undefined ? filesHere() : Promise.resolve(null);
  const toolchains = async (): Promise<Finding> => {
    const { config } = await view;
    if (config === null) return notLookedAt('there is no coppice.yaml that names programs');
    const opened = await probe.catch(() => null);
    return opened === null
      ? notLookedAt('see sandbox')
      : checkToolchains(opened, config, { env, pinned: pinnedTools((await files) ?? noFiles) });
  };
  const media = checkMedia(env, async (medium) => (await view).config?.notify[medium]?.channel ?? null);
  const findings = {
    node: Promise.resolve(judgeNode(process.versions.node)),
    git: checkGit(),
    disk: checkDisk(home),
    memory: Promise.resolve(checkMemory()),
    sandbox: probe.then(judgeSandbox),
    toolchains: toolchains(),
    'setup-network': probe.then(checkSetupNetwork, () => notLookedAt('see sandbox')),
    driver: view.then(({ config }) => checkDriver(config, env)),
    model: checkModel(env, signal),
    temporal: temporal.then((found) => found.temporal),
    'hand-outs': temporal.then((found) =>
      found.temporal.status === 'ok' ? checkHandOuts(env, home, signal) : notLookedAt('see temporal'),
    ),
    'search-attributes': temporal.then((found) => found['search-attributes']),
    workers: temporal.then((found) => found.workers),
    repository: view.then((found) => found.repository),
    'coppice.yaml': view.then((found) => found['coppice.yaml']),
    clone: view.then((found) => found.clone),
    project: Promise.all([files, view]).then(([here, { config }]) => judgeProject(here, config)),
    'state-remote': view.then(({ url }) => checkStateRemote(url, { env, home, signal })),
    slack: media.slack,
    smtp: media.email,
  };
  return { findings, view };
}

async function given(repo: string | undefined): Promise<Given> {
  const folder = process.cwd();
  if (repo !== undefined) return { repository: repo, configHere: null, folder };
  const [repository, configHere] = await Promise.all([
    originHere().catch(() => null),
    repositoryTop(process.cwd())
      .then((top) => readUserFile(join(top, 'coppice.yaml'), maxConfigBytes))
      .catch(() => null),
  ]);
  return { repository, configHere, folder };
}

const noFiles: ProjectFiles = { paths: [], texts: {} };

/** Those of the clone around this folder; null if there is none. */
async function filesHere(): Promise<ProjectFiles | null> {
  return repositoryTop(process.cwd()).then(readProject, () => null);
}

/** A check that throws has failed. */
async function named(name: CheckName, finding: Promise<Finding>): Promise<Check> {
  const thrown = (error: unknown): Finding => {
    if (error instanceof Exit) throw error;
    return fail(errorText(error), failureHint(error) ?? 'This is a bug in Coppice.');
  };
  return { name, ...(await finding.catch(thrown)) };
}

/** A check that takes too long has failed too. */
async function within(name: CheckName, finding: Promise<Finding>): Promise<Check> {
  const late = (): Finding => fail('no answer in time', 'Check its network and load, then try again.');
  return named(name, pTimeout(finding, { milliseconds: limitMs, fallback: late }));
}
