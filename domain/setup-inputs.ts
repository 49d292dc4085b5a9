// What a setup command reads of the tree, which decides for which trees one result of it is good. Three answers, the
// safe one last: what its author says (`setup.inputs`), what is known of a package manager's install, everything.
// Uses picomatch, so never imported by workflow code.

import picomatch from 'picomatch';
import type { SetupCommand } from './config.ts';
import { readGlobs } from './path-globs.ts';

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
  ...['pyproject.toml', 'requirements*.txt', 'requirements*.in', 'constraints*.txt', 'poetry.lock', 'poetry.toml'],
  ...['uv.lock', 'uv.toml', 'pdm.lock', 'Pipfile', 'Pipfile.lock', 'setup.py', 'setup.cfg', 'environment.yml'],
  // Ruby, PHP, Elixir
  ...['Gemfile', 'Gemfile.lock', '*.gemspec', 'composer.json', 'composer.lock', 'mix.exs', 'mix.lock'],
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

const dependencyFolders = ['**/.yarn/**', '**/.cargo/**', '**/.bundle/**', '**/patches/**', '**/requirements/**'];

const isDependencyFile = picomatch([...dependencyFiles, ...dependencyFolders], { dot: true });

/** Scripts of a package.json that an install runs: they may read anything. */
const installScripts = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare', 'prepublish'];

/** Without values that could name a file. */
const flags = String.raw`(?: --?[a-z][a-z0-9-]*(?:=(?:true|false|dev|optional|peer|\d+|https?:\/\/[\w.:/@-]+))?)*`;
/** Installs that read nothing but `dependencyFiles`, as long as no package of the tree has scripts for them. */
const javaScriptInstalls = [
  String.raw`npm (?:ci|install|i|clean-install)${flags}`,
  String.raw`pnpm (?:install|i)${flags}`,
  String.raw`yarn(?: install)?${flags}`,
  String.raw`bun (?:install|i)${flags}`,
  'corepack enable(?: (?:npm|pnpm|yarn))?',
];
const otherInstalls = [
  String.raw`go mod download${flags}`,
  String.raw`cargo fetch${flags}`,
  String.raw`uv sync(?=.* --no-install-(?:project|workspace))${flags}`,
  String.raw`poetry install(?=.* --no-root)${flags}`,
  String.raw`composer install(?=.* --no-scripts)${flags}`,
];

export interface TreeFile {
  readonly path: string;
  readonly id: string;
  readonly mode: string;
}

export type SetupInputs =
  /** The result is good for every tree in which these files are the same. */
  | { readonly reads: 'files'; readonly files: readonly TreeFile[] }
  /** The result is good for this very tree. */
  | { readonly reads: 'everything' };

/** `textOf` answers the content of a file of the tree. */
export async function findInputs(
  setup: Pick<SetupCommand, 'run' | 'inputs'>,
  files: readonly TreeFile[],
  textOf: (files: readonly TreeFile[]) => Promise<readonly string[]>,
): Promise<SetupInputs> {
  if (setup.inputs !== undefined) return { reads: 'files', files: matching(files, setup.inputs) };
  const kind = knownInstall(setup.run);
  if (kind === null) return { reads: 'everything' };
  const inputs = matching(files, []);
  if (inputs.length === 0) return { reads: 'everything' };
  if (kind === 'javascript') {
    // A binding.gyp alone makes an install compile.
    if (files.some(({ path }) => /(?:^|\/)binding\.gyp$/.test(path))) return { reads: 'everything' };
    const packages = await textOf(inputs.filter(({ path }) => /(?:^|\/)package\.json$/.test(path)));
    if (packages.some(readsMore)) return { reads: 'everything' };
  }
  return { reads: 'files', files: inputs };
}

function matching(files: readonly TreeFile[], globs: readonly string[]): TreeFile[] {
  const isInput = setupInputMatcher(globs);
  return files.filter(({ path }) => isInput(path));
}

/** Whether a path is one that package managers read, or that `globs` (`setup.inputs`) name. */
export function setupInputMatcher(globs: readonly string[]): (path: string) => boolean {
  // Matches too much rather than too little: a result is then made anew.
  const isDeclared = readGlobs(globs, []).possibly;
  return (path) => isDependencyFile(path) || isDeclared(path);
}

/** A command of nothing but installs that are known, joined by `&&` or line ends. */
export function knownInstall(command: string): 'javascript' | 'other' | null {
  const parts = command
    .split(/&&|\n/)
    .map((part) => part.trim().replaceAll(/\s+/g, ' '))
    .filter((part) => part !== '');
  const isOneOf = (part: string, known: readonly string[]) => new RegExp(`^(?:${known.join('|')})$`).test(part);
  if (!parts.every((part) => isOneOf(part, [...javaScriptInstalls, ...otherInstalls]))) return null;
  return parts.some((part) => isOneOf(part, javaScriptInstalls)) ? 'javascript' : 'other';
}

/** Scripts, and folders of the tree that are copied into `node_modules`. Also true for what cannot be understood. */
function readsMore(text: string): boolean {
  if (/"file:|"injected"/.test(text)) return true;
  try {
    const { scripts } = JSON.parse(text) as { scripts?: unknown };
    if (scripts === undefined) return false;
    return typeof scripts !== 'object' || scripts === null || installScripts.some((name) => name in scripts);
  } catch {
    return true;
  }
}
