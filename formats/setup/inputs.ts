// Which files a setup command reads, which decides for which trees its result can be reused. Three answers, the safe
// one last: the author's declaration (`setup.inputs`), what is known of a package manager's install, everything. Uses
// picomatch, so never imported by workflow code.

import { installText } from './package-json.ts';
import picomatch from 'picomatch';
import type { SetupCommand } from '../../contracts/documents/config.ts';
import { readGlobs } from '../globs/path-globs.ts';
import { holdsOwnPackages } from './own-packages/own-packages.ts';
import { isCompileOnly, readSetup } from './steps.ts';
import { linkMode } from '../../domain/repository/file-modes.ts';

/** Manifests, lock files, settings and patches of package managers and toolchains, anywhere in a tree. */
const dependencyFiles = [
  // npm, pnpm, yarn, bun
  ...['package.json', 'package-lock.json', 'npm-shrinkwrap.json', '.npmrc', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'],
  ...['.pnpmfile.cjs', '.pnpmfile.mjs', 'yarn.lock', '.yarnrc', '.yarnrc.yml', 'bun.lock', 'bun.lockb', 'bunfig.toml'],
  // toolchains
  ...['.nvmrc', '.node-version', '.python-version', '.ruby-version', '.java-version', '.tool-versions'],
  ...['mise.toml', '.mise.toml', 'rust-toolchain', 'rust-toolchain.toml', 'global.json'],
  // Rust, Go
  ...['Cargo.toml', 'Cargo.lock', 'go.mod', 'go.sum', 'go.work', 'go.work.sum'],
  // Python
  ...['pyproject.toml', '*requirements*.txt', '*requirements*.in', '*constraints*.txt', 'poetry.lock', 'poetry.toml'],
  ...['uv.lock', 'uv.toml', 'pdm.lock', 'Pipfile', 'Pipfile.lock', 'setup.py', 'setup.cfg', 'environment.yml'],
  // Ruby, PHP, Elixir
  ...[
    'Gemfile',
    'Gemfile.lock',
    'gems.rb',
    'gems.locked',
    '*.gemspec',
    'composer.json',
    'composer.lock',
    'mix.exs',
    'mix.lock',
  ],
  // JVM, .NET
  ...['pom.xml', 'build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts', 'gradle.properties'],
  ...[
    'gradle.lockfile',
    'libs.versions.toml',
    'gradle-wrapper.properties',
    'build.sbt',
    '*.csproj',
    'packages.lock.json',
  ],
].map((name) => `**/${name}`);

const dependencyFolders = [
  '**/.yarn/**',
  '**/.cargo/**',
  '**/.bundle/**',
  '**/.mvn/**',
  '**/patches/**',
  '**/requirements/**',
];

const isDependencyFile = picomatch([...dependencyFiles, ...dependencyFolders], { dot: true });

/** The dependency files whose text says what an install brings. */
const manifest =
  /(?:^|\/)(?:package(?:-lock)?\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|pnpm-workspace\.yaml|\.pnpmfile\.[cm]?js|bun\.lockb?|yarn\.lock|\.yarnrc\.yml|\.npmrc|pyproject\.toml|uv\.lock|poetry\.lock|[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in)|composer\.(?:json|lock)|Gemfile(?:\.lock)?|gems\.rb|go\.(?:mod|work)|pom\.xml)$|(?:^|\/)\.cargo\/config(?:\.toml)?$|(?:^|\/)requirements\/[^/]+$/;

export interface TreeFile {
  readonly path: string;
  /** Identifies the content: equal ids mean that a setup reads the same. */
  readonly id: string;
  readonly mode: string;
}

export type SetupInputs =
  /** The result can be reused for every tree in which these files are the same. */
  | { readonly reads: 'files'; readonly files: readonly TreeFile[] }
  /** The result can be reused for this very tree only. */
  | { readonly reads: 'everything' };

/** Returns the contents of files of the tree, in their order. */
export type TextsOf = (files: readonly TreeFile[]) => Promise<readonly string[]>;

/**
 * What the repository's own sources were compiled to is good enough for an agent, whose build tool notices what has changed
 * since, but not for a verification.
 */
export async function findInputs(
  setup: Pick<SetupCommand, 'run' | 'inputs'>,
  files: readonly TreeFile[],
  { textsOf, purpose }: { readonly textsOf: TextsOf; readonly purpose: 'agent' | 'verification' },
): Promise<SetupInputs> {
  const reuse = await findReuse(setup, files, textsOf);
  const isReusable =
    reuse.of === 'result' || (reuse.of === 'installs' && purpose === 'agent' && isCompileOnly(reuse.rest));
  return isReusable ? { reads: 'files', files: reuse.files } : { reads: 'everything' };
}

/** How much of a setup's result can be reused for another tree. */
export type Reuse =
  /** All of it, if these files are the same. */
  | { readonly of: 'result'; readonly files: readonly TreeFile[] }
  /** The result of the installs at its beginning, if these files are the same; the rest must run on the very tree. */
  | { readonly of: 'installs'; readonly files: readonly TreeFile[]; readonly head: string; readonly rest: string }
  /** Nothing, except for the identical tree. */
  | { readonly of: 'nothing' };

/**
 * Reuse relies on declared inputs, or on installs of third-party code alone. A verification may reuse no more than
 * this.
 */
export async function findReuse(
  setup: Pick<SetupCommand, 'run' | 'inputs'>,
  files: readonly TreeFile[],
  textsOf: TextsOf,
): Promise<Reuse> {
  if (setup.inputs !== undefined) return { of: 'result', files: matching(files, setup.inputs) };
  const { installs, head, rest } = readSetup(setup.run);
  const inputs = matching(files, []);
  if (installs.length === 0 || inputs.length === 0) return { of: 'nothing' };
  const manifests = inputs.filter(({ path }) => manifest.test(path));
  // The target of a symbolic link is not among the inputs.
  if (manifests.some(({ mode }) => mode === linkMode)) return { of: 'nothing' };
  const texts = await textsOf(manifests);
  const read = {
    files: manifests.map(({ path }, i) => ({ path, text: texts[i] ?? '' })),
    paths: files.map(({ path }) => path),
  };
  if (holdsOwnPackages(installs, read)) return { of: 'nothing' };
  const contents = new Map(read.files.map(({ path, text }) => [path, text]));
  const installed = inputs.map((file) => asInstalled(file, contents.get(file.path)));
  return rest === null ? { of: 'result', files: installed } : { of: 'installs', files: installed, head, rest };
}

/** A package.json is compared only by what an install reads of it. */
function asInstalled(file: TreeFile, text: string | undefined): TreeFile {
  return /(?:^|\/)package\.json$/.test(file.path) && text !== undefined ? { ...file, id: installText(text) } : file;
}

/** Whether a setup that reads these files reads the same from both trees. */
export function sameFiles(a: readonly TreeFile[], b: readonly TreeFile[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function matching(files: readonly TreeFile[], globs: readonly string[]): TreeFile[] {
  const isInput = setupInputMatcher(globs);
  return files.filter(({ path }) => isInput(path));
}

/** Whether package managers read a path, or `globs` (`setup.inputs`) name it. */
export function setupInputMatcher(globs: readonly string[]): (path: string) => boolean {
  // Matching too much is safe: the setup just runs again.
  const isDeclared = readGlobs(globs, []).possibly;
  return (path) => isDependencyFile(path) || isDeclared(path);
}
