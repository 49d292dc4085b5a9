// Projects with a package.json: which package manager they use, and which scripts verify them.

import type { Choice, Ecosystem } from './ecosystem.ts';
import type { Folder } from './folder.ts';
import { any, both, either, has, not, says } from './folder.ts';
import { recordOf } from '../values.ts';

export const isBerry = either(says('yarn.lock', /^__metadata:/m), has('.yarnrc.yml'));
const usesBun = either(has('bun.lock'), has('bun.lockb'));
const hasNpmLock = has('package-lock.json', 'npm-shrinkwrap.json');
/** If there are several lock files, the manifest decides. */
export const declaresManager = (manager: string) =>
  says('package.json', new RegExp(`"packageManager"\\s*:\\s*"${manager}@`));
const uses = (manager: string, lock: ReturnType<typeof has>) =>
  both(
    lock,
    either(
      declaresManager(manager),
      not(either(...['npm', 'pnpm', 'yarn', 'bun'].map((each) => declaresManager(each)))),
    ),
  );

const setup: readonly Choice[] = [
  { when: uses('pnpm', has('pnpm-lock.yaml')), run: 'pnpm install --frozen-lockfile', from: 'pnpm-lock.yaml' },
  {
    when: both(uses('yarn', has('yarn.lock')), isBerry, not(says('.yarnrc.yml', /^nodeLinker:\s*['"]?node-modules/m))),
    // Otherwise the packages stay in the home folder, which is gone after the command.
    run: 'YARN_ENABLE_GLOBAL_CACHE=false yarn install --immutable',
    from: 'yarn.lock',
  },
  { when: both(uses('yarn', has('yarn.lock')), isBerry), run: 'yarn install --immutable', from: 'yarn.lock' },
  { when: uses('yarn', has('yarn.lock')), run: 'yarn install --frozen-lockfile', from: 'yarn.lock' },
  { when: uses('bun', usesBun), run: 'bun install --frozen-lockfile', from: 'bun.lock' },
  { when: uses('npm', hasNpmLock), run: 'npm ci', from: 'package-lock.json' },
  { when: declaresManager('pnpm'), run: 'pnpm install' },
  { when: declaresManager('yarn'), run: 'yarn install' },
  // Without --no-package-lock, the new lock file would become part of every unit's work.
  { when: (folder) => hasDependencies(folder), run: 'npm install --no-package-lock' },
];

/** Cheap ones first. Scripts that watch or change files verify nothing. */
const scriptNames: readonly (readonly string[])[] = [
  ['typecheck', 'type-check', 'check:types', 'check-types', 'tsc'],
  ['lint', 'lint:check'],
  ['test', 'test:ci', 'test:unit', 'tests'],
];

export const node: Ecosystem = {
  manifest: /^package\.json$/,
  setup: [setup],
  verify: [
    ...scriptNames.map((names) => names.map(scriptChoice)),
    // A package with neither tests nor types is at least built.
    ['build'].map((name) => ({ ...scriptChoice(name), when: both(hasScript(name), not(hasTests)) })),
  ],
};

function scriptChoice(name: string): Choice {
  return { when: hasScript(name), run: (folder) => scriptCommand(folder, name) };
}

function hasScript(name: string): (folder: Folder) => boolean {
  return (folder) => {
    const script = manifestOf(folder).scripts[name];
    return (
      script !== undefined &&
      !/no test specified/.test(script) &&
      !/--(?:watch(?:All)?(?!=false)|fix|write)\b/.test(script)
    );
  };
}

function hasTests(folder: Folder): boolean {
  return scriptNames.filter((_, i) => i !== 1).some((names) => names.some((name) => hasScript(name)(folder)));
}

function scriptCommand(folder: Folder, name: string): string {
  // Create React App watches files unless `CI` is set.
  const quiet = /react-scripts test/.test(manifestOf(folder).scripts[name] ?? '') ? 'CI=true ' : '';
  const short = name === 'test' && managerOf(folder) !== 'bun' ? 'test' : `run ${name}`;
  return `${quiet}${managerOf(folder)} ${short}`;
}

function managerOf(folder: Folder): string {
  const chosen = setup.find(({ when }) => when(folder))?.run;
  return /\b(?:pnpm|yarn|bun)\b/.exec(typeof chosen === 'string' ? chosen : '')?.[0] ?? 'npm';
}

function hasDependencies(folder: Folder): boolean {
  const { dependencies, devDependencies } = manifestOf(folder);
  return (
    [dependencies, devDependencies].some((each) => Object.keys(each).length > 0) || any(/\/package\.json$/)(folder)
  );
}

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: object;
  readonly devDependencies: object;
}

/** The fields of package.json that have the shape npm expects. */
function manifestOf(folder: Folder): Manifest {
  const value = parsed(folder.text('package.json'));
  const { scripts, dependencies, devDependencies } = value as Record<string, unknown>;
  return {
    scripts: Object.fromEntries(
      Object.entries(recordOf(scripts)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
    dependencies: recordOf(dependencies),
    devDependencies: recordOf(devDependencies),
  };
}

function parsed(text: string): object {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return {};
  }
}
