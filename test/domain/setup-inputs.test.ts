import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { findInputs, knownInstall } from '../../domain/setup-inputs.ts';

const fileOf = (path: string) => ({ path, id: `id of ${path}`, mode: '100644' });
const none = () => Promise.resolve([]);

async function inputsOf(run: string, paths: string[], packages: string[] = [], inputs?: string[]) {
  const setup = inputs === undefined ? { run } : { run, inputs };
  const found = await findInputs(setup, paths.map(fileOf), () => Promise.resolve(packages));
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
  ])('%j is one of JavaScript', (run) => expect(knownInstall(run)).toBe('javascript'));

  it.each([
    'go mod download',
    'cargo fetch --locked',
    'poetry install --no-root',
    'uv sync --frozen --no-install-project',
  ])('%j is one of another language', (run) => expect(knownInstall(run)).toBe('other'));

  it.each([
    'npm ci && npm run build',
    'npm ci; make',
    'npm ci | tee log',
    'npm ci --prefix sub $(cat x)',
    'npm ci --userconfig=conf',
    'npm install left-pad',
    'NODE_ENV=x npm ci',
    'poetry install',
    'uv sync',
    'make',
    '# npm ci',
  ])('%j is none', (run) => expect(knownInstall(run)).toBeNull());

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
        if (knownInstall(command) !== null) expect(command).not.toMatch(/make|;|\||`|\$|>|(?<!&)&(?!&)/);
      }),
    );
  });

  it('is never found in what has no install at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        fc.pre(!/npm|yarn|bun|corepack|go|cargo|uv|poetry|composer/.test(text) && text.trim() !== '');
        expect(await findInputs({ run: text }, [fileOf('package.json')], none)).toEqual({ reads: 'everything' });
      }),
    );
  });
});
