// Where a program of this host really is, for `coppice doctor`: past links, past the launchers of version managers, and
// with the interpreter that it names. What it finds are the folders that a worker must show in its sandboxes.

import { execFile } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import type { Env } from '../../domain/environment.ts';
import { homeFolder } from '../../domain/environment.ts';
import { isShownAnyway, whyNotShown } from '../../activities/sandbox/system-view.ts';

export type Located =
  /** `launched`: something else stands before it on PATH and only starts it, so its own folder must come first. */
  | ({ readonly status: 'found'; readonly launched: boolean } & Folders)
  | { readonly status: 'hidden'; readonly hint: string };

interface Folders {
  /** Those that must be on PATH inside. */
  readonly onPath: readonly string[];
  /** Those that must only be there. */
  readonly needs: readonly string[];
}

/** What only starts a program that is installed elsewhere, and how to ask it where. */
type Launcher = { readonly ask: readonly string[] } | { readonly never: string };

const patienceMs = 3_000;

/** `asked`: the scripts whose interpreter is looked for. */
export async function locateProgram(name: string, env: Env, asked: readonly string[] = []): Promise<Located> {
  const found = findOnPath(name, env);
  if (found === null) return { status: 'hidden', hint: `Install ${name} on every host.` };
  const launcher = launcherAt(found);
  const follow = (program: string) => foldersOf(program, env, [...asked, name]);
  if (launcher === null) return shownOf(found, { launched: false, ...(await follow(found)) }, env);
  if ('never' in launcher) return { status: 'hidden', hint: launcher.never };
  const program = await ask([...launcher.ask, name], env);
  if (program !== null) return shownOf(program, { launched: true, ...(await follow(program)) }, env);
  const hint = `${found} only starts a program that is installed elsewhere, and \`${launcher.ask.join(' ')} ${name}\` does not say where: install one there, then run \`coppice doctor\` again.`;
  return { status: 'hidden', hint };
}

/** Advises no folder that a worker refuses. */
function shownOf(program: string, located: Folders & { readonly launched: boolean }, env: Env): Located {
  const home = homeFolder(env, env['HOME'] || homedir());
  const refused = [...located.onPath, ...located.needs].find(
    (folder) => !isShownAnyway(folder) && whyNotShown(folder, home) !== null,
  );
  if (refused === undefined) return { status: 'found', ...located };
  const hint = `${program} is in ${refused}, which no sandbox may show: install it in a folder of its own.`;
  return { status: 'hidden', hint };
}

/** Whether a program that is there still depends on files elsewhere, so that only a try shows that it starts. */
export function isLauncher(path: string): boolean {
  return launcherAt(path) !== null;
}

function findOnPath(name: string, env: Env): string | null {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const folder = folders.find((each) => isProgram(join(each, name)));
  // Links of folders may be of this login only (fnm), or move with the next version (sdkman).
  return folder === undefined ? null : join(realpathSync(folder), name);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function launcherAt(path: string): Launcher | null {
  if (!isProgram(path)) return null;
  const name = basename(path);
  const real = basename(realpathSync(path));
  if (real === 'snap') {
    return { never: `${path} is a snap, which starts in no sandbox: install ${name} in another way on every host.` };
  }
  if (real === 'volta-shim') return { ask: ['volta', 'which'] };
  if (name !== 'rustup' && (real === 'rustup' || isSameFile(path, join(dirname(path), 'rustup')))) {
    return { ask: ['rustup', 'which'] };
  }
  const folder = dirname(path);
  if (basename(folder) !== 'shims') return null;
  // ~/.pyenv/shims, ~/.local/share/mise/shims, …
  const manager = basename(dirname(folder)).replace(/^\./, '');
  return { ask: [manager, manager === 'proto' ? 'bin' : 'which'] };
}

/** Rustup's programs are hard links of it on some hosts. */
function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** Asked in the folder of the command, because the files there may choose a version. */
async function ask([manager = '', ...args]: readonly string[], env: Env): Promise<string | null> {
  const options = { env, timeout: patienceMs };
  const { stdout } = await promisify(execFile)(manager, args, options).catch(() => ({ stdout: '' }));
  const path = stdout.trim();
  return isProgram(path) ? path : null;
}

async function foldersOf(path: string, env: Env, asked: readonly string[]): Promise<Folders> {
  const real = realpathSync(path);
  const own = { onPath: [toolchainOf(path, env)], needs: [toolchainOf(real, env)] };
  const interpreter = await interpreterOf(real);
  if (interpreter === null) return own;
  if (isAbsolute(interpreter)) {
    if (!isProgram(interpreter)) return own;
    const both = [interpreter, realpathSync(interpreter)];
    return { ...own, needs: [...own.needs, ...both.map((each) => toolchainOf(each, env))] };
  }
  if (asked.includes(interpreter)) return own;
  const located = await locateProgram(interpreter, env, asked);
  if (located.status !== 'found') return own;
  return { onPath: [...own.onPath, ...located.onPath], needs: [...own.needs, ...located.needs] };
}

/** What a script names in its first line: a path, or a name that `env` looks up. */
async function interpreterOf(script: string): Promise<string | null> {
  const [, line] = /^#!\s*(\/.*)/.exec(await beginningOf(script)) ?? [];
  const [interpreter, ...words] = line?.trim().split(/\s+/) ?? [];
  if (interpreter === undefined || basename(interpreter) !== 'env') return interpreter ?? null;
  return words.find((word) => !word.startsWith('-') && !word.includes('=')) ?? null;
}

/** Empty for a program that may be started and not read. */
async function beginningOf(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } catch {
    return '';
  }
}

/** The folder to show for a program: what holds its `bin`, unless that holds more than one toolchain. */
function toolchainOf(program: string, env: Env): string {
  if (program.startsWith('/nix/store/')) return '/nix/store';
  const folder = dirname(program);
  const whole = basename(folder) === 'bin' ? dirname(folder) : folder;
  const home = env['HOME'] || homedir();
  // Beside these `bin` folders there are credentials, or everything else of the user's.
  const mixed = [home, dirname(home), ...['.local', '.cargo', 'go'].map((name) => join(home, name))];
  const isWhole = !mixed.includes(whole) && whyNotShown(whole, homeFolder(env, home)) === null;
  return isWhole ? whole : folder;
}
