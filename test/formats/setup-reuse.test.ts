// Which part of a setup's result a verification may reuse for another tree: never anything built or copied from the
// repository's own files.

import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { findInputs, findReuse } from '../../formats/setup/inputs.ts';
import { compileSteps, mavenSteps } from '../../formats/setup/compile-steps.ts';
import { isCompileOnly, readSetup } from '../../formats/setup/steps.ts';

async function reuse(run: string, files: Readonly<Record<string, string>>, mode = '100644') {
  const tree = Object.keys(files).map((path) => ({ path, id: path, mode }));
  return (await findReuse({ run }, tree, (wanted) => Promise.resolve(wanted.map(({ path }) => files[path] ?? '')))).of;
}

const npm = (value: object, more: Readonly<Record<string, string>> = {}) => {
  return { 'package.json': JSON.stringify(value), 'package-lock.json': '{}', ...more };
};

describe('a setup', () => {
  it.each([
    ['npm ci', 'npm ci', null],
    ['npm ci && npm run build', 'npm ci', 'npm run build'],
    ['npm ci\nnpx tsc -b', 'npm ci', 'npx tsc -b'],
    ['set -e\ncd web\nnpm ci\nmake gen || exit 1', 'set -e\ncd web\nnpm ci', 'set -e\ncd web\nmake gen || exit 1'],
    [
      'export GOMODCACHE="$PWD/.deps/go" && go mod download && go generate ./...',
      'export GOMODCACHE="$PWD/.deps/go" && go mod download',
      'export GOMODCACHE="$PWD/.deps/go"\ngo generate ./...',
    ],
    ['npm ci &&\n(cd services/api && go mod download)', 'npm ci &&\n(cd services/api && go mod download)', null],
    ['npm ci && (cd web && npm run build)', 'npm ci', '(cd web && npm run build)'],
    ["npm ci && echo 'a && b'", 'npm ci', "echo 'a && b'"],
    [
      'corepack enable && pnpm install --frozen-lockfile && pnpm -r build',
      'corepack enable && pnpm install --frozen-lockfile',
      'pnpm -r build',
    ],
    [
      'mkdir -p .deps && echo \'*\' > .deps/.gitignore && CARGO_HOME="$PWD/.deps/cargo" cargo fetch --locked',
      'mkdir -p .deps && echo \'*\' > .deps/.gitignore && CARGO_HOME="$PWD/.deps/cargo" cargo fetch --locked',
      null,
    ],
    [
      'python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/pip install .',
      'python3 -m venv .venv && .venv/bin/pip install -r requirements.txt',
      '.venv/bin/pip install .',
    ],
  ])('%j begins with the installs that are known', (run, head, rest) => {
    const steps = readSetup(run);
    expect(steps.installs.length).toBeGreaterThan(0);
    expect({ head: steps.head, rest: steps.rest }).toEqual({ head, rest });
  });

  it.each([
    'make deps',
    'npm ci; npm run build',
    'npm ci || true',
    'npm ci & make',
    '! npm ci',
    'npm ci --prefix ../other',
    'cd ../x && npm ci',
    'cd / && npm ci',
    'GOMODCACHE=/tmp/../x go mod download',
    'PATH=. npm ci',
    'export NODE_OPTIONS=--require=./x.js && npm ci',
    'npm ci $(cat x)',
    'npm install ./lib',
    '.venv/bin/pip install .',
    '.venv/bin/pip install -e . -r requirements.txt',
    'pip install -r requirements.txt',
    'go mod vendor',
    'uv sync > log',
  ])('%j begins with none', (run) => expect(readSetup(run).installs).toEqual([]));

  it('is taken apart without losing or adding a word', () => {
    const part = fc.constantFrom(
      'npm ci',
      'make',
      'cd a',
      'yarn',
      "echo '&&'",
      '(cd b && npm ci)',
      'a || b',
      'go mod download',
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.constantFrom(' && ', '\n'), (parts, by) => {
        const command = parts.join(by);
        const { head, rest } = readSetup(command);
        expect(command.startsWith(head)).toBe(true);
        const after = command.slice(head.length).replace(/^(?: && |\n)/, '');
        // What sets the folder is said again before it.
        expect(
          (rest ?? '')
            .split('\n')
            .filter((line) => line !== 'cd a' || after.includes('cd a'))
            .join('\n'),
        ).toContain(after);
        expect(rest === null).toBe(after === '');
      }),
    );
  });
});

