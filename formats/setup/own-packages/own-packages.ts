// Whether an install leaves only third-party code behind, or also files that are built or copied from the repository's
// own packages and are therefore valid for those very sources only. If it does not understand something, it assumes the
// latter.

import type { Install, Manager } from '../steps.ts';
import { type Manifests, textsOf } from './manifests.ts';
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
  // Both only download: path replacements and workspace members are used in place.
  go: () => false,
  cargo: () => false,
  uv,
  poetry,
  pip,
  composer,
  bundler,
};

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
