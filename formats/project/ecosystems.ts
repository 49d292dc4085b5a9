// The table: how projects of each kind are set up and verified. Verification has no network, and only the worktree
// outlives a command, so setup keeps its downloads there (`keeping`).

import type { Ecosystem } from './ecosystem.ts';
import { any, both, either, has, not, says } from './folder.ts';
import { keeping } from './ecosystem.ts';
import { node } from './node.ts';
import { python } from './python.ts';

const always = (): boolean => true;

const cargoHome = 'CARGO_HOME="$PWD/.deps/cargo"';
const rust: Ecosystem = {
  manifest: /^Cargo\.toml$/,
  setup: [
    { when: has('vendor/config.toml', '.cargo/config.toml', '.cargo/config'), run: null },
    { when: has('Cargo.lock'), run: keeping(`${cargoHome} cargo fetch --locked`), from: 'Cargo.lock' },
    { when: always, run: keeping(`${cargoHome} cargo fetch`) },
  ],
  verify: [
    [
      {
        when: says('Cargo.toml', /^\[workspace\b/m),
        run: `${cargoHome} cargo test --offline --workspace`,
        name: 'cargo test',
      },
      { when: always, run: `${cargoHome} cargo test --offline`, name: 'cargo test' },
    ],
  ],
};

const goModules = 'GOMODCACHE="$PWD/.deps/go"';
const vendored = has('vendor/modules.txt');
const go: Ecosystem = {
  manifest: /^go\.mod$/,
  setup: [
    { when: either(vendored, not(has('go.sum'))), run: null },
    { when: always, run: keeping(`${goModules} go mod download`), from: 'go.sum' },
  ],
  // One command: after each, the home folder is gone, and with it what Go has compiled.
  verify: [
    [
      { when: either(vendored, not(has('go.sum'))), run: 'go vet ./... && go test ./...' },
      {
        when: always,
        run: `export ${goModules} && go vet ./... && go test ./...`,
        name: 'go vet ./... && go test ./...',
      },
    ],
  ],
};

const mavenRepository = '-Dmaven.repo.local="$PWD/.deps/maven"';
// Only running the tests shows what they need, so setup runs them once and ignores their result.
const mavenSetup = (maven: string) => keeping(`${maven} verify -Dmaven.test.failure.ignore=true`);
const mvn = `mvn -B -ntp ${mavenRepository}`;
const mvnw = `MAVEN_USER_HOME="$PWD/.deps/maven-home" ./mvnw -B -ntp ${mavenRepository}`;
const maven: Ecosystem = {
  manifest: /^pom\.xml$/,
  setup: [
    { when: has('mvnw'), run: mavenSetup(mvnw) },
    { when: always, run: mavenSetup(mvn) },
  ],
  verify: [
    [
      { when: has('mvnw'), run: `${mvnw} -o verify`, name: 'mvn verify' },
      { when: always, run: `${mvn} -o verify`, name: 'mvn verify' },
    ],
  ],
};

const gradleHome = 'GRADLE_USER_HOME="$PWD/.deps/gradle"';
const gradleSetup = (gradle: string) => keeping(`{ ${gradleHome} ${gradle} --no-daemon --continue check || true; }`);
const gradle: Ecosystem = {
  manifest: /^(?:settings|build)\.gradle(?:\.kts)?$/,
  setup: [
    { when: has('gradlew'), run: gradleSetup('./gradlew') },
    { when: always, run: gradleSetup('gradle') },
  ],
  verify: [
    [
      { when: has('gradlew'), run: `${gradleHome} ./gradlew --no-daemon --offline check`, name: 'gradle check' },
      { when: always, run: `${gradleHome} gradle --no-daemon --offline check`, name: 'gradle check' },
    ],
  ],
};

const bundle = 'BUNDLE_PATH=.deps/bundle';
const ruby: Ecosystem = {
  manifest: /^Gemfile$/,
  setup: [
    { when: has('Gemfile.lock'), run: keeping(`${bundle} BUNDLE_FROZEN=true bundle install`), from: 'Gemfile.lock' },
    { when: always, run: keeping(`${bundle} bundle install`) },
  ],
  verify: [
    [
      { when: any(/^spec\/.*_spec\.rb$/), run: `${bundle} bundle exec rspec`, name: 'rspec' },
      { when: both(has('bin/rails'), any(/^test\/.*_test\.rb$/)), run: `${bundle} bin/rails test`, name: 'rails test' },
      {
        when: both(has('Rakefile'), any(/^test\/.*(?:_test|test_\w+)\.rb$/)),
        run: `${bundle} bundle exec rake test`,
        name: 'rake test',
      },
    ],
  ],
};

const php: Ecosystem = {
  manifest: /^composer\.json$/,
  setup: [{ when: always, run: 'composer install --no-interaction' }],
  verify: [
    [
      { when: says('composer.json', /"scripts"\s*:\s*\{[^}]*"test"\s*:/), run: 'composer test' },
      { when: has('phpunit.xml', 'phpunit.xml.dist', 'phpunit.dist.xml'), run: 'vendor/bin/phpunit' },
    ],
  ],
};

const nuget = 'NUGET_PACKAGES="$PWD/.deps/nuget"';
const dotnet: Ecosystem = {
  manifest: /\.(?:slnx?|csproj|fsproj|vbproj)$/,
  setup: [{ when: always, run: keeping(`${nuget} dotnet restore`) }],
  verify: [[{ when: always, run: `${nuget} dotnet test --no-restore`, name: 'dotnet test' }]],
};

const mixHome = 'MIX_HOME="$PWD/.deps/mix" HEX_HOME="$PWD/.deps/hex"';
const elixir: Ecosystem = {
  manifest: /^mix\.exs$/,
  setup: [
    {
      when: always,
      run: keeping(`export ${mixHome} && mix local.hex --force && mix local.rebar --force && mix deps.get`),
    },
  ],
  verify: [[{ when: always, run: `${mixHome} mix test`, name: 'mix test' }]],
};

const makefiles = ['Makefile', 'makefile', 'GNUmakefile'];
const target = (name: string) => either(...makefiles.map((file) => says(file, new RegExp(`^${name}\\s*:(?!=)`, 'm'))));
const make: Ecosystem = {
  manifest: /^(?:GNUm|m|M)akefile$/,
  setup: [],
  verify: [
    [
      { when: target('test'), run: 'make test' },
      { when: target('check'), run: 'make check' },
    ],
  ],
  lastResort: true,
};

const cmake: Ecosystem = {
  manifest: /^CMakeLists\.txt$/,
  setup: [],
  verify: [
    [
      {
        when: says('CMakeLists.txt', /\b(?:enable_testing|include\s*\(\s*CTest)\b/i),
        run: 'cmake -S . -B /tmp/build && cmake --build /tmp/build && ctest --test-dir /tmp/build --output-on-failure',
        name: 'ctest',
      },
    ],
  ],
  lastResort: true,
};

export const ecosystems: readonly Ecosystem[] = [
  ...[node, python, rust, go, maven, gradle, ruby, php, dotnet, elixir],
  ...[make, cmake],
];
