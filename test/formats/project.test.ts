import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRead } from '../../formats/project/folder.ts';
import { joinCommands, proposeCommands } from '../../formats/project/propose-commands.ts';
import { compileSteps } from '../../formats/setup/compile-steps.ts';
import { isCompileOnly, readSetup } from '../../formats/setup/steps.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { proposeGenerated } from '../../formats/project/propose-generated.ts';
import { readGlobs } from '../../formats/globs/path-globs.ts';
import { writeConfig } from '../../formats/config-file/text.ts';

/** Path → text. */
type Files = Readonly<Record<string, string>>;

function proposed(files: Files) {
  const texts = Object.fromEntries(Object.entries(files).filter(([path]) => isRead(path)));
  return proposeCommands({ paths: Object.keys(files), texts });
}

function commands(files: Files): { setup: string[]; verify: string[] } {
  const { setup, verify } = proposed(files);
  return { setup: setup.map(({ run }) => run), verify: verify.map(({ run }) => run) };
}

const keep = "mkdir -p .deps && echo '*' > .deps/.gitignore";
const { go, cargo, cargoWorkspace } = compileSteps;

const manifest = (scripts: Files, more: object = {}): string => JSON.stringify({ name: 'x', scripts, ...more });
const tested = manifest({ test: 'vitest run' });

describe('a project with a package.json', () => {
  it.each([
    [{ 'package-lock.json': '' }, 'npm ci', 'npm test'],
    [{ 'npm-shrinkwrap.json': '' }, 'npm ci', 'npm test'],
    [{ 'pnpm-lock.yaml': '' }, 'pnpm install --frozen-lockfile', 'pnpm test'],
    [{ 'yarn.lock': '# yarn lockfile v1\n' }, 'yarn install --frozen-lockfile', 'yarn test'],
    [
      { 'yarn.lock': '__metadata:\n  version: 8\n', '.yarnrc.yml': 'nodeLinker: node-modules\n' },
      'yarn install --immutable',
      'yarn test',
    ],
    [{ 'yarn.lock': '__metadata:\n' }, 'YARN_ENABLE_GLOBAL_CACHE=false yarn install --immutable', 'yarn test'],
    [{ 'bun.lock': '' }, 'bun install --frozen-lockfile', 'bun run test'],
    [{ 'bun.lockb': '' }, 'bun install --frozen-lockfile', 'bun run test'],
  ])('and %j installs with %s', (lock, setup, verify) => {
    expect(commands({ 'package.json': tested, ...lock })).toEqual({ setup: [setup], verify: [verify] });
  });

  it('with two lock files installs with the manager that it declares', () => {
    const locks = { 'package-lock.json': '', 'pnpm-lock.yaml': '' };
    const declaring = (packageManager: string) =>
      commands({ 'package.json': manifest({}, { packageManager }), ...locks });
    expect(declaring('npm@11.0.0').setup).toEqual(['npm ci']);
    expect(declaring('pnpm@10.1.0').setup).toEqual(['pnpm install --frozen-lockfile']);
  });

  it('without a lock file installs what there is to install, and leaves no lock file behind', () => {
    expect(commands({ 'package.json': tested }).setup).toEqual([]);
    expect(commands({ 'package.json': manifest({}, { devDependencies: { a: '1' } }) }).setup).toEqual([
      'npm install --no-package-lock',
    ]);
  });

  it('is verified by the scripts that check something, cheap ones first', () => {
    const scripts = {
      test: 'node --test',
      lint: 'oxlint',
      'check:types': 'tsc --noEmit',
      build: 'tsc',
      start: 'x',
      dev: 'x',
    };
    expect(commands({ 'package.json': manifest(scripts) }).verify).toEqual([
      'npm run check:types',
      'npm run lint',
      'npm test',
    ]);
  });

  it.each([
    ['npm’s placeholder', { test: 'echo "Error: no test specified" && exit 1' }],
    ['a script that watches', { test: 'jest --watchAll' }],
    ['a script that changes files', { lint: 'eslint --fix .' }],
    ['a script that is no text', { test: 1 as unknown as string }],
  ])('is not verified by %s', (_, scripts) => {
    expect(commands({ 'package.json': manifest(scripts) }).verify).toEqual([]);
  });

  it('uses the next best script in place of one that does not verify', () => {
    expect(commands({ 'package.json': manifest({ test: 'jest --watch', 'test:ci': 'jest' }) }).verify).toEqual([
      'npm run test:ci',
    ]);
    expect(commands({ 'package.json': manifest({ test: 'jest --watch=false' }) }).verify).toEqual(['npm test']);
    expect(commands({ 'package.json': manifest({ test: 'react-scripts test' }) }).verify).toEqual(['CI=true npm test']);
  });

  it('is built where nothing tests it', () => {
    expect(commands({ 'package.json': manifest({ build: 'vite build', lint: 'oxlint' }) }).verify).toEqual([
      'npm run lint',
      'npm run build',
    ]);
  });

  it('that cannot be read proposes nothing from it', () => {
    for (const text of ['{', '[]', 'null', '"x"', '{"scripts":[]}', '']) {
      expect(commands({ 'package.json': text })).toEqual({ setup: [], verify: [] });
    }
  });
});

