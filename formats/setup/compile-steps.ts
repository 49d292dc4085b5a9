// Steps with which a setup compiles, so that not every session and every verification compiles the same again.
// `coppice init` proposes them, and steps.ts recognises them by their exact text. There are two kinds:
// - Dependencies: third-party code alone. Their result holds nothing of the repository's own sources, so a verification
//   may reuse it. What cannot be compiled is left for later: these steps do not fail because of it.
// - Own: the repository's own sources. Agents start with the result, and their build tools compile what has changed since.
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

export const mavenSteps = { mvn: mavenDownloads('mvn'), mvnw: mavenDownloads('./mvnw') } as const;

export const compileSteps = {
  go: { dependencies: goDependencies, own: goOwn },
  cargo: { dependencies: cargoDependencies(false), own: cargoOwn(false) },
  cargoWorkspace: { dependencies: cargoDependencies(true), own: cargoOwn(true) },
} as const;

const { go, cargo, cargoWorkspace } = compileSteps;
const ofDependencies = new Map<string, 'go' | 'cargo' | 'maven'>([
  [oneLine(mavenSteps.mvn), 'maven'],
  [oneLine(mavenSteps.mvnw), 'maven'],
  [oneLine(go.dependencies), 'go'],
  [oneLine(cargo.dependencies), 'cargo'],
  [oneLine(cargoWorkspace.dependencies), 'cargo'],
]);
const ofOwn = new Set([go.own, cargo.own, cargoWorkspace.own].map((step) => oneLine(step)));

/** The manager whose downloads a step compiles or fetches; null = it is not such a step. */
export function managerOfStep(step: string): 'go' | 'cargo' | 'maven' | null {
  return ofDependencies.get(oneLine(step)) ?? null;
}

export function compilesOwn(step: string): boolean {
  return ofOwn.has(oneLine(step));
}

/** Whether a setup compiles with such steps, among others. */
export function compilesInside(run: string): boolean {
  const steps = Object.values(compileSteps).flatMap(({ dependencies, own }) => [dependencies, own]);
  return steps.some((step) => oneLine(run).includes(oneLine(step)));
}

/** How steps are compared: single spaces, whatever the indentation. */
export function oneLine(step: string): string {
  return step.trim().replaceAll(/\s+/g, ' ');
}
