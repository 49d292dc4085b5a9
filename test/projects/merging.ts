// Projects of which two changes add a dependency each, in lines of the manifest that do not meet: git merges the manifest,
// and the lock file has a conflict, or is merged into what no package manager has written.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Manager, Tool } from './tools.ts';

type Files = Readonly<Record<string, string>>;
/** Packages of a registry, each with what its manifest asks for. */
type Packages = Readonly<Record<string, string>>;

export interface MergingProject {
  readonly manager: Manager;
  readonly lockFile: string;
  /** Writes the lock file, with the network, and keeps the versions in it. */
  readonly lock: readonly string[];
  /** Fails where the lock file is not what the manager would have written. */
  readonly accept: string;
  /** The files of a project that depends on these packages, without its lock file. */
  files(dependencies: Packages, development: Packages): Files;
  /** What the project depends on, and what each side adds. */
  readonly base: Packages;
  readonly mine: Packages;
  readonly theirs: Packages;
  /** What the base asked for when its lock file was written: older than what it asks for now allows. */
  readonly pinned?: Packages;
}

const lines = (...text: string[]) => `${text.join('\n')}\n`;
const asIs = (name: string) => `"${name}"`;
/** Keeps two places of a file so far apart that git merges changes of both. */
const gap = ['# -', '# -', '# -', '# -', '# -', '# -'];

function ofJavaScript(
  project: Pick<MergingProject, 'manager' | 'lockFile' | 'lock' | 'accept'>,
  more: Partial<MergingProject> = {},
): MergingProject {
  return {
    ...project,
    base: { ms: '^2.0.0' },
    pinned: { ms: '2.0.0' },
    mine: { isarray: '2.0.5' },
    theirs: { isobject: '4.0.0' },
    files: (dependencies, development) => ({
      'package.json': manifestOf({ dependencies, scripts, devDependencies: { 'is-number': '7.0.0', ...development } }),
      '.gitignore': 'node_modules\n.yarn\n.pnp.*\n',
    }),
    ...more,
  };
}

const manifestOf = (more: object) => `${JSON.stringify({ name: 'app', private: true, ...more }, null, 2)}\n`;
const scripts = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, 'true']));

export const npm = ofJavaScript({
  manager: 'npm',
  lockFile: 'package-lock.json',
  lock: ['npm', 'install', '--package-lock-only', '--no-audit', '--no-fund'],
  accept: 'npm ci --no-audit --no-fund',
});

/** What the two sides add is far apart in the lock file, too. */
export const npmApart: MergingProject = {
  ...npm,
  base: { ms: '^2.0.0', isarray: '2.0.5', isobject: '4.0.0', 'kind-of': '6.0.3', once: '1.4.0' },
  mine: { 'ansi-regex': '6.0.1' },
  theirs: { 'yocto-queue': '1.0.0' },
};

export const pnpm = ofJavaScript({
  manager: 'pnpm',
  lockFile: 'pnpm-lock.yaml',
  lock: ['pnpm', 'install', '--lockfile-only', '--no-frozen-lockfile'],
  accept: 'pnpm install --frozen-lockfile',
});

/** Yarn resolves anew whatever a manifest asks for in other words, so nothing is pinned. */
export const yarn = ofJavaScript(
  {
    manager: 'yarn',
    lockFile: 'yarn.lock',
    lock: ['yarn', 'install', '--non-interactive'],
    accept: 'yarn install --frozen-lockfile',
  },
  { pinned: {} },
);

export const berry = ofJavaScript(
  {
    manager: 'berry',
    lockFile: 'yarn.lock',
    lock: ['sh', '-c', 'test -e yarn.lock || touch yarn.lock; yarn install --mode=update-lockfile --no-immutable'],
    accept: 'yarn install --immutable',
  },
  { pinned: {} },
);

export const bun = ofJavaScript({
  manager: 'bun',
  lockFile: 'bun.lock',
  lock: ['bun', 'install', '--lockfile-only'],
  accept: 'bun install --frozen-lockfile',
});