describe('a Python project', () => {
  const pytest = '[project]\nname = "x"\n[dependency-groups]\ndev = ["pytest"]\n';
  it.each([
    [
      'uv',
      { 'pyproject.toml': pytest, 'uv.lock': '' },
      'uv sync --locked',
      'uv run --no-sync pytest',
      { UV_CACHE_DIR: '$WORKTREE/.deps/uv', UV_COMPILE_BYTECODE: '1' },
    ],
    [
      'poetry',
      { 'pyproject.toml': `[tool.poetry]\n${pytest}`, 'poetry.lock': '' },
      'poetry install --no-interaction',
      'poetry run pytest',
      { POETRY_CACHE_DIR: '$WORKTREE/.deps/poetry', POETRY_VIRTUALENVS_IN_PROJECT: 'true' },
    ],
    [
      'pdm',
      { 'pyproject.toml': pytest, 'pdm.lock': '' },
      'pdm sync',
      'pdm run pytest',
      { PDM_CACHE_DIR: '$WORKTREE/.deps/pdm' },
    ],
    [
      'pipenv',
      { Pipfile: '[dev-packages]\npytest = "*"\n', 'Pipfile.lock': '' },
      'pipenv sync --dev',
      'pipenv run pytest',
      { PIPENV_CACHE_DIR: '$WORKTREE/.deps/pipenv', PIPENV_VENV_IN_PROJECT: '1' },
    ],
  ])('with %s is installed and tested by it', (...[, files, setup, verify, env]) => {
    expect(commands(files as unknown as Files)).toEqual({ setup: [keep, setup], verify: [verify] });
    expect(proposed(files as unknown as Files).env).toEqual(env);
  });

  it.each([
    [{ 'requirements.txt': 'pytest\n' }, '-r requirements.txt'],
    [{ 'requirements.txt': '', 'requirements-dev.txt': 'pytest' }, '-r requirements.txt -r requirements-dev.txt'],
    [{ 'requirements.txt': '', 'requirements/dev.txt': 'pytest' }, '-r requirements.txt -r requirements/dev.txt'],
    [{ 'requirements.txt': 'pytest', 'setup.py': '' }, '-r requirements.txt -e .'],
    [{ 'requirements.txt': 'pytest\n-e .\n', 'setup.py': '' }, '-r requirements.txt'],
    [
      { 'pyproject.toml': '[project]\n[project.optional-dependencies]\ntest = ["pytest"]\ndocs = []\n' },
      "-e '.[test]'",
    ],
    [{ 'setup.py': '', 'pytest.ini': '' }, '-e .'],
  ])('of %j is installed into an environment in the worktree that ignores itself', (files, wanted) => {
    expect(commands(files as unknown as Files)).toEqual({
      setup: [keep, `python3 -m venv .venv && echo '*' > .venv/.gitignore && .venv/bin/pip install ${wanted}`],
      verify: ['.venv/bin/python -m pytest'],
    });
    expect(proposed(files as unknown as Files).env).toEqual({ PIP_CACHE_DIR: '$WORKTREE/.deps/pip' });
  });

  it('without pytest is tested by what its tests are made for', () => {
    expect(commands({ 'requirements.txt': 'django', 'manage.py': '' }).verify).toEqual([
      '.venv/bin/python manage.py test',
    ]);
    expect(commands({ 'setup.py': '', 'tests/test_x.py': '' }).verify).toEqual(['.venv/bin/python -m unittest']);
    expect(commands({ 'pyproject.toml': '[tool.ruff]\n', 'test_x.py': '' })).toEqual({
      setup: [],
      verify: ['python3 -m unittest'],
    });
    expect(commands({ 'requirements.txt': '', 'x.py': '' }).verify).toEqual([]);
  });
});

