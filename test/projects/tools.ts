// Package managers for the tests and benches that need real ones: from this machine, or from a registry.

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, globSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

export type Manager = 'npm' | 'pnpm' | 'yarn' | 'berry' | 'bun' | 'uv' | 'poetry' | 'go' | 'cargo' | 'maven';

export interface Tool {
  /** Folders that a sandbox must show for it; their `bin` is on its PATH. */
  readonly toolchains: readonly string[];
  /** For commands outside a sandbox. */
  readonly env: Readonly<Record<string, string>>;
}

/** Throws with what is missing. `folder` is where a download may stay for as long as the tool is used. */
export function findTool(manager: Manager, folder: string): Tool {
  try {
    return finders[manager](join(folder, manager));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new Error(`${manager} is not on this machine and could not be fetched: ${why}`, { cause });
  }
}

const finders: Readonly<Record<Manager, (folder: string) => Tool>> = {
  npm: () => onPath(programFolder('npm')),
  maven: () => onPath(programFolder('mvn')),
  go: () => onPath(run('go', ['env', 'GOROOT'])),
  cargo: () => onPath(rustToolchain()),
  uv(folder) {
    const python = run('python3', ['-c', 'import sys; print(sys.base_prefix)']);
    run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder, 'uv']);
    const [wheel = ''] = globSync('uv-*.whl', { cwd: folder });
    run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), join(folder, 'wheel')]);
    const [program = ''] = globSync('wheel/*.data/scripts/uv', { cwd: folder });
    mkdirSync(join(folder, 'bin'));
    renameSync(join(folder, program), join(folder, 'bin/uv'));
    chmodSync(join(folder, 'bin/uv'), 0o755);
    return onPath(folder, python);
  },
  poetry(folder) {
    const python = run('python3', ['-c', 'import sys; print(sys.base_prefix)']);
    run('python3', ['-m', 'pip', 'install', '--quiet', '--target', join(folder, 'lib'), 'poetry==2.5.1']);
    // Its own program names its folder, which is another one in a sandbox.
    const start = '#!/bin/sh\nPYTHONPATH="$(dirname "$0")/../lib" exec python3 -m poetry "$@"\n';
    rmSync(join(folder, 'bin'), { recursive: true, force: true });
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/poetry'), start, { mode: 0o755 });
    return onPath(folder, python);
  },
  pnpm: (folder) => fromNpm(folder, 'pnpm@10.34.8'),
  yarn: (folder) => fromNpm(folder, 'yarn@1.22.22'),
  berry: (folder) => fromNpm(folder, '@yarnpkg/cli-dist@4.18.1'),
  bun(folder) {
    // The package `bun` downloads its program from elsewhere; these have it inside.
    const name = process.arch === 'arm64' ? '@oven/bun-linux-aarch64' : '@oven/bun-linux-x64-baseline';
    fromNpm(folder, `${name}@1.4.5`);
    mkdirSync(join(folder, 'bin'), { recursive: true });
    renameSync(join(folder, 'lib/node_modules', name, 'bin/bun'), join(folder, 'bin/bun'));
    return onPath(folder);
  },
};

function fromNpm(folder: string, wanted: string): Tool {
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--global', '--prefix', folder, wanted]);
  return onPath(folder);
}

/**
 * The folder of a Rust toolchain. rustup's own `rustc` finds one by settings in the home folder of whoever runs it, which
 * may be empty here: then one that is installed for this user is taken, a stable one first.
 */
function rustToolchain(): string {
  try {
    return run('rustc', ['--print', 'sysroot']);
  } catch (cause) {
    const homes = [process.env['RUSTUP_HOME'] ?? '', join(homedir(), '.rustup'), join(userInfo().homedir, '.rustup')];
    const found = homes.flatMap((home) => globSync(join(home, 'toolchains', '*', 'bin', 'rustc')));
    const best = found.find((path) => path.includes('/stable-')) ?? found.find((path) => !path.includes('/nightly-'));
    if (best !== undefined || found[0] !== undefined) return dirname(dirname(best ?? found[0] ?? ''));
    throw new Error(
      `no toolchain in ${homes.filter(Boolean).join(', ')}: install one (rustup toolchain install stable)`,
      { cause },
    );
  }
}

function onPath(...toolchains: string[]): Tool {
  const folders = toolchains.map((each) => join(each, 'bin')).filter((each) => existsSync(each));
  return { toolchains, env: { PATH: [...folders, process.env['PATH'] ?? ''].join(':') } };
}

/** The folder whose `bin` has a program. */
function programFolder(name: string): string {
  return dirname(dirname(run('sh', ['-c', `command -v ${name}`])));
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