describe('of an install of JavaScript', () => {
  it.each<[string, object, Readonly<Record<string, string>>?]>([
    [
      'nothing special',
      { dependencies: { a: '^1.0.0', b: 'https://example.com/b.tgz', c: 'github:x/y' }, scripts: { build: 'tsc' } },
    ],
    [
      'packages of a workspace',
      { workspaces: ['packages/*'], dependencies: { lib: 'workspace:*' } },
      { 'packages/lib/package.json': '{"name":"lib"}' },
    ],
    ['husky', { scripts: { prepare: 'husky' } }],
    ['husky of old', { scripts: { prepare: 'husky install || true' } }],
    ['husky, not in CI', { scripts: { prepare: 'is-ci || husky install' } }],
    ['lefthook', { scripts: { postinstall: 'npx lefthook install' } }],
    ['simple-git-hooks', { scripts: { prepare: './node_modules/.bin/simple-git-hooks' } }],
  ])('everything is reused with %s', async (_what, value, more) => {
    expect(await reuse('npm ci', npm(value, more))).toBe('result');
    expect(await reuse('npm ci && tsc -b', npm(value, more))).toBe('installs');
  });

  it.each<[string, object, Readonly<Record<string, string>>?]>([
    ['a folder that is copied', { dependencies: { lib: 'file:packages/lib' } }],
    ['a path', { devDependencies: { lib: './lib' } }],
    ['a path that goes up', { optionalDependencies: { lib: '../lib' } }],
    ['a tarball', { dependencies: { lib: 'file:lib.tgz' } }],
    ['a tarball without a word', { dependencies: { lib: 'vendor/lib-1.0.0.tgz' } }],
    ['a repository on the disk', { dependencies: { lib: 'git+file:///srv/lib.git' } }],
    ['an override', { overrides: { a: { lib: 'file:lib.tgz' } } }],
    ['a resolution', { resolutions: { lib: 'portal:./lib' } }],
    ['an override of pnpm', { pnpm: { overrides: { lib: 'file:./lib' } } }],
    ['a copied package of the workspace', { dependenciesMeta: { lib: { injected: true } } }],
    ['a script that builds', { scripts: { prepare: 'tsc -b' } }],
    ['husky and a build', { scripts: { prepare: 'husky && tsc -b' } }],
    [
      'a build under the name of husky',
      { scripts: { prepare: 'husky' } },
      { 'tools/husky/package.json': '{"name":"husky"}' },
    ],
    ['a script after every change', { scripts: { dependencies: 'node gen.js' } }],
    ['a script of a package', {}, { 'packages/a/package.json': '{"scripts":{"postinstall":"node gen.js"}}' }],
    ['Prisma, which reads a schema', { dependencies: { '@prisma/client': '^6.0.0' } }],
    ['something that is compiled', {}, { 'native/binding.gyp': '{}' }],
    [
      'a lock file with a tarball',
      {},
      { 'package-lock.json': '{"packages":{"node_modules/lib":{"resolved": "file:lib.tgz"}}}' },
    ],
    ['a lock file of pnpm with a folder', {}, { 'pnpm-lock.yaml': '  lib:\n    version: file:packages/lib\n' }],
    ['a lock file of Yarn with a folder', {}, { 'yarn.lock': '"lib@file:./lib":\n  version "1.0.0"\n' }],
    ['a hook of pnpm', {}, { '.pnpmfile.cjs': '' }],
    ['settings that copy', {}, { 'pnpm-workspace.yaml': 'injectWorkspacePackages: true\n' }],
    ['settings that run code', {}, { '.npmrc': 'node-options=--require ./x.cjs\n' }],
    ['a plugin of Yarn', {}, { '.yarnrc.yml': 'plugins:\n  - path: ./tools/plugin.cjs\n' }],
    ['a broken manifest', {}, { 'packages/a/package.json': '{' }],
  ])('nothing is reused with %s', async (_what, value, more) => {
    for (const run of ['npm ci', 'pnpm install', 'yarn install', 'bun install', 'npm ci && tsc -b']) {
      expect(await reuse(run, npm(value, more))).toBe('nothing');
    }
  });

  it('scripts that are left out build nothing', async () => {
    expect(await reuse('npm ci --ignore-scripts', npm({ scripts: { prepare: 'tsc' } }))).toBe('result');
    expect(await reuse('npm ci --ignore-scripts', npm({ dependencies: { lib: 'file:lib' } }))).toBe('nothing');
  });

  it('a manifest that is a link says nothing', async () => {
    expect(await reuse('npm ci', npm({}), '120000')).toBe('nothing');
  });
});

const project = '[project]\nname = "app"\nversion = "1"\n';
const built = (backend: string) => `${project}[build-system]\nrequires = []\nbuild-backend = "${backend}"\n`;
const uvLock = (...sources: string[]) =>
  sources.map((source) => `[[package]]\nname = "x"\nsource = { ${source} }\n`).join('');

