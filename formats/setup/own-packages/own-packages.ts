// Whether an install leaves only third-party code behind, or also files that are built or copied from the repository's
// own packages and are therefore valid for those very sources only. If it does not understand something, it assumes the
// latter.

import type { Install, Manager } from '../steps.ts';
import { type Manifests, textsOf } from './manifests.ts';
import { managerOfStep } from '../compile-steps.ts';
import { javascript } from './javascript.ts';
import { pip, poetry, uv } from './python.ts';

export function holdsOwnPackages(installs: readonly Install[], manifests: Manifests): boolean {
  return installs.some((install) => rules[install.manager](install.command, manifests));
}

type Rule = (command: string, manifests: Manifests) => boolean;

const rules: Readonly<Record<Manager, Rule>> = {
  npm: javascript,
  pnpm: javascript,
  yarn: javascript,
  bun: javascript,
  go,
  cargo,
  maven,
  uv,
  poetry,
  pip,
  composer,
  bundler,
};

/**
 * A download leaves replacements by path in place. What is compiled of the tree (vendored or replaced modules) is kept by
 * its content, but Go does not see the C files that it includes from other folders.
 */
function go(command: string, { files, paths }: Manifests): boolean {
  if (managerOfStep(command) === null) return false;
  const hasReplacement = textsOf(files, /go\.(?:mod|work)$/).some((text) => /=>\s*\.{0,2}\//.test(text));
  return paths.some((path) => ofC.test(path) && (hasReplacement || /(?:^|\/)vendor\//.test(path)));
}

const ofC = /\.(?:c|cc|cpp|cxx|h|hh|hpp|hxx|inc|inl|ipp|m|mm|def|tbl|a|o|so|syso|swig|swigcxx)$/i;

/**
 * A download leaves path dependencies and workspace members in place, and no source of theirs is compiled with the
 * dependencies. Vendored crates are the tree's own files.
 */
function cargo(command: string, { files }: Manifests): boolean {
  return (
    managerOfStep(command) !== null &&
    textsOf(files, /\.cargo\/config(?:\.toml)?$/).some((text) => /\b(?:directory|local-registry|paths)\b/.test(text))
  );
}

/** What a build installs into the local repository is the project's own, and so is what a pom takes from its folders. */
function maven(_command: string, { files }: Manifests): boolean {
  return textsOf(files, /pom\.xml$/).some((text) => /\binstall\b|\binvoker\b|systemPath|file:/.test(text));
}

function composer(command: string, { files }: Manifests): boolean {
  const optimised = / (?:-o|-a|--optimize-autoloader|--classmap-authoritative)(?: |$)/.test(command);
  const runsScripts = !/ --no-scripts(?: |$)/.test(command);
  return (
    optimised ||
    textsOf(files, /composer\.lock$/).some((text) => /"type":\s*"path"/.test(text)) ||
    textsOf(files, /composer\.json$/).some(
      (text) =>
        /"type"\s*:\s*"path"|"classmap"|"(?:optimize-autoloader|classmap-authoritative)"\s*:\s*true/.test(text) ||
        (runsScripts && /"(?:pre|post)-[a-z-]+"\s*:/.test(text)),
    )
  );
}

function bundler(_command: string, { files }: Manifests): boolean {
  return (
    textsOf(files, /(?:^|\/)(?:Gemfile|gems\.rb)$/).some((text) =>
      /\bpath\b|\bgemspec\b|\beval_gemfile\b|\brequire/.test(text),
    ) || textsOf(files, /Gemfile\.lock$/).some((text) => /^PATH$/m.test(text))
  );
}