const goCaches = { GOMODCACHE: '$WORKTREE/.deps/go', GOCACHE: '$WORKTREE/.deps/go-build' };

describe('projects of other kinds', () => {
  it.each([
    [
      'Rust',
      { 'Cargo.toml': '[package]', 'Cargo.lock': '', '.gitignore': '/target\n' },
      [keep, 'cargo fetch --locked', cargo.dependencies, cargo.own],
      ['cargo test --offline'],
      { CARGO_HOME: '$WORKTREE/.deps/cargo' },
    ],
    [
      'Rust with its dependencies',
      {
        'Cargo.toml': '[package]',
        'Cargo.lock': '',
        '.cargo/config.toml': '[source.vendored-sources]\ndirectory = "vendor"\n',
        '.gitignore': 'target',
      },
      [],
      ['cargo test --offline'],
    ],
    [
      'Rust with settings',
      { 'Cargo.toml': '[package]', '.cargo/config.toml': '[build]\n', '.gitignore': 'target' },
      [keep, 'cargo fetch', cargo.dependencies, cargo.own],
      ['cargo test --offline'],
      { CARGO_HOME: '$WORKTREE/.deps/cargo' },
    ],
    [
      'a Rust library that does not ignore target',
      { 'Cargo.toml': '[workspace]' },
      [
        ...[keep, 'cargo fetch', "mkdir -p target && echo '*' > target/.gitignore"],
        ...[cargoWorkspace.dependencies, cargoWorkspace.own],
      ],
      ['cargo test --offline --workspace'],
      { CARGO_HOME: '$WORKTREE/.deps/cargo' },
    ],
    [
      'Go',
      { 'go.mod': '', 'go.sum': '' },
      [keep, 'go mod download', go.dependencies, go.own],
      ['go vet ./...', 'go test ./...'],
      goCaches,
    ],
    [
      'Go without dependencies',
      { 'go.mod': '' },
      [keep, go.dependencies, go.own],
      ['go vet ./...', 'go test ./...'],
      goCaches,
    ],
    [
      'Go with its dependencies',
      { 'go.mod': '', 'go.sum': '', 'vendor/modules.txt': '' },
      [keep, go.dependencies, go.own],
      ['go vet ./...', 'go test ./...'],
      goCaches,
    ],
    [
      'Composer',
      { 'composer.json': '{"scripts":{"test":"phpunit"}}' },
      ['composer install --no-interaction'],
      ['composer test'],
    ],
    [
      'PHPUnit',
      { 'composer.json': '{}', 'phpunit.xml.dist': '' },
      ['composer install --no-interaction'],
      ['vendor/bin/phpunit'],
    ],
    [
      'Bundler',
      { Gemfile: '', 'Gemfile.lock': '', 'spec/a/b_spec.rb': '' },
      [keep, 'BUNDLE_FROZEN=true bundle install'],
      ['bundle exec rspec'],
      { BUNDLE_PATH: '$WORKTREE/.deps/bundle' },
    ],
    [
      'Rails',
      { Gemfile: '', 'bin/rails': '', 'test/models/a_test.rb': '', Rakefile: '' },
      [keep, 'bundle install'],
      ['bin/rails test'],
      { BUNDLE_PATH: '$WORKTREE/.deps/bundle' },
    ],
    [
      '.NET',
      { 'App.sln': '', 'src/App/App.csproj': '' },
      [keep, 'dotnet restore'],
      ['dotnet test --no-restore'],
      { NUGET_PACKAGES: '$WORKTREE/.deps/nuget' },
    ],
    ['a Makefile', { Makefile: 'test :\n\tx\ncheck:\n' }, [], ['make test']],
    ['a Makefile with check', { GNUmakefile: 'testing:\ntest := 1\ncheck: all\n' }, [], ['make check']],
    ['a Makefile without either', { Makefile: 'all:\n' }, [], []],
    [
      'CMake',
      { 'CMakeLists.txt': 'include(CTest)' },
      [],
      ['cmake -S . -B /tmp/build && cmake --build /tmp/build && ctest --test-dir /tmp/build --output-on-failure'],
    ],
    ['none', { 'README.md': 'npm test' }, [], []],
  ])('such as %s', (...[, files, setup, verify, env]) => {
    expect(commands(files as unknown as Files)).toEqual({ setup, verify });
    expect(proposed(files as unknown as Files).env).toEqual(env ?? {});
  });

  it.each([
    ['Maven', { 'pom.xml': '' }, 'mvn -B -ntp -o verify', ['MAVEN_OPTS', 'MAVEN_USER_HOME']],
    ['Maven’s wrapper', { 'pom.xml': '', mvnw: '' }, './mvnw -B -ntp -o verify', ['MAVEN_OPTS', 'MAVEN_USER_HOME']],
    ['Gradle', { 'build.gradle.kts': '', gradlew: '' }, './gradlew --no-daemon --offline check', ['GRADLE_USER_HOME']],
    ['Elixir', { 'mix.exs': '' }, 'mix test', ['MIX_HOME', 'HEX_HOME']],
  ])('such as %s verify without the network with what setup kept', (_, files, verify, names) => {
    const { setup, env, ...found } = proposed(files);
    expect(setup.map(({ run }) => run)).toEqual([keep, expect.anything()]);
    expect(found.verify.map(({ run }) => run)).toEqual([verify]);
    expect(Object.keys(env)).toEqual(names);
    for (const value of Object.values(env)) expect(value).toContain('$WORKTREE/.deps/');
  });

  it('have a Makefile as the last resort only', () => {
    expect(commands({ 'package.json': tested, Makefile: 'test:\n' }).verify).toEqual(['npm test']);
    expect(commands({ 'package.json': manifest({}), 'package-lock.json': '', Makefile: 'test:\n' })).toEqual({
      setup: ['npm ci'],
      verify: ['make test'],
    });
  });
});