describe('of an install of another language', () => {
  it.each<[string, string, Readonly<Record<string, string>>]>([
    [
      'uv, a project that is not built',
      'uv sync --locked',
      { 'pyproject.toml': project, 'uv.lock': uvLock('virtual = "."', 'registry = "https://pypi.org/simple"') },
    ],
    ['uv, a plain package', 'uv sync', { 'pyproject.toml': built('uv_build'), 'uv.lock': uvLock('editable = "."') }],
    [
      'uv without the package',
      'uv sync --no-install-project',
      { 'pyproject.toml': built('setuptools.build_meta'), 'uv.lock': uvLock('editable = "."') },
    ],
    ['Poetry without the package', 'poetry install --no-root', { 'pyproject.toml': built('x'), 'poetry.lock': '' }],
    [
      'pip',
      'python3 -m venv .venv && .venv/bin/pip install -r requirements.txt',
      {
        'requirements.txt': '-r requirements/base.txt\nflask==3.0 # x\nx @ https://example.com/x.whl\n',
        'requirements/base.txt': 'a>=1\n',
      },
    ],
    ['Go with a replaced module', 'go mod download', { 'go.mod': 'replace a => ./a\n' }],
    ['Cargo with a path', 'cargo fetch --locked', { 'Cargo.toml': 'lib = { path = "lib" }\n' }],
    ['Composer', 'composer install --no-interaction', { 'composer.json': '{"autoload":{"psr-4":{"A":"src"}}}' }],
    ['Bundler', 'BUNDLE_PATH=.deps/bundle bundle install', { Gemfile: "gem 'rails'\n" }],
  ])('everything is reused of %s', async (_what, run, files) => {
    expect(await reuse(run, files)).toBe('result');
  });

  it.each<[string, string, Readonly<Record<string, string>>]>([
    [
      'uv, a folder',
      'uv sync --locked',
      { 'pyproject.toml': project, 'uv.lock': uvLock('virtual = "."', 'directory = "lib"') },
    ],
    ['uv, a wheel', 'uv sync', { 'pyproject.toml': project, 'uv.lock': uvLock('path = "lib.whl"') }],
    [
      'uv, a path that is not locked yet',
      'uv sync',
      { 'pyproject.toml': `${project}[tool.uv.sources]\nlib = { path = "lib" }\n`, 'uv.lock': '' },
    ],
    [
      'uv, a package with a build',
      'uv sync',
      { 'pyproject.toml': built('setuptools.build_meta'), 'uv.lock': uvLock('editable = "."') },
    ],
    [
      'uv, a version out of sources',
      'uv sync',
      {
        'pyproject.toml': built('hatchling.build').replace('version = "1"', 'dynamic = ["version"]'),
        'uv.lock': uvLock('editable = "."'),
      },
    ],
    [
      'uv without the project, but with a folder',
      'uv sync --no-install-project',
      { 'pyproject.toml': project, 'uv.lock': uvLock('directory = "lib"') },
    ],
    ['uv without a lock file', 'uv sync', { 'pyproject.toml': project }],
    [
      'Poetry, a folder',
      'poetry install --no-root',
      { 'pyproject.toml': 'lib = { path = "../lib" }', 'poetry.lock': '' },
    ],
    [
      'Poetry, a package with a build',
      'poetry install',
      {
        'pyproject.toml': built('poetry.core.masonry.api').replace(
          '[build',
          '[tool.poetry.build]\nscript = "b.py"\n[build',
        ),
      },
    ],
    [
      'pip, the package itself',
      'python3 -m venv .venv && .venv/bin/pip install -r requirements.txt',
      { 'requirements.txt': 'a\n-e .\n' },
    ],
    ['pip, a folder', '.venv/bin/pip install -r requirements.txt', { 'requirements.txt': './lib\n' }],
    [
      'pip, a wheel',
      '.venv/bin/pip install -r requirements.txt',
      { 'requirements.txt': 'wheels/lib-1.0-py3-none-any.whl\n' },
    ],
    [
      'pip, a file that it includes',
      '.venv/bin/pip install -r requirements.txt',
      { 'requirements.txt': 'x @ file:lib\n' },
    ],
    ['pip, a list that is no input', '.venv/bin/pip install -r deps.txt', { 'deps.txt': 'a\n', 'setup.py': '' }],
    [
      'pip, a list in a list that is no input',
      '.venv/bin/pip install -r requirements.txt',
      { 'requirements.txt': '-r deps.txt\n', 'deps.txt': './lib\n' },
    ],
    ['Composer, a path', 'composer install', { 'composer.json': '{"repositories":[{"type": "path","url":"lib"}]}' }],
    [
      'Composer, scripts',
      'composer install',
      { 'composer.json': '{"scripts":{"post-autoload-dump":["@php artisan"]}}' },
    ],
    ['Composer, a map of classes', 'composer install -o', { 'composer.json': '{}' }],
    ['Bundler, a path', 'bundle install', { Gemfile: "gem 'lib', path: 'lib'\n" }],
  ])('nothing is reused of %s', async (_what, run, files) => {
    expect(await reuse(run, files)).toBe('nothing');
  });

  it('declared inputs are believed', async () => {
    const tree = [{ path: 'a.txt', id: 'a', mode: '100644' }];
    const found = await findReuse({ run: 'make', inputs: ['a.txt'] }, tree, () => Promise.resolve([]));
    expect(found).toEqual({ of: 'result', files: tree });
  });
});

