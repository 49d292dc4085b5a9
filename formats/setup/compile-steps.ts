// Steps with which a setup compiles, so that not every session and every verification compiles the same again: commands
// that only a setup of Coppice has. `coppice init` proposes them, and steps.ts knows them. There are two kinds:
// - Dependencies: third-party code alone. Their result holds nothing of the repository's own sources, so a verification
//   may reuse it. What cannot be compiled is left for later: these steps do not fail because of it.
// - Project: the repository's own sources. Agents start with the result, and their build tools compile what has changed since.
//   A verification never gets it (decision 19).

/**
 * Compiles everything that the module imports from elsewhere, the standard library included, as `go vet` and `go test` need
 * it: a test file with just these imports is vetted and linked. `-exec true` runs nothing.
 */
const goDependencies = `(
  warm=$(mktemp -d) &&
  { echo 'package warm';
    go list -e -deps -test -f '{{if ne .Name "main"}}{{if .Standard}}{{.ImportPath}}{{else if .Module}}{{if not .Module.Main}}{{if or (not .Module.Replace) .Module.Replace.Version}}{{.ImportPath}}{{end}}{{end}}{{end}}{{end}}' ./... |
    grep -vE ' |^(unsafe|C)?$|(^|/)(internal|vendor)(/|$)' | sed 's/.*/import _ "&"/'; } > "$warm/warm_test.go";
  go vet "$warm/warm_test.go"; go test -exec true "$warm/warm_test.go"; rm -rf "$warm"
)`;

const goOwn = '(go vet ./...; go test -exec true ./... || true)';

/**
 * Compiles the dependencies into `target`: of the manifests and sources a copy is built whose sources cannot be compiled,
 * so that neither the repository's own crates nor their build scripts can leave anything there.
 */
function cargoDependencies(workspace: boolean): string {
  return `(
  rm -rf target/dependencies; mkdir -p target/dependencies;
  git ls-files -z '*.rs' '*Cargo.toml' | xargs -0 cp --parents -t target/dependencies;
  cp Cargo.lock target/dependencies;
  find target/dependencies -name '*.rs' -exec sh -c 'for file do echo "compile_error!{\\"only dependencies are compiled here\\"} fn main() {}" > "$file"; done' sh {} +;
  (cd target/dependencies; cargo build --offline --tests${workspace ? ' --workspace' : ''} --keep-going --target-dir ..);
  rm -rf target/dependencies
)`;
}

function cargoOwn(workspace: boolean): string {
  return `(cargo test --offline${workspace ? ' --workspace' : ''} --no-run || true)`;
}

/**
 * Builds a copy of the project and runs its tests once, whatever their result: only that shows what a later build without
 * the network needs. Nothing is left but the downloads.
 */
function mavenDownloads(maven: string): string {
  return `(
  copy=$(mktemp -d); git ls-files -z | xargs -0 cp -P --parents -t "$copy"; [ ! -d .git ] || ln -s "$PWD/.git" "$copy/.git";
  (cd "$copy" && ${maven} -B -ntp verify -Dmaven.test.failure.ignore=true); code=$?; rm -rf "$copy"; exit $code
)`;
}

const scripts = {
  'go dependencies': goDependencies,
  'go project': goOwn,
  'cargo dependencies': cargoDependencies(false),
  'cargo project': cargoOwn(false),
  'cargo-workspace dependencies': cargoDependencies(true),
  'cargo-workspace project': cargoOwn(true),
  'mvn dependencies': mavenDownloads('mvn'),
  'mvnw dependencies': mavenDownloads('./mvnw'),
} as const;

const name = 'coppice_compile';

function step(what: keyof typeof scripts): string {
  return `${name} ${what}`;
}

export const mavenSteps = { mvn: step('mvn dependencies'), mvnw: step('mvnw dependencies') } as const;

export const compileSteps = {
  go: { dependencies: step('go dependencies'), own: step('go project') },
  cargo: { dependencies: step('cargo dependencies'), own: step('cargo project') },
  cargoWorkspace: { dependencies: step('cargo-workspace dependencies'), own: step('cargo-workspace project') },
} as const;

const { go, cargo, cargoWorkspace } = compileSteps;
const ofDependencies = new Map<string, 'go' | 'cargo' | 'maven'>([
  [mavenSteps.mvn, 'maven'],
  [mavenSteps.mvnw, 'maven'],
  [go.dependencies, 'go'],
  [cargo.dependencies, 'cargo'],
  [cargoWorkspace.dependencies, 'cargo'],
]);
const ofOwn = new Set<string>([go.own, cargo.own, cargoWorkspace.own]);

/** The manager whose downloads a step compiles or fetches; null = it is not such a step. */
export function managerOfStep(text: string): 'go' | 'cargo' | 'maven' | null {
  return ofDependencies.get(oneLine(text)) ?? null;
}

export function compilesOwn(text: string): boolean {
  return ofOwn.has(oneLine(text));
}

/** Whether a setup has such steps, among others. */
export function compilesInside(run: string): boolean {
  return new RegExp(String.raw`\b${name}\b`).test(run);
}

/** The program that a step starts; null = one of the repository's own, or the word is no such step. */
export function programOfStep(words: readonly string[]): string | null {
  const [, tool] = words[0] === name ? words : [];
  return tool === undefined || tool === 'mvnw' ? null : tool.replace('-workspace', '');
}

/** The command as a shell can run it. */
export function withCompileSteps(run: string): string {
  if (!compilesInside(run)) return run;
  const cases = Object.entries(scripts).map(([what, script]) => `'${what}')\n${script} ;;`);
  const unknown = `*) echo "${name}: there is no \\"$*\\"; there are ${Object.keys(scripts).join(', ')}" >&2; return 2 ;;`;
  return `${name}() {\ncase "$*" in\n${[...cases, unknown].join('\n')}\nesac\n}\n${run}`;
}

/** How steps are compared: single spaces, whatever the indentation. */
export function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}