describe('a repository with several projects', () => {
  it('sets up and verifies each in its folder, and says where it found them', () => {
    const files = {
      'package.json': tested,
      'package-lock.json': '',
      'services/api/go.mod': '',
      'services/api/go.sum': '',
    };
    const { setup, verify, env } = proposed(files);
    const api = ['services/api/go.sum', 'services/api/go.mod', 'services/api/go.mod'];
    expect(setup.map(({ from }) => from)).toEqual(['services/api/go.mod', 'package-lock.json', ...api]);
    expect(verify.map(({ name }) => name)).toEqual([
      'npm test',
      'go vet ./... in services/api',
      'go test ./... in services/api',
    ]);
    expect(verify[2]?.run).toBe('cd services/api && go test ./...');
    expect(env).toEqual(goCaches);
    expect(joinCommands(setup.map(({ run }) => run))).toBe(
      [
        ...[keep, 'npm ci', '(cd services/api && go mod download)', `(cd services/api && ${go.dependencies})`],
        `(cd services/api && ${go.own})`,
      ].join(' &&\n'),
    );
  });

  it('compiles its own sources last, so that everything before can be reused by a verification', () => {
    const files = {
      'package.json': tested,
      'package-lock.json': '',
      'backend/go.mod': '',
      'backend/go.sum': '',
      'engine/Cargo.toml': '[workspace]',
      'engine/Cargo.lock': '',
      'engine/.gitignore': 'target/\n',
      'tool/uv.lock': '',
      'tool/pyproject.toml': 'pytest',
    };
    const { setup, env } = proposed(files);
    const steps = readSetup(joinCommands(setup.map(({ run }) => run)));
    const managers = ['npm', 'uv', 'cargo', 'cargo', 'go', 'go'];
    expect(steps.installs.map(({ manager }) => manager)).toEqual(managers);
    expect(steps.rest).toBe([`(cd engine && ${cargoWorkspace.own})`, `(cd backend && ${go.own})`].join(' &&\n'));
    expect(isCompileOnly(steps.rest ?? '')).toBe(true);
    expect(Object.keys(env).toSorted()).toEqual([
      ...['CARGO_HOME', 'GOCACHE', 'GOMODCACHE', 'UV_CACHE_DIR', 'UV_COMPILE_BYTECODE'],
    ]);
  });

  it('leaves out what belongs to a project above, and samples, and other people’s code', () => {
    const files = {
      'package.json': tested,
      'packages/a/package.json': tested,
      'examples/x/go.mod': '',
      'third_party/y/Cargo.toml': '',
      'test/fixtures/z/pom.xml': '',
      'a/b/c/d/go.mod': '',
    };
    expect(commands(files)).toEqual({ setup: ['npm install --no-package-lock'], verify: ['npm test'] });
  });

  it('quotes folders that a shell would misread', () => {
    expect(commands({ "it's $HOME/go.mod": '' }).verify[0]).toBe(String.raw`cd 'it'\''s $HOME' && go vet ./...`);
  });
});

