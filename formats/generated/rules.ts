// What `queue.regenerate` means for a merge: which rules it needs, which files a command gets, and which of them decide
// where a command connects or what it runs. Pure; uses globs, so never imported by workflow code.

import type { RegenerateRule } from '../../contracts/documents/config.ts';
import { type AmbiguousNames, readGlobs } from '../globs/path-globs.ts';
import { setupInputMatcher } from '../setup/inputs.ts';

/** A rule, as it reads the paths of a repository. */
export interface GeneratedFiles {
  readonly rule: RegenerateRule;
  /** Files that the command writes: those that match, unless an earlier rule matches them, too. */
  writes(path: string): boolean;
  /** Files that the command gets besides its own. */
  reads(path: string): boolean;
  /** Files that the command gets empty, because it only looks whether they are there. */
  looksFor(path: string): boolean;
  /**
   * Files that may say where the command connects, or what it runs: settings of package managers, and all files that the
   * rule names itself.
   */
  isSteeredBy(path: string): boolean;
}

/** `target`: the target's ambiguous names; needed only where globs are ambiguous. */
export function generatedFiles(rules: readonly RegenerateRule[], target: AmbiguousNames): GeneratedFiles[] {
  const written = rules.map(({ paths }) => readGlobs(paths, target));
  return rules.map((rule, index) => {
    const earlier = written.slice(0, index);
    const inputs = setupInputMatcher(rule.inputs ?? []);
    const declared = readGlobs(rule.inputs ?? [], []);
    const sources = rule.paths.map((path) => sourcesOf[nameOf(path)] ?? {});
    return {
      rule,
      writes: (path) =>
        written[index]?.surely(path) === true && !isForeign(path) && !earlier.some((each) => each.surely(path)),
      reads: (path) => !isForeign(path) && (inputs(path) || sources.some(({ read }) => read?.test(path) === true)),
      looksFor: (path) => !isForeign(path) && sources.some(({ lookedFor }) => lookedFor?.test(path) === true),
      isSteeredBy: (path) => settings.test(path) || declared.possibly(path),
    };
  });
}

/** Sources that a lock file's tool looks at. */
const sourcesOf: Readonly<Record<string, { readonly read?: RegExp; readonly lookedFor?: RegExp }>> = {
  // `go mod tidy` collects the imports.
  'go.sum': { read: /\.go$/ },
  'go.work.sum': { read: /\.go$/ },
  // cargo refuses a package without a file that it could compile.
  'Cargo.lock': { lookedFor: /\.rs$/ },
};

/** Folders of installed packages hold manifests and lock files of other projects. */
function isForeign(path: string): boolean {
  return /(?:^|\/)(?:node_modules|\.git|\.deps)\//.test(path);
}

/** `.yarn` also has packages, which are data. */
const settings =
  /(?:^|\/)(?:\.npmrc|\.yarnrc(?:\.yml)?|bunfig\.toml|\.pnpmfile\.[cm]?js|uv\.toml|poetry\.toml|setup\.(?:py|cfg))$|(?:^|\/)\.(?:yarn\/(?:releases|plugins|sdks)|cargo|bundle|mvn)\//;

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
