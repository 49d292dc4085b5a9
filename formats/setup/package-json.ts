// What an install reads of a package.json. People often edit it for reasons that do not affect an install: a script, a
// description, the settings of a linter.

/** Fields that no package manager reads when it installs. All other fields count. */
const ignored = new Set([
  ...['author', 'browserslist', 'bugs', 'contributors', 'description', 'funding', 'homepage', 'keywords', 'license'],
  ...['maintainers', 'repository', 'sideEffects'],
  // How the package is loaded once it is installed.
  ...['browser', 'exports', 'imports', 'main', 'module', 'type', 'types', 'typings'],
  // Settings of tools.
  ...['ava', 'babel', 'c8', 'commitlint', 'eslintConfig', 'eslintIgnore', 'jest', 'lint-staged', 'mocha', 'nyc'],
  ...['prettier', 'release', 'stylelint', 'xo'],
]);

/** Scripts that an install runs. */
const lifecycle = /^(?:pre|post)?(?:install|prepare|prepublish|dependencies)$|^prepublishOnly$/;

/**
 * The rest as text, equal for two files exactly when an install reads the same from both; the whole text if it is not a
 * JSON object.
 */
export function installText(text: string): string {
  const json = parse(text);
  if (json === null) return text;
  const kept = Object.entries(json).flatMap(([name, value]) => {
    if (ignored.has(name)) return [];
    return [[name, name === 'scripts' ? lifecycleOf(value) : value]];
  });
  return JSON.stringify(kept);
}

function lifecycleOf(scripts: unknown): unknown {
  if (typeof scripts !== 'object' || scripts === null) return scripts;
  return Object.entries(scripts).filter(([name]) => lifecycle.test(name));
}

function parse(text: string): object | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : null;
  } catch {
    return null;
  }
}