describe('a setup that compiles', () => {
  const { go, cargo, cargoWorkspace } = compileSteps;
  const goModule = { 'go.mod': 'module x\nrequire a v1.0.0\n', 'go.sum': '' };
  const crate = { 'Cargo.toml': '[package]', 'Cargo.lock': '', 'build.rs': '' };

  async function agentReads(run: string, files: Readonly<Record<string, string>>) {
    const tree = Object.keys(files).map((path) => ({ path, id: path, mode: '100644' }));
    const textsOf = (wanted: readonly { path: string }[]) =>
      Promise.resolve(wanted.map(({ path }) => files[path] ?? ''));
    return (await findInputs({ run }, tree, { textsOf, purpose: 'agent' })).reads;
  }

  it.each([
    ['Go', `go mod download &&\n${go.dependencies}`, goModule],
    ['Go without other modules', go.dependencies, { 'go.mod': 'module x\n' }],
    ['Go with C of its own', go.dependencies, { ...goModule, 'x.h': '' }],
    ['Go in a folder', `(cd api && go mod download) &&\n(cd api && ${go.dependencies})`, { 'api/go.mod': '' }],
    ['a crate', `cargo fetch --locked && ${cargo.dependencies}`, crate],
    ['Maven', mavenSteps.mvn, { 'pom.xml': '<project/>' }],
    ['Maven’s wrapper in a folder', `(cd api && ${mavenSteps.mvnw})`, { 'api/pom.xml': '' }],
    ['a workspace of crates', `cargo fetch && ${cargoWorkspace.dependencies}`, crate],
  ])('dependencies alone is reused by a verification: %s', async (_what, run, files) => {
    expect(await reuse(run, files)).toBe('result');
  });

  it.each([
    ['Go with vendored C', go.dependencies, { ...goModule, 'vendor/a/include/b.h': '' }],
    ['Go with C in a module of its own', go.dependencies, { 'go.mod': 'replace a => ./a\n', 'a/b.h': '' }],
    ['Go with C in a workspace', go.dependencies, { ...goModule, 'go.work': 'replace a => ../a\n', 'b.c': '' }],
    ['Maven that installs', mavenSteps.mvn, { 'pom.xml': '<goal>install</goal>' }],
    ['Maven with a jar of the repository', mavenSteps.mvn, { 'pom.xml': '<systemPath>a.jar</systemPath>' }],
    [
      'vendored crates',
      `cargo fetch && ${cargo.dependencies}`,
      { ...crate, '.cargo/config.toml': '[source.v]\ndirectory = "vendor"\n' },
    ],
  ])('dependencies that are the repository’s own files is not: %s', async (_what, run, files) => {
    expect(await reuse(run, files)).toBe('nothing');
  });

  it('its own sources too is reused by agents, and by a verification without what was compiled of them', async () => {
    const run = `go mod download && ${go.dependencies} && ${go.own}`;
    expect(await agentReads(run, goModule)).toBe('files');
    const tree = Object.keys(goModule).map((path) => ({ path, id: path, mode: '100644' }));
    const found = await findReuse({ run }, tree, (wanted) => Promise.resolve(wanted.map(() => '')));
    expect(found).toMatchObject({ of: 'installs', head: `go mod download && ${go.dependencies}`, rest: go.own });
    const textsOf = () => Promise.resolve([]);
    const strict = await findInputs({ run }, tree, { textsOf, purpose: 'verification' });
    expect(strict).toEqual({ reads: 'everything' });
  });

  it('and does anything else is not reused, by nobody', async () => {
    for (const more of ['go generate ./...', `${go.own} && make`, `(${go.own}; make)`, `${go.own} | tee log`]) {
      expect(isCompileOnly(more)).toBe(false);
      expect(await agentReads(`go mod download && ${more}`, goModule)).toBe('everything');
    }
    const almost = `${go.dependencies} more`;
    expect(await reuse(`go mod download && ${almost}`, goModule)).toBe('installs');
    expect(await agentReads(`go mod download && ${almost}`, goModule)).toBe('everything');
  });

  it('is recognised as it is written in a folder, with other spaces and among others', () => {
    const rest = `cd a\n(cd b && ${go.own}) &&\n${cargo.own.replaceAll(' ', '  ')}`;
    expect(isCompileOnly(rest)).toBe(true);
  });
});
