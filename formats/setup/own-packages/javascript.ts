// Whether an install of npm, pnpm, Yarn or Bun builds or copies packages of the repository itself. Links into the
// repository, as in workspaces, count as neither.

import { type Manifests, textsOf } from './manifests.ts';
import { recordOf } from '../../values.ts';

export function javascript(command: string, { files, paths }: Manifests): boolean {
  const packages = textsOf(files, /package\.json$/).map(parsePackage);
  const compiles = paths.some((path) => /(?:^|\/)binding\.gyp$/.test(path));
  const runsScripts = !/ --ignore-scripts(?: |$)| --mode=skip-build(?: |$)/.test(command);
  return (
    packages.some((each) => each === null || each.specs.some(isLocal) || each.injects) ||
    (runsScripts && (compiles || packages.some((each) => each === null || builds(each, packages)))) ||
    textsOf(files, /(?:package-lock|npm-shrinkwrap)\.json$/).some((text) =>
      /"(?:resolved|version)":\s*"(?:git\+)?file:/.test(text),
    ) ||
    textsOf(files, /(?:pnpm-lock\.yaml|bun\.lockb?)$/).some((text) => /(?:^|[\s'"({@])file:/m.test(text)) ||
    textsOf(files, /yarn\.lock$/).some((text) => /(?:@|resolved ")(?:git\+)?(?:file|portal|exec):/.test(text)) ||
    textsOf(files, /\.npmrc$/).some((text) =>
      /^\s*(?:inject-\S*|node-options|script-shell|onload-script)\s*=/m.test(text),
    ) ||
    textsOf(files, /pnpm-workspace\.yaml$/).some((text) => /inject|file:(?! )|nodeOptions|scriptShell/i.test(text)) ||
    textsOf(files, /\.yarnrc\.yml$/).some((text) =>
      /^\s*-?\s*path:\s*["']?(?!\.yarn\/plugins\/@yarnpkg\/)/m.test(text),
    ) ||
    textsOf(files, /\.pnpmfile\.[cm]?js$/).length > 0
  );
}

interface Package {
  readonly name: string;
  readonly scripts: Readonly<Record<string, unknown>>;
  /** The sources of its dependencies, overrides included. */
  readonly specs: readonly string[];
  readonly dependencies: readonly string[];
  /** Whether the install copies packages of the workspace. */
  readonly injects: boolean;
}

const dependencyKeys = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

/** Null if it cannot be understood. */
function parsePackage(text: string): Package | null {
  try {
    const value = recordOf(JSON.parse(text));
    const { name, scripts } = value;
    if (scripts !== undefined && (typeof scripts !== 'object' || scripts === null)) return null;
    return {
      name: typeof name === 'string' ? name : '',
      scripts: recordOf(scripts),
      specs: [...dependencyKeys, 'overrides', 'resolutions', 'pnpm'].flatMap((key) => stringsIn(value[key])),
      dependencies: dependencyKeys.flatMap((key) => Object.keys(recordOf(value[key]))),
      injects: /"injected"/.test(text),
    };
  } catch {
    return null;
  }
}

function isLocal(spec: string): boolean {
  return (
    /^(?:git\+)?(?:file|portal|exec):|^[./~]/.test(spec) || (/\.(?:tgz|tar|tar\.gz)$/.test(spec) && !/:\/\//.test(spec))
  );
}

/** Scripts of a package.json that an install runs: they may read and write anything. */
const installScripts = [
  ...['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare', 'prepublish'],
  ...['dependencies', 'pnpm:devPreinstall'],
];
/** Managers of git hooks: nothing they write is verified. */
const hookManagers = ['husky', 'lefthook', 'simple-git-hooks', 'is-ci'];
const launcher = String.raw`(?:(?:npx(?: --no(?:-install)?)?|pnpm(?: exec)?|yarn|(?:\.\/)?node_modules\/\.bin\/) ?)?`;
const hookStep = String.raw`(?:${launcher}(?:husky(?: install)?(?: \.husky)?|lefthook install(?: -f| --force)?|simple-git-hooks|is-ci)|true|:|exit 0)`;
const hooksAlone = new RegExp(String.raw`^${hookStep}(?: ?(?:\|\||&&|;) ?${hookStep})*$`);
/** Third-party packages whose own scripts generate code from the repository's files. */
const generators = ['prisma', '@prisma/client', '@sveltejs/kit', '@nuxt/kit', 'nuxt', 'contentlayer', 'velite'];

function builds({ scripts, dependencies }: Package, all: readonly (Package | null)[]): boolean {
  if (dependencies.some((name) => generators.includes(name))) return true;
  const run = installScripts.flatMap((name) => (name in scripts ? [scripts[name]] : []));
  if (run.length === 0) return false;
  // If a package of the repository has such a name, the script may run that package instead.
  if (all.some((each) => each === null || hookManagers.includes(each.name))) return true;
  return run.some((script) => typeof script !== 'string' || !hooksAlone.test(script.trim().replaceAll(/\s+/g, ' ')));
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
