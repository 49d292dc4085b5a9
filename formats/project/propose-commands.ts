// Proposes the commands that set up and verify a repository, from its files, for `coppice init`. A pure function; its
// knowledge is in ecosystems.ts. The commands of several projects in one repository run one after the other.

import type { Choice, Ecosystem } from './ecosystem.ts';
import type { Folder, ProjectFiles } from './folder.ts';
import { makeDeps } from './ecosystem.ts';
import { ecosystems } from './ecosystems.ts';
import { folderOf, topmostFolders } from './folder.ts';

export interface ProposedCommand {
  readonly run: string;
  /** Its name in reports; the command itself if that is short and plain. */
  readonly name: string;
  /** The file that indicates it. */
  readonly from: string;
}

export interface ProposedCommands {
  /** All of these need the network: they install. */
  readonly setup: readonly ProposedCommand[];
  readonly verify: readonly ProposedCommand[];
  /** Variables of all commands, for coppice.yaml (`env`). */
  readonly env: Readonly<Record<string, string>>;
}

/** The most projects to propose: more would take too long to verify with every change. */
const maxFolders = 6;

export function proposeCommands(files: ProjectFiles): ProposedCommands {
  const found = proposeFrom(files, (each) => each.lastResort !== true);
  return found.verify.length > 0
    ? found
    : { ...found, verify: proposeFrom(files, (each) => each.lastResort === true).verify };
}

function proposeFrom(files: ProjectFiles, isWanted: (ecosystem: Ecosystem) => boolean): ProposedCommands {
  const projects = ecosystems.filter(isWanted).flatMap((ecosystem) =>
    topmostFolders(files.paths, ecosystem.manifest)
      .slice(0, maxFolders)
      .map((path) => ({ ecosystem, folder: folderOf(files, path), manifest: manifestIn(files, path, ecosystem) })),
  );
  const chosen = (listsOf: (ecosystem: Ecosystem) => readonly (readonly Choice[])[]): ProposedCommand[] =>
    projects.flatMap(({ ecosystem, folder, manifest }) =>
      listsOf(ecosystem).flatMap((choices) => choose(choices, folder, manifest)),
    );
  const keeping = projects.flatMap(({ ecosystem, folder, manifest }) => {
    const env = ecosystem.env?.(folder) ?? {};
    const from = folder.path === '' ? manifest : `${folder.path}/${manifest}`;
    return Object.keys(env).length === 0 ? [] : [{ env, from }];
  });
  const makingDeps = keeping.slice(0, 1).map(({ from }) => ({ run: makeDeps, name: makeDeps, from }));
  return {
    env: Object.fromEntries(keeping.flatMap(({ env }) => Object.entries(env))),
    setup: [...makingDeps, ...chosen(({ setup }) => setup), ...chosen(({ compile = [] }) => [compile])],
    verify: chosen(({ verify }) => verify),
  };
}

function choose(choices: readonly Choice[], folder: Folder, manifest: string): ProposedCommand[] {
  const chosen = choices.find(({ when }) => when(folder));
  if (chosen === undefined || chosen.run === null) return [];
  const command = typeof chosen.run === 'string' ? chosen.run : chosen.run(folder);
  const { name = command, from = manifest } = chosen;
  return folder.path === ''
    ? [{ run: command, name, from }]
    : [
        {
          run: inFolder(folder.path, command),
          name: `${name} in ${folder.path}`,
          from: `${folder.path}/${from}`,
        },
      ];
}

function manifestIn({ paths }: ProjectFiles, folder: string, { manifest }: Ecosystem): string {
  const prefix = folder === '' ? '' : `${folder}/`;
  const names = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  return names.find((name) => manifest.test(name)) ?? '';
}

/** A command for one folder of the repository, as it is run at the top. */
export function inFolder(folder: string, command: string): string {
  return folder === '' ? command : `cd ${quoted(folder)} && ${command}`;
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

/** One command of several; those that change folders or variables get a shell of their own. */
export function joinCommands(runs: readonly string[]): string {
  if (runs.length < 2) return runs[0] ?? '';
  return runs.map((run) => (/^cd |\bexport /.test(run) ? `(${run})` : run)).join(' &&\n');
}
