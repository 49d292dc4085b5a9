// Another project that depends on Coppice: the result of `npm pack` on this checkout, installed from the tarball
// without install scripts. Also the Node versions that such projects run on.

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/** TypeScript before it was rewritten; the rewritten one is this checkout's. */
const oldTypeScript = '5.9.3';
/** Options with which npm asks and says as little as it can. */
export const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--prefer-offline', '--loglevel=error'];

export interface Packed {
  readonly tarball: string;
  /** Paths in it. */
  readonly files: readonly string[];
  readonly unpackedBytes: number;
}

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** `npm pack` at the top of the checkout, as its documentation says it. */
export async function pack(folder: string): Promise<Packed> {
  mkdirSync(folder, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[]; unpackedSize: number }[];
  if (packed === undefined) throw new Error(`npm pack printed no package: ${stdout}`);
  return {
    tarball: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path),
    unpackedBytes: packed.unpackedSize,
  };
}

/** Scripts from `fixtures/`, ready to compile. */
export async function makeProject(folder: string, tarball: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'test/package/fixtures'), folder, { recursive: true });
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { coppice: `file:${tarball}` },
    devDependencies: { '@types/node': ourManifest().devDependencies['@types/node'], typescript: oldTypeScript },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2022', 'esnext.disposable'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    // So that what the package declares is checked, too.
    skipLibCheck: false,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  await run('npm', ['install', '--ignore-scripts', ...quiet], { cwd: folder });
}

/** Both generations of TypeScript; the answer of each is what it complains about. */
export const compilers = {
  [`TypeScript ${oldTypeScript}`]: (folder: string, ...args: string[]) =>
    compile(join(folder, 'node_modules/.bin/tsc'), folder, args),
  'the TypeScript of this checkout': (folder: string, ...args: string[]) =>
    compile(join(root, 'node_modules/.bin/tsc'), folder, args),
};

async function compile(compiler: string, folder: string, args: readonly string[]): Promise<string> {
  return run(compiler, ['--pretty', 'false', ...args], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (error: unknown) => {
      if (typeof error === 'object' && error !== null && 'stdout' in error) return String(error.stdout);
      throw error;
    },
  );
}

export function ownVersion(): string {
  return ourManifest().version;
}

/** The oldest Node that package.json says will do: `22.18.0`. */
export function oldestNode(): string {
  const version = /^>=(\d+\.\d+)$/.exec(ourManifest().engines.node)?.[1];
  if (version === undefined) throw new Error('engines.node is not of the form >=MAJOR.MINOR');
  return `${version}.0`;
}

/** Installs a Node of that version, from npm; answers the folder of its `node`. */
export async function installNode(folder: string, version: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const name = `${prefix}-${process.platform}-${process.arch}`;
  await run('npm', ['install', '--ignore-scripts', ...quiet, `${name}@${version}`], { cwd: folder });
  return join(folder, 'node_modules', name, 'bin');
}

/** The folder of the Node that runs this. */
export const ownNode = dirname(process.execPath);

function ourManifest(): Manifest {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
}