/** A workspace, whose packages cargo looks at, too. */
export const cargo: MergingProject = {
  manager: 'cargo',
  lockFile: 'Cargo.lock',
  lock: ['cargo', 'update', '--workspace', '--quiet'],
  accept: 'cargo metadata --locked --format-version 1 > /dev/null',
  base: { itoa: '1' },
  pinned: { itoa: '=1.0.5' },
  mine: { fnv: '1' },
  theirs: { hex: '0.4' },
  files(dependencies, development) {
    const asks = (packages: Packages) => Object.entries(packages).map(([name, version]) => `${name} = "${version}"`);
    const manifest = (name: string) => ['[package]', `name = "${name}"`, 'version = "1.0.0"', 'edition = "2021"', ''];
    return {
      'Cargo.toml': lines('[workspace]', 'members = ["app", "lib"]', 'resolver = "2"'),
      'app/Cargo.toml': lines(
        ...[...manifest('app'), '[dependencies]', 'lib = { path = "../lib" }', ...asks(dependencies)],
        ...[...gap, '[dev-dependencies]', ...asks(development)],
      ),
      'app/src/main.rs': 'fn main() {}\n',
      'lib/Cargo.toml': lines(...manifest('lib')),
      'lib/src/lib.rs': '\n',
      '.gitignore': 'target\n',
    };
  },
};

export const uv: MergingProject = {
  manager: 'uv',
  lockFile: 'uv.lock',
  lock: ['uv', 'lock', '--quiet'],
  accept: 'uv lock --check && uv sync --locked',
  base: { idna: '>=3.0' },
  pinned: { idna: '==3.6' },
  mine: { six: '>=1.16' },
  theirs: { sniffio: '>=1.3' },
  files: (dependencies, development) => ({
    'pyproject.toml': lines(
      ...['[project]', 'name = "app"', 'version = "1.0.0"', 'requires-python = ">=3.9"'],
      ...['dependencies = [', ...requirements(dependencies), ']', ...gap],
      ...['[dependency-groups]', 'dev = [', ...requirements(development), ']'],
    ),
    '.gitignore': '.venv\n',
  }),
};

export const poetry: MergingProject = {
  ...uv,
  manager: 'poetry',
  lockFile: 'poetry.lock',
  lock: ['poetry', 'lock', '--quiet'],
  accept: 'poetry check --lock',
  files: (dependencies, development) => ({
    'pyproject.toml': lines(
      ...['[project]', 'name = "app"', 'version = "1.0.0"', 'requires-python = ">=3.10,<4"'],
      ...[
        'dependencies = [',
        ...requirements(dependencies),
        ']',
        ...gap,
        '[tool.poetry]',
        'package-mode = false',
        ...gap,
      ],
      // The index of simple pages, which mirrors have, too.
      ...[
        '[[tool.poetry.source]]',
        'name = "simple"',
        'url = "https://pypi.org/simple/"',
        'priority = "primary"',
        ...gap,
      ],
      '[tool.poetry.group.dev.dependencies]',
      ...Object.entries(development).map(([name, version]) => `${name} = "${version}"`),
    ),
  }),
};

function requirements(packages: Packages): string[] {
  return Object.entries(packages).map(([name, version]) => `  ${asIs(`${name}${version}`)},`);
}

/** Modules with a package that is imported, as `module package version`. */
export const go: MergingProject = {
  manager: 'go',
  lockFile: 'go.sum',
  lock: ['go', 'mod', 'tidy'],
  accept: 'go mod verify && go build -mod=readonly -o /dev/null ./...',
  base: { 'golang.org/x/mod/semver': 'v0.10.0' },
  mine: { 'github.com/google/uuid': 'v1.3.0' },
  theirs: { 'golang.org/x/text/width': 'v0.10.0' },
  files(dependencies, development) {
    const moduleOf = (path: string) => path.split('/').slice(0, 3).join('/');
    const asks = (packages: Packages) => [
      ...['require (', ...Object.entries(packages).map(([path, version]) => `\t${moduleOf(path)} ${version}`), ')'],
    ];
    const comments = gap.map((line) => line.replace('#', '//'));
    const used = Object.keys({ ...dependencies, ...development });
    return {
      'go.mod': lines(
        'module example.com/app',
        '',
        'go 1.22',
        '',
        ...asks(dependencies),
        ...comments,
        ...asks(development),
      ),
      ...Object.fromEntries(
        used.map((path) => [`${path.replaceAll(/\W/g, '_')}.go`, lines('package app', '', `import _ "${path}"`)]),
      ),
    };
  },
};

/** Writes a project into an empty folder, locks it, and returns its files. `from`: the lock file to begin with. */
export function locked(project: MergingProject, tool: Tool, { folder, files, from }: Locking): Files {
  const all = from === null ? files : { ...files, [project.lockFile]: from };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const [program = '', ...args] = project.lock;
  const env = { ...process.env, ...tool.env, CI: '' };
  execFileSync(program, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  return { ...files, [project.lockFile]: readFileSync(join(folder, project.lockFile), 'utf8') };
}

export interface Locking {
  readonly folder: string;
  readonly files: Files;
  readonly from: string | null;
}
