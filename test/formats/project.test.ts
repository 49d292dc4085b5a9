import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRead } from '../../formats/project/folder.ts';
import { joinCommands, proposeCommands } from '../../formats/project/propose-commands.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';
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
    ['uv', { 'pyproject.toml': pytest, 'uv.lock': '' }, 'uv sync --locked', 'uv run --no-sync pytest'],
    [
      'poetry',
      { 'pyproject.toml': `[tool.poetry]\n${pytest}`, 'poetry.lock': '' },
      'POETRY_VIRTUALENVS_IN_PROJECT=true poetry install --no-interaction',
      'POETRY_VIRTUALENVS_IN_PROJECT=true poetry run pytest',
    ],
    ['pdm', { 'pyproject.toml': pytest, 'pdm.lock': '' }, 'pdm sync', 'pdm run pytest'],
    [
      'pipenv',
      { Pipfile: '[dev-packages]\npytest = "*"\n', 'Pipfile.lock': '' },
      'PIPENV_VENV_IN_PROJECT=1 pipenv sync --dev',
      'PIPENV_VENV_IN_PROJECT=1 pipenv run pytest',
    ],
  ])('with %s is installed and tested by it', (_, files, setup, verify) => {
    expect(commands(files as unknown as Files)).toEqual({ setup: [setup], verify: [verify] });
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
      setup: [`python3 -m venv .venv && echo '*' > .venv/.gitignore && .venv/bin/pip install ${wanted}`],
      verify: ['.venv/bin/python -m pytest'],
    });
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

describe('projects of other kinds', () => {
  const keep = "mkdir -p .deps && echo '*' > .deps/.gitignore && ";
  it.each([
    [
      'Rust',
      { 'Cargo.toml': '[package]', 'Cargo.lock': '' },
      [`${keep}CARGO_HOME="$PWD/.deps/cargo" cargo fetch --locked`],
      ['CARGO_HOME="$PWD/.deps/cargo" cargo test --offline'],
    ],
    [
      'a Rust library',
      { 'Cargo.toml': '[workspace]' },
      [`${keep}CARGO_HOME="$PWD/.deps/cargo" cargo fetch`],
      ['CARGO_HOME="$PWD/.deps/cargo" cargo test --offline --workspace'],
    ],
    [
      'Go',
      { 'go.mod': '', 'go.sum': '' },
      [`${keep}GOMODCACHE="$PWD/.deps/go" go mod download`],
      ['export GOMODCACHE="$PWD/.deps/go" && go vet ./... && go test ./...'],
    ],
    ['Go without dependencies', { 'go.mod': '' }, [], ['go vet ./... && go test ./...']],
    [
      'Go with its dependencies',
      { 'go.mod': '', 'go.sum': '', 'vendor/modules.txt': '' },
      [],
      ['go vet ./... && go test ./...'],
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
      [`${keep}BUNDLE_PATH=.deps/bundle BUNDLE_FROZEN=true bundle install`],
      ['BUNDLE_PATH=.deps/bundle bundle exec rspec'],
    ],
    [
      'Rails',
      { Gemfile: '', 'bin/rails': '', 'test/models/a_test.rb': '', Rakefile: '' },
      [`${keep}BUNDLE_PATH=.deps/bundle bundle install`],
      ['BUNDLE_PATH=.deps/bundle bin/rails test'],
    ],
    [
      '.NET',
      { 'App.sln': '', 'src/App/App.csproj': '' },
      [`${keep}NUGET_PACKAGES="$PWD/.deps/nuget" dotnet restore`],
      ['NUGET_PACKAGES="$PWD/.deps/nuget" dotnet test --no-restore'],
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
  ])('such as %s', (_, files, setup, verify) => {
    expect(commands(files as unknown as Files)).toEqual({ setup, verify });
  });

  it.each([
    ['Maven', { 'pom.xml': '' }, /mvn -B -ntp -Dmaven\.repo\.local=\S+ -o verify$/],
    ['Maven’s wrapper', { 'pom.xml': '', mvnw: '' }, /\.\/mvnw .* -o verify$/],
    ['Gradle', { 'build.gradle.kts': '', gradlew: '' }, /\.\/gradlew --no-daemon --offline check$/],
    ['Elixir', { 'mix.exs': '' }, /mix test$/],
  ])('such as %s verify without the network with what setup kept', (_, files, verify) => {
    const found = commands(files);
    expect(found.setup).toEqual([expect.stringContaining('.deps/')]);
    expect(found.verify).toEqual([expect.stringMatching(verify)]);
    expect(found.verify[0]).toContain('.deps/');
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
    const { setup, verify } = proposed(files);
    expect(setup.map(({ from }) => from)).toEqual(['package-lock.json', 'services/api/go.sum']);
    expect(verify.map(({ name }) => name)).toEqual(['npm test', 'go vet ./... && go test ./... in services/api']);
    expect(verify[1]?.run).toMatch(/^cd services\/api && export GOMODCACHE=.* go test \.\/\.\.\.$/);
    expect(joinCommands(setup.map(({ run }) => run))).toMatch(
      /^npm ci &&\n\(cd services\/api && .* go mod download\)$/,
    );
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
    expect(commands({ "it's $HOME/go.mod": '' }).verify[0]).toBe(
      String.raw`cd 'it'\''s $HOME' && go vet ./... && go test ./...`,
    );
  });
});

describe('the file that is written', () => {
  it('is a good coppice.yaml that says what was given, whatever that is', () => {
    const command = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => text.trim() !== '' && !/\p{Cc}/u.test(text));
    const commandsOf = fc.array(fc.record({ run: command }), { maxLength: 4 });
    fc.assert(
      fc.property(command, fc.boolean(), commandsOf, (run, network, verify) => {
        const named = verify.map((each) => ({ ...each, name: each.run }));
        const text = writeConfig({ branch: 'main', setup: { run, network }, verify: named, schema: null });
        const { config, errors } = parseConfig(text, 'coppice.yaml');
        expect(errors).toBeUndefined();
        expect(config).toMatchObject({ branch: 'main', setup: { run, network } });
        expect(config?.verify.map((each) => each.run)).toEqual(verify.map((each) => each.run));
      }),
    );
  });

  it('keeps several lines of setup and the names of checks', () => {
    const verify = [{ run: 'GOMODCACHE=x go test ./...', name: 'go test ./...' }];
    const text = writeConfig({ branch: null, setup: { run: 'a &&\nb', network: true }, verify, schema: './s.json' });
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/s\.json\n/);
    expect(text).toContain('  run: |-\n    a &&\n    b\n');
    const { config } = parseConfig(text, 'coppice.yaml');
    expect(config).toMatchObject({ branch: null, setup: { run: 'a &&\nb' }, verify });
  });

  it('without anything known says that nothing is verified, and is a good file all the same', () => {
    const text = writeConfig({ branch: null, setup: null, verify: [], schema: null });
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
