// Python projects: which tool installs them, always into `.venv` of the worktree, and which command runs their tests
// there.

import type { Choice, Ecosystem } from './ecosystem.ts';
import type { Condition, Folder } from './folder.ts';
import { deps } from './ecosystem.ts';
import { any, both, either, has, not, says } from './folder.ts';

const requirementFiles = [
  'requirements-dev.txt',
  'dev-requirements.txt',
  'requirements/dev.txt',
  'requirements-test.txt',
  'test-requirements.txt',
  'requirements/test.txt',
  'requirements.txt',
];
const usesPoetry = either(has('poetry.lock'), says('pyproject.toml', /^\[tool\.poetry\]/m));

/** In order of preference, if a repository has several. */
const tools: readonly {
  readonly when: Condition;
  readonly install: string;
  readonly runs: string;
  readonly env: Readonly<Record<string, string>>;
  readonly from?: string;
}[] = [
  {
    when: has('uv.lock'),
    install: 'uv sync --locked',
    runs: 'uv run --no-sync',
    // pip compiles what it installs by itself.
    env: { UV_CACHE_DIR: `${deps}/uv`, UV_COMPILE_BYTECODE: '1' },
    from: 'uv.lock',
  },
  {
    when: usesPoetry,
    install: 'poetry install --no-interaction',
    runs: 'poetry run',
    env: { POETRY_CACHE_DIR: `${deps}/poetry`, POETRY_VIRTUALENVS_IN_PROJECT: 'true' },
  },
  {
    when: has('pdm.lock'),
    install: 'pdm sync',
    runs: 'pdm run',
    env: { PDM_CACHE_DIR: `${deps}/pdm` },
    from: 'pdm.lock',
  },
  {
    when: has('Pipfile.lock'),
    install: 'pipenv sync --dev',
    runs: 'pipenv run',
    env: { PIPENV_CACHE_DIR: `${deps}/pipenv`, PIPENV_VENV_IN_PROJECT: '1' },
    from: 'Pipfile.lock',
  },
];

// Virtual environments made by Python before 3.13 do not ignore themselves.
const venv = "python3 -m venv .venv && echo '*' > .venv/.gitignore && .venv/bin/pip install";
const isPackage = either(says('pyproject.toml', /^\[(?:project|build-system)\]/m), has('setup.py'));

const setup: readonly Choice[] = [
  ...tools.map(({ when, install, from }) => ({ when, run: install, ...(from === undefined ? {} : { from }) })),
  { when: has(...requirementFiles), run: (folder) => `${venv} ${wanted(folder)}` },
  { when: isPackage, run: (folder) => `${venv} -e ${ownExtras(folder)}` },
];

const speaksOfPytest = either(
  has('pytest.ini', 'conftest.py', 'tests/conftest.py'),
  ...['pyproject.toml', 'setup.cfg', 'tox.ini', 'Pipfile', ...requirementFiles].map((name) => says(name, /\bpytest\b/)),
);
const hasTests = any(/(?:^|\/)(?:test_\w+|\w+_test|tests)\.py$/);

export const python: Ecosystem = {
  manifest: /^(?:pyproject\.toml|setup\.py|requirements\.txt|Pipfile)$/,
  env: envOf,
  setup: [setup],
  verify: [
    [
      ...tools.map(({ when, runs }) => ({ when: both(when, speaksOfPytest), run: `${runs} pytest`, name: 'pytest' })),
      {
        when: both(speaksOfPytest, either(has(...requirementFiles), isPackage)),
        run: '.venv/bin/python -m pytest',
        name: 'pytest',
      },
      { when: both(has('manage.py'), not(speaksOfPytest)), run: (folder) => `${pythonOf(folder)} manage.py test` },
      { when: hasTests, run: (folder) => `${pythonOf(folder)} -m unittest` },
    ],
  ],
};

function envOf(folder: Folder): Readonly<Record<string, string>> {
  const tool = tools.find(({ when }) => when(folder));
  if (tool !== undefined) return tool.env;
  return setup.some(({ when }) => when(folder)) ? { PIP_CACHE_DIR: `${deps}/pip` } : {};
}

function pythonOf(folder: Folder): string {
  const tool = tools.find(({ when }) => when(folder));
  if (tool !== undefined) return `${tool.runs} python`;
  return setup.some(({ when }) => when(folder)) ? '.venv/bin/python' : 'python3';
}

/** Requirement files: the development list, after the main one if both exist; then the package itself. */
function wanted(folder: Folder): string {
  const development = requirementFiles.find((name) => name !== 'requirements.txt' && folder.has(name));
  const all = development === undefined ? ['requirements.txt'] : ['requirements.txt', development];
  const files = all.filter((name) => folder.has(name)).map((name) => `-r ${name}`);
  const itself =
    isPackage(folder) && !files.some((_, i) => /^-e \./m.test(folder.text(all[i] ?? '')))
      ? [`-e ${ownExtras(folder)}`]
      : [];
  return [...files, ...itself].join(' ');
}

/** The package itself, with its extras for tests and development. */
function ownExtras(folder: Folder): string {
  const section =
    /^\[project\.optional-dependencies\]\n([^]*?)(?=^\[|(?![^]))/m.exec(folder.text('pyproject.toml'))?.[1] ?? '';
  const extras = ['dev', 'test', 'tests', 'testing'].filter((name) => new RegExp(`^${name}\\s*=`, 'm').test(section));
  return extras.length === 0 ? '.' : `'.[${extras.join(',')}]'`;
}