describe('lock files', () => {
  const rules = (files: Files) =>
    proposeGenerated({ paths: Object.keys(files), texts: files }).map(({ path, run }) => `${path}: ${run}`);
  it.each([
    ['package-lock.json', '', 'npm install --package-lock-only --ignore-scripts --no-audit --no-fund'],
    ['npm-shrinkwrap.json', '', 'npm install --package-lock-only --ignore-scripts --no-audit --no-fund'],
    ['pnpm-lock.yaml', '', 'pnpm install --lockfile-only --no-frozen-lockfile --ignore-scripts'],
    ['yarn.lock', '# yarn lockfile v1\n', 'yarn install --ignore-scripts --non-interactive'],
    ['yarn.lock', '__metadata:\n', 'yarn install --mode=update-lockfile --no-immutable'],
    ['bun.lock', '', 'bun install --lockfile-only --ignore-scripts'],
    ['Cargo.lock', '', 'cargo update --workspace'],
    ['uv.lock', '', 'uv lock'],
    ['poetry.lock', '# This file is automatically @generated by Poetry 2.5.1\n', 'poetry lock'],
    ['poetry.lock', '# This file is automatically @generated by Poetry 1.8.3\n', 'poetry lock --no-update'],
    ['go.sum', '', 'go mod tidy'],
    ['Gemfile.lock', '', 'bundle lock'],
  ])('like %s (%j) are made again by %s', (path, text, run) => {
    expect(rules({ [path]: text })).toEqual([`${path}: ${run}`]);
    expect(isRead(path) || text === '').toBe(true);
  });

  it('are made in their folder, in samples and installed packages not at all', () => {
    const paths = ['app/web/uv.lock', "it's/go.sum", 'test/fixtures/x/go.sum', 'node_modules/x/yarn.lock', 'a.lock'];
    expect(rules(Object.fromEntries(paths.map((path) => [path, ''])))).toEqual([
      'app/web/uv.lock: cd app/web && uv lock',
      String.raw`it's/go.sum: cd 'it'\''s' && go mod tidy`,
    ]);
  });

  it('of a manager that the manifest does not name are not made', () => {
    const files = {
      'package.json': manifest({}, { packageManager: 'pnpm@10.1.0' }),
      'package-lock.json': '',
      'pnpm-lock.yaml': '',
    };
    expect(rules(files)).toEqual([expect.stringMatching(/^pnpm-lock/)]);
  });
});

