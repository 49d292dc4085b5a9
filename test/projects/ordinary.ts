// Ordinary projects of several package managers: a few packages from a registry, a library of their own, a check that
// uses both without compiling anything. `coppice init` proposes the commands that set them up.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { joinCommands, proposeCommands } from '../../formats/project/propose-commands.ts';
import { type Manager, type Tool } from './tools.ts';

export interface Project {
  readonly manager: Manager;
  readonly files: Readonly<Record<string, string>>;
  /** Writes the lock files, with the network. */
  readonly lock: readonly string[];
  readonly locks: readonly string[];
  /** Passes when the file that `broken` replaces is as it was, and the packages are there. */
  readonly verify: string;
  readonly harmless: Readonly<Record<string, string>>;
  readonly broken: Readonly<Record<string, string>>;
}

const lines = (...text: string[]) => `${text.join('\n')}\n`;
const json = (value: unknown) => `${JSON.stringify(value)}\n`;

/** `packages` of the registry, by name and version. */
export function npmProject(packages: Readonly<Record<string, string>>): Project {
  return workspaceOfJavaScript('npm', packages, ['npm', 'install', '--package-lock-only', '--no-audit', '--no-fund']);
}

export function pnpmProject(packages: Readonly<Record<string, string>>): Project {
  const project = workspaceOfJavaScript('pnpm', { ...packages, lib: 'workspace:*' }, [
    ...['pnpm', 'install', '--lockfile-only'],
  ]);
  return { ...project, files: { ...project.files, 'pnpm-workspace.yaml': 'packages: [lib]\n' } };
}

function workspaceOfJavaScript(
  manager: 'npm' | 'pnpm',
  packages: Readonly<Record<string, string>>,
  lock: readonly string[],
): Project {
  const [first = ''] = Object.keys(packages);
  return {
    manager,
    files: {
      'package.json': json({ name: 'app', private: true, workspaces: ['lib'], dependencies: packages }),
      'lib/package.json': json({ name: 'lib', version: '1.0.0', main: 'index.js' }),
      'lib/index.js': 'module.exports = 1;\n',
      'test.js': `require.resolve('${first}/package.json');\nif (require('lib') !== 1) throw new Error('lib is broken');\n`,
      '.gitignore': 'node_modules\n',
    },
    lock,
    locks: [manager === 'npm' ? 'package-lock.json' : 'pnpm-lock.yaml'],
    verify: 'node test.js',
    harmless: { 'notes.txt': 'harmless\n' },
    broken: { 'lib/index.js': 'module.exports = 2;\n' },
  };
}

/** `lib` is a path dependency: with `editable` a link, else a copy. */
export function uvProject(packages: readonly string[], { path }: { path: 'none' | 'editable' | 'copy' }): Project {
  const [first = ''] = packages;
  const own = path === 'none' ? [] : ['lib'];
  const source = `lib = { path = "lib"${path === 'editable' ? ', editable = true' : ''} }`;
  const isBuilt = ['[build-system]', 'requires = ["hatchling"]', 'build-backend = "hatchling.build"'];
  return {
    manager: 'uv',
    files: {
      'pyproject.toml': lines(
        ...['[project]', 'name = "app"', 'version = "1.0.0"', 'requires-python = ">=3.9"'],
        `dependencies = ${JSON.stringify([...packages, ...own])}`,
        ...(path === 'none' ? [] : ['', '[tool.uv.sources]', source]),
      ),
      ...(path === 'none'
        ? { 'lib.py': 'value = 1\n' }
        : {
            'lib/pyproject.toml': lines('[project]', 'name = "lib"', 'version = "1.0.0"', '', ...isBuilt),
            'lib/src/lib/__init__.py': 'value = 1\n',
          }),
      '.gitignore': '.venv\n__pycache__\n',
    },
    lock: ['uv', 'lock', '--quiet'],
    locks: ['uv.lock'],
    verify: `uv run --no-sync python -c "import ${first}, lib; assert lib.value == 1"`,
    harmless: { 'notes.txt': 'harmless\n' },
    broken: { [path === 'none' ? 'lib.py' : 'lib/src/lib/__init__.py']: 'value = 2\n' },
  };
}

/** The project is a package itself, which is built with code of its own. */
export function setuptoolsProject(packages: readonly string[]): Project {
  const { files, ...project } = uvProject(packages, { path: 'none' });
  const { 'lib.py': lib = '', ...others } = files;
  const build = lines('', '[build-system]', 'requires = ["setuptools"]', 'build-backend = "setuptools.build_meta"');
  const setup = 'from setuptools import setup\nsetup(package_dir={"": "src"}, py_modules=["lib"])\n';
  return {
    ...project,
    files: {
      ...others,
      'pyproject.toml': `${files['pyproject.toml'] ?? ''}${build}`,
      'setup.py': setup,
      'src/lib.py': lib,
      '.gitignore': '.venv\n__pycache__\n*.egg-info\nbuild\n',
    },
    broken: { 'src/lib.py': 'value = 2\n' },
  };
}

