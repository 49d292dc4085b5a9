// The table: how projects of each kind are set up and verified. Verification has no network, and only the worktree
// outlives a command, so variables put downloads and caches there. Setup also compiles, so that sessions and verifications
// need not (compile-steps.ts).

import type { Choice, Ecosystem } from './ecosystem.ts';
import { any, both, either, has, not, says } from './folder.ts';
import { compileSteps, mavenSteps } from '../setup/compile-steps.ts';
import { deps } from './ecosystem.ts';
import { node } from './node.ts';
import { python } from './python.ts';

const always = (): boolean => true;
const { go: goSteps, cargo, cargoWorkspace } = compileSteps;

const isWorkspace = says('Cargo.toml', /^\[workspace\b/m);
const isVendored = either(
  has('vendor/config.toml'),
  ...['.cargo/config.toml', '.cargo/config'].map((name) => says(name, /^\s*directory\s*=/m)),
);
/** `target` of a repository that does not ignore it would become part of every unit's work. */
const ignoresTarget = says('.gitignore', /^\/?(?:\*\*\/)?target\b/m);
const makeTarget = "mkdir -p target && echo '*' > target/.gitignore";
const rust: Ecosystem = {
  manifest: /^Cargo\.toml$/,
  env: (folder) => (isVendored(folder) ? {} : { CARGO_HOME: `${deps}/cargo` }),
  setup: [
    [
      { when: isVendored, run: null },
      { when: has('Cargo.lock'), run: 'cargo fetch --locked', from: 'Cargo.lock' },
      { when: always, run: 'cargo fetch' },
    ],
    [
      { when: either(isVendored, ignoresTarget), run: null },
      { when: always, run: makeTarget },
    ],
    // Vendored crates are the repository's own files.
    [{ when: isVendored, run: null }, ...compiling(isWorkspace, 'dependencies')],
  ],
  compile: [{ when: isVendored, run: null }, ...compiling(isWorkspace, 'own')],
  verify: [
    [
      { when: isWorkspace, run: 'cargo test --offline --workspace', name: 'cargo test' },
      { when: always, run: 'cargo test --offline', name: 'cargo test' },
    ],
  ],
};

function compiling(workspace: Choice['when'], what: 'dependencies' | 'own'): readonly Choice[] {
  return [
    { when: workspace, run: cargoWorkspace[what] },
    { when: always, run: cargo[what] },
  ];
}

const go: Ecosystem = {
  manifest: /^go\.mod$/,
  env: () => ({ GOMODCACHE: `${deps}/go`, GOCACHE: `${deps}/go-build` }),
  setup: [
    [
      { when: either(has('vendor/modules.txt'), not(has('go.sum'))), run: null },
      { when: always, run: 'go mod download', from: 'go.sum' },
    ],
    [{ when: always, run: goSteps.dependencies }],
  ],
  compile: [{ when: always, run: goSteps.own }],
  verify: [[{ when: always, run: 'go vet ./...' }], [{ when: always, run: 'go test ./...' }]],
};

const maven: Ecosystem = {
  manifest: /^pom\.xml$/,
  env: () => ({ MAVEN_OPTS: `-Dmaven.repo.local=${deps}/maven`, MAVEN_USER_HOME: `${deps}/maven-home` }),
  setup: [
    [
      { when: has('mvnw'), run: mavenSteps.mvnw },
      { when: always, run: mavenSteps.mvn },
    ],
  ],
  verify: [
    [
      { when: has('mvnw'), run: './mvnw -B -ntp -o verify', name: 'mvn verify' },
      { when: always, run: 'mvn -B -ntp -o verify', name: 'mvn verify' },
    ],
  ],
};

// Only running the tests shows what they need, so setup runs them once and ignores their result.
const gradleSetup = (gradle: string) => `{ ${gradle} --no-daemon --continue check || true; }`;
const gradle: Ecosystem = {
  manifest: /^(?:settings|build)\.gradle(?:\.kts)?$/,
  env: () => ({ GRADLE_USER_HOME: `${deps}/gradle` }),
  setup: [
    [
      { when: has('gradlew'), run: gradleSetup('./gradlew') },
      { when: always, run: gradleSetup('gradle') },
    ],
  ],
  verify: [
    [
      { when: has('gradlew'), run: './gradlew --no-daemon --offline check', name: 'gradle check' },
      { when: always, run: 'gradle --no-daemon --offline check', name: 'gradle check' },
    ],
  ],
};

const ruby: Ecosystem = {
  manifest: /^Gemfile$/,
  env: () => ({ BUNDLE_PATH: `${deps}/bundle` }),
  setup: [
    [
      { when: has('Gemfile.lock'), run: 'BUNDLE_FROZEN=true bundle install', from: 'Gemfile.lock' },
      { when: always, run: 'bundle install' },
    ],
  ],
  verify: [
    [
      { when: any(/^spec\/.*_spec\.rb$/), run: 'bundle exec rspec', name: 'rspec' },
      { when: both(has('bin/rails'), any(/^test\/.*_test\.rb$/)), run: 'bin/rails test', name: 'rails test' },
      {
        when: both(has('Rakefile'), any(/^test\/.*(?:_test|test_\w+)\.rb$/)),
        run: 'bundle exec rake test',
        name: 'rake test',
      },
    ],
  ],
};

const php: Ecosystem = {
  manifest: /^composer\.json$/,
  setup: [[{ when: always, run: 'composer install --no-interaction' }]],
  verify: [
    [
      { when: says('composer.json', /"scripts"\s*:\s*\{[^}]*"test"\s*:/), run: 'composer test' },
      { when: has('phpunit.xml', 'phpunit.xml.dist', 'phpunit.dist.xml'), run: 'vendor/bin/phpunit' },
    ],
  ],
};

const dotnet: Ecosystem = {
  manifest: /\.(?:slnx?|csproj|fsproj|vbproj)$/,
  env: () => ({ NUGET_PACKAGES: `${deps}/nuget` }),
  setup: [[{ when: always, run: 'dotnet restore' }]],
  verify: [[{ when: always, run: 'dotnet test --no-restore', name: 'dotnet test' }]],
};

const elixir: Ecosystem = {
  manifest: /^mix\.exs$/,
  env: () => ({ MIX_HOME: `${deps}/mix`, HEX_HOME: `${deps}/hex` }),
  setup: [[{ when: always, run: 'mix local.hex --force && mix local.rebar --force && mix deps.get' }]],
  verify: [[{ when: always, run: 'mix test' }]],
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