describe('the file that is written', () => {
  it('is a good coppice.yaml that says what was given, whatever that is', () => {
    const command = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => text.trim() !== '' && !/\p{Cc}/u.test(text));
    const variables = fc.dictionary(fc.constantFrom('GOCACHE', 'a_1', 'X'), command);
    const path = fc.stringMatching(/^[a-z*?[\]{}!\\ ]{1,8}$/).filter((text) => text.trim() !== '');
    const rules = fc.array(fc.record({ path, run: command }), { maxLength: 3 });
    const commandsOf = fc.array(fc.record({ run: command }), { maxLength: 4 });
    fc.assert(
      fc.property(
        fc.record({ run: command, network: fc.boolean() }),
        commandsOf,
        variables,
        rules,
        (setup, verify, env, regenerate) => {
          const named = verify.map((each) => ({ ...each, name: each.run }));
          const text = writeConfig({
            branch: 'main',
            env,
            setup,
            verify: named,
            regenerate,
            schema: null,
          });
          const { config, errors } = parseConfig(text, 'coppice.yaml');
          expect(errors).toBeUndefined();
          expect(config).toMatchObject({ branch: 'main', env, setup });
          expect(config?.verify.map((each) => each.run)).toEqual(verify.map((each) => each.run));
          const read = config?.queue.regenerate ?? [];
          expect(read.map((each) => each.run)).toEqual(regenerate.map((each) => each.run));
          for (const [i, rule] of regenerate.entries()) {
            const { surely, possibly } = readGlobs(read[i]?.paths ?? [], []);
            expect([surely(rule.path), possibly(`${rule.path}x`), possibly(`x${rule.path}`)]).toEqual([
              true,
              false,
              false,
            ]);
          }
        },
      ),
    );
  });

  it('says what the variables are for, and gives a setup that compiles the time for it', () => {
    const files = { 'go.mod': '', 'go.sum': '', 'package.json': tested, 'package-lock.json': '' };
    const { setup, verify, env } = proposed(files);
    const run = joinCommands(setup.map((each) => each.run));
    const plainly = { branch: null, verify, regenerate: [], schema: null };
    const text = writeConfig({ ...plainly, env, setup: { run, network: true } });
    expect(text).toContain('# Variables of every command');
    expect(text).toContain('\nenv:\n  GOMODCACHE: $WORKTREE/.deps/go\n');
    const { config } = parseConfig(text, 'coppice.yaml');
    expect(config).toMatchObject({ env, setup: { run, network: true, timeoutSeconds: 3600 } });
    const plain = { run: 'npm ci', network: true };
    const without = writeConfig({ ...plainly, env: {}, setup: plain });
    expect(without).not.toContain('env:');
    expect(parseConfig(without, 'coppice.yaml').config?.setup?.timeoutSeconds).toBe(900);
  });

  it('keeps several lines of setup and the names of checks', () => {
    const verify = [{ run: 'GOMODCACHE=x go test ./...', name: 'go test ./...' }];
    const text = writeConfig({
      branch: null,
      env: {},
      setup: { run: 'a &&\nb', network: true },
      verify,
      regenerate: [],
      schema: './s.json',
    });
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/s\.json\n/);
    expect(text).toContain('  run: |-\n    a &&\n    b\n');
    const { config } = parseConfig(text, 'coppice.yaml');
    expect(config).toMatchObject({ branch: null, setup: { run: 'a &&\nb' }, verify });
  });

  it('without anything known says that nothing is verified, and is a good file all the same', () => {
    const text = writeConfig({ branch: null, env: {}, setup: null, verify: [], regenerate: [], schema: null });
    expect(text).toContain('NOTHING IS VERIFIED');
    expect(parseConfig(text, 'coppice.yaml').config).toMatchObject({ setup: null, verify: [] });
    // Its examples are good too.
    const examples = text.replaceAll(/^# (?=branch:|setup:|verify:|policy:| {2}- )/gm, '');
    expect(parseConfig(examples, 'coppice.yaml').config).toMatchObject({
      branch: 'main',
      verify: [{ run: 'make test' }],
    });
  });
});