/** `packages` are module paths with a package each that is imported. */
export function goProject(packages: readonly string[]): Project {
  const imports = packages.map((each) => `import _ "${each}"`);
  return {
    manager: 'go',
    files: {
      'go.mod': lines('module example.com/app', '', 'go 1.22'),
      'main.go': lines(
        'package main',
        '',
        ...imports,
        '',
        'import "example.com/app/lib"',
        '',
        'func main() { lib.One() }',
      ),
      'lib/lib.go': lines('package lib', '', 'func One() int { return 1 }'),
    },
    lock: ['go', 'mod', 'tidy', '-e'],
    locks: ['go.mod', 'go.sum'],
    verify: 'export GOFLAGS=-mod=mod GOPROXY=off && go list -deps . > /dev/null && grep -q "return 1" lib/lib.go',
    harmless: { 'notes.txt': 'harmless\n' },
    broken: { 'lib/lib.go': lines('package lib', '', 'func One() int { return 2 }') },
  };
}

export function cargoProject(packages: Readonly<Record<string, string>>): Project {
  const dependencies = Object.entries(packages).map(([name, version]) => `${name} = "${version}"`);
  const manifest = (name: string) => ['[package]', `name = "${name}"`, 'version = "1.0.0"', 'edition = "2021"', ''];
  return {
    manager: 'cargo',
    files: {
      'Cargo.toml': lines('[workspace]', 'members = ["app", "lib"]', 'resolver = "2"'),
      'app/Cargo.toml': lines(...manifest('app'), '[dependencies]', 'lib = { path = "../lib" }', ...dependencies),
      'app/src/main.rs': 'fn main() { assert_eq!(lib::one(), 1); }\n',
      'lib/Cargo.toml': lines(...manifest('lib')),
      'lib/src/lib.rs': 'pub fn one() -> i32 { 1 }\n',
      '.gitignore': 'target\n',
    },
    lock: ['cargo', 'generate-lockfile', '--quiet'],
    locks: ['Cargo.lock'],
    verify: 'cargo metadata --offline --locked --format-version 1 > /dev/null && grep -q "{ 1 }" lib/src/lib.rs',
    harmless: { 'notes.txt': 'harmless\n' },
    broken: { 'lib/src/lib.rs': 'pub fn one() -> i32 { 2 }\n' },
  };
}

/** A class and its test, with JUnit. */
export function mavenProject(): Project {
  const junit =
    '<dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.13.2</version><scope>test</scope></dependency>';
  const release = '<maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target>';
  return {
    manager: 'maven',
    files: {
      'pom.xml': lines(
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
        '<groupId>example</groupId><artifactId>app</artifactId><version>1</version>',
        `<properties>${release}<project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>`,
        `<dependencies>${junit}</dependencies></project>`,
      ),
      'src/main/java/app/Lib.java': 'package app;\n\npublic class Lib { public static int one() { return 1; } }\n',
      'src/test/java/app/LibTest.java': lines(
        'package app;',
        'public class LibTest {',
        '  @org.junit.Test public void one() { org.junit.Assert.assertEquals(1, Lib.one()); }',
        '}',
      ),
      '.gitignore': 'target\n',
    },
    lock: ['true'],
    locks: [],
    verify: 'mvn -B -ntp -o verify',
    harmless: { 'notes.txt': 'harmless\n' },
    broken: {
      'src/main/java/app/Lib.java': 'package app;\n\npublic class Lib { public static int one() { return 2; } }\n',
    },
  };
}

/** All files of a project as its author would have committed them, in `folder`, which is only used for the lock files. */
export function filesOf(project: Project, tool: Tool, folder: string): Record<string, string> {
  const files: Record<string, string> = { ...project.files };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const [program = '', ...args] = project.lock;
  execFileSync(program, args, {
    cwd: folder,
    env: { ...process.env, ...tool.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for (const name of project.locks) files[name] = readFileSync(join(folder, name), 'utf8');
  return { ...files, 'coppice.yaml': json({ ...proposedFor(files), verify: project.verify }) };
}

/** What `coppice init` would write. */
function proposedFor(files: Readonly<Record<string, string>>) {
  const { env, setup } = proposeCommands({ paths: Object.keys(files), texts: files });
  return { env, setup: { run: joinCommands(setup.map(({ run }) => run)), network: true, timeout: '1h' } };
}
