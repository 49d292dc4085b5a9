import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { findInputs } from '../../formats/setup/inputs.ts';
import { readSetup } from '../../formats/setup/steps.ts';

const fileOf = (path: string) => ({ path, id: `id of ${path}`, mode: '100644' });
const none = () => Promise.resolve([]);

/** The managers of a command of nothing but installs that are known. */
function managers(run: string): string[] | null {
  const { installs, rest } = readSetup(run);
  return rest === null && installs.length > 0 ? installs.map(({ manager }) => manager) : null;
}

async function inputsOf(run: string, paths: string[], packages: string[] = [], inputs?: string[]) {
  const setup = inputs === undefined ? { run } : { run, inputs };
  let given = 0;
  const textsOf = (files: readonly { path: string }[]) =>
    Promise.resolve(files.map(({ path }) => (path.endsWith('package.json') ? (packages[given++] ?? '{}') : '')));
  const found = await findInputs(setup, paths.map(fileOf), { textsOf, purpose: 'agent' });
  return found.reads === 'everything' ? 'everything' : found.files.map(({ path }) => path);
}

describe('what a setup reads', () => {
  it('is, for an install that is known, what package managers read, wherever it is', async () => {
    const read = [
      'package.json',
      'packages/a/package.json',
      'package-lock.json',
      '.npmrc',
      '.nvmrc',
      'patches/x.patch',
    ];
    expect(await inputsOf('npm ci', [...read, 'src/a.ts', 'README.md', 'src/package.json.txt'])).toEqual(read);
  });

  it('is, beside that, what its author says', async () => {
    const paths = ['package.json', 'scripts/setup.sh', 'src/a.ts'];
    expect(await inputsOf('./scripts/setup.sh', paths, [], ['scripts/**'])).toEqual(paths.slice(0, 2));
    expect(await inputsOf('./scripts/setup.sh', paths, [], [])).toEqual(['package.json']);
  });

  it.each([
    ['nobody knows the command', './setup.sh', ['package.json'], []],
    ['there is nothing that an install reads', 'npm ci', ['src/a.ts'], []],
    ['the install runs a script of the repository', 'npm ci', ['package.json'], ['{"scripts":{"prepare":"make"}}']],
    ['a package of the tree is copied', 'yarn install', ['package.json'], ['{"dependencies":{"a":"file:../a"}}']],
    ['a package.json is broken', 'npm ci', ['package.json'], ['{']],
    ['the install compiles', 'npm ci', ['package.json', 'binding.gyp'], ['{}']],
  ])('is everything where %s', async (_why, run, paths, packages) => {
    expect(await inputsOf(run, paths, packages)).toBe('everything');
  });

  it('is not everything for scripts that an install does not run', async () => {
    const packages = ['{"scripts":{"test":"vitest","build":"tsc"}}', '{}'];
    expect(await inputsOf('npm ci', ['package.json'], packages)).toEqual(['package.json']);
  });
});

describe('an install that is known', () => {
  it.each([
    'npm ci',
    'npm install --no-audit --no-fund',
    'pnpm install --frozen-lockfile',
    'yarn',
    'corepack enable && yarn install --immutable',
    'npm ci --registry=https://registry.example.com/npm/\n',
  ])('%j is one of JavaScript', (run) =>
    expect(managers(run)?.every((name) => ['npm', 'pnpm', 'yarn'].includes(name))).toBe(true),
  );

  it.each([
    'go mod download',
    'cargo fetch --locked',
    'poetry install --no-root',
    'uv sync --frozen --no-install-project',
  ])('%j is one of another language', (run) => expect(managers(run)).toHaveLength(1));

  it.each([
    'npm ci && npm run build',
    'npm ci; make',
    'npm ci | tee log',
    'npm ci --prefix sub $(cat x)',
    'npm ci --userconfig=conf',
    'npm install left-pad',
    'NODE_ENV=x npm ci',
    'make',
    '# npm ci',
  ])('%j is none', (run) => expect(managers(run)).toBeNull());

  it('has nothing else in its command line', () => {
    const part = fc.constantFrom(
      'npm ci',
      'yarn install',
      'go mod download',
      '--force',
      'make',
      ';',
      '&&',
      '||',
      '|',
      '`x`',
      '$X',
      '\n',
      '>x',
      '&',
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const command = parts.join(' ');
        if (managers(command) !== null) expect(command).not.toMatch(/make|;|\||`|\$|>|(?<!&)&(?!&)/);
      }),
    );
  });

  it('is never found in what has no install at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        fc.pre(!/npm|yarn|bun|corepack|go|cargo|uv|poetry|composer/.test(text) && text.trim() !== '');
        expect(await findInputs({ run: text }, [fileOf('package.json')], { textsOf: none, purpose: 'agent' })).toEqual({
          reads: 'everything',
        });
      }),
    );
  });
});
