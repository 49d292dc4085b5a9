// Whether an install of uv, Poetry or pip builds or copies packages of the repository itself.

import { type Manifests, textsOf } from './manifests.ts';

export function uv(command: string, { files }: Manifests): boolean {
  if (/ --no-install-local(?: |$)/.test(command)) return false;
  const leavesOut = / --no-install-(?:project|workspace)(?: |$)/.test(command);
  const locks = textsOf(files, /uv\.lock$/);
  if (locks.length === 0) return true;
  const sources = locks.flatMap((text) => [...text.matchAll(/^source = \{ (\w+) = "([^"]*)"/gm)]);
  const projects = textsOf(files, /pyproject\.toml$/);
  return (
    sources.some(([, kind = '', where = '']) => {
      if (kind === 'editable') return !(leavesOut && where === '.') && !projects.every(isPlain);
      return kind === 'directory' || kind === 'path';
    }) ||
    projects.some((text) => hasLocalSource(text)) ||
    (!leavesOut && !projects.every(isPlain))
  );
}

function hasLocalSource(project: string): boolean {
  const section = /^\[tool\.uv\.sources\]\n([^]*?)(?=^\[|(?![^]))/m.exec(project)?.[1] ?? '';
  return /\bpath\s*=/.test(section) || /^\[tool\.uv\.sources\.[^\]]*\][^[]*\bpath\s*=/m.test(project);
}

export function poetry(command: string, { files }: Manifests): boolean {
  const projects = textsOf(files, /pyproject\.toml$/);
  return (
    textsOf(files, /poetry\.lock$/).some((text) => /^type = "(?:directory|file)"/m.test(text)) ||
    projects.some((text) => /\bpath\s*=|@ ?file:/.test(text)) ||
    (!/ --no-root(?: |$)/.test(command) && !projects.every(isPlain))
  );
}

/**
 * Whether installing the project itself leaves nothing but the name of its folder and the content of its
 * pyproject.toml. Not so with a build of its own, or with metadata computed from sources.
 */
function isPlain(project: string): boolean {
  const buildSystem = /^\[build-system\]\n([^]*?)(?=^\[|(?![^]))/m.exec(project)?.[1];
  if (buildSystem === undefined) return !/^package\s*=\s*true/m.test(project);
  const backend = /^build-backend\s*=\s*["']([^"']+)["']/m.exec(buildSystem)?.[1] ?? '';
  return (
    ['uv_build', 'hatchling.build', 'flit_core.buildapi', 'poetry.core.masonry.api'].includes(backend) &&
    !/backend-path/.test(buildSystem) &&
    !/^dynamic\s*=|^\[tool\.hatch\.(?!envs)|^\[tool\.poetry\.build|^build\s*=|^\[tool\.uv\.build-backend\.data/m.test(
      project,
    )
  );
}

export function pip(command: string, { files }: Manifests): boolean {
  const known = new Set(files.map(({ path }) => path));
  const named = [...command.matchAll(/ -[rc] (\S+)/g)].map(([, name = '']) => name);
  const lists = files.filter(({ path }) =>
    /(?:requirements|constraints)[^/]*\.(?:txt|in)$|(?:^|\/)requirements\//.test(path),
  );
  return (
    named.some((name) => !known.has(name)) ||
    lists.some(({ path, text }) => text.split('\n').some((line) => isLocalLine(line.trim(), path, known)))
  );
}

function isLocalLine(line: string, from: string, known: ReadonlySet<string>): boolean {
  const included = /^(?:-[rc]|--requirement|--constraint)[ =]?\s*(\S+)/.exec(line)?.[1];
  if (included !== undefined) return !known.has(`${from.slice(0, from.lastIndexOf('/') + 1)}${included}`);
  if (line === '' || line.startsWith('#')) return false;
  const remote = /^[\w.[\],-]+\s*@\s*(?:git\+)?https?:\/\//.test(line) || /^(?:git\+)?https?:\/\//.test(line);
  return (
    !remote &&
    (/^(?:-e|--editable|--find-links|-f)\b|^[./~]|file:/.test(line) ||
      /\.(?:whl|zip|tar\.gz|tgz)\b/.test(line) ||
      /^[\w-]+\//.test(line))
  );
}
