// Makes a checkout ready to run: dependencies as locked, a Temporal server program, bubblewrap, a new enough git. Runs
// before `npm test`, `npm run demo` and in CI. Reports each step in one line on stderr, and prints nothing if there is
// nothing to do. Needs only Node >= 20, because it runs before any dependencies are installed. `--only-dependencies`
// skips what only runs of agents need; `--for-tests` adds what only tests need.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLockFile } from '../workers/server/lock-file.mjs';
import { findInstalledTemporal, findTemporal, onPath } from '../workers/server/temporal-binary.mjs';

/** @typedef {{ missing: () => Promise<boolean>, provide: () => Promise<void> }} Step */

const root = fileURLToPath(new URL('..', import.meta.url));
const oldestGit = { major: 2, minor: 38 }; // the first with `git merge-tree --write-tree`

/** @type {Step} */
const dependencies = {
  missing: async () => !installedAsLocked(),
  provide: async () => {
    say('installing dependencies (npm ci)');
    const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
    run('npm', ['ci', '--include=dev', ...quiet]);
  },
};

/** @type {Step} */
const git = {
  missing: async () => {
    const [major = 0, minor = 0] = gitVersion();
    return major < oldestGit.major || (major === oldestGit.major && minor < oldestGit.minor);
  },
  provide: async () => {
    const found = gitVersion().join('.') || 'none';
    throw new Error(`git ${oldestGit.major}.${oldestGit.minor} or newer is needed, found: ${found}`);
  },
};

/** @type {Step} */
const temporal = {
  missing: async () => (await findInstalledTemporal()) === undefined,
  provide: async () => {
    await findTemporal({ log: say });
  },
};

/** @type {Step} */
const bubblewrap = {
  missing: async () => (await onPath('bwrap', process.env)) === undefined,
  provide: async () => {
    await install('bubblewrap', 'agents run in it');
  },
};

/** @type {Step} */
const gitLfs = {
  missing: async () => (await onPath('git-lfs', process.env)) === undefined,
  provide: async () => {
    await install('git-lfs', 'tests put files into Git LFS');
  },
};

const runs = [git, dependencies, temporal, bubblewrap];

try {
  const { argv } = process;
  if (argv.includes('--only-dependencies')) await bootstrap([dependencies]);
  else await bootstrap(argv.includes('--for-tests') ? [...runs, gitLfs] : runs);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** @param {Step[]} steps */
async function bootstrap(steps) {
  if (!(await anyMissing(steps))) return;
  mkdirSync(join(root, '.cache'), { recursive: true });
  await withLockFile(join(root, '.cache', 'bootstrap.lock'), {
    waiting: (holder) => say(`waiting for another bootstrap (process ${holder})`),
    work: async () => {
      // Checked again under the lock, because another process may have done it meanwhile.
      for (const step of steps) if (await step.missing()) await step.provide();
    },
  });
}

/** @param {Step[]} steps */
async function anyMissing(steps) {
  const missing = await Promise.all(steps.map((step) => step.missing()));
  return missing.includes(true);
}

/**
 * True if node_modules matches package-lock.json. Checked rather than remembered, so that a manual `npm ci` counts and
 * a killed one does not: npm writes its hidden lock file last.
 */
function installedAsLocked() {
  if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) return false;
  const { packages = {} } = readJson('package-lock.json');
  return Object.entries(packages).every(([folder, { version, optional }]) => {
    if (folder === '') return true; // the project itself
    const manifest = join(folder, 'package.json');
    if (!existsSync(join(root, manifest))) return optional === true; // for another platform
    return version === undefined || version === readJson(manifest).version;
  });
}

/**
 * @param {string} file a package.json or a lock file
 * @returns {{ version?: string, packages?: Record<string, { version?: string, optional?: boolean }> }}
 */
function readJson(file) {
  /** @type {unknown} */
  const content = JSON.parse(readFileSync(join(root, file), 'utf8'));
  return /** @type {ReturnType<typeof readJson>} */ (content);
}

/**
 * @param {string} name of a package of Debian's, and of other systems'
 * @param {string} why
 */
async function install(name, why) {
  if (process.getuid?.() !== 0 || (await onPath('apt-get', process.env)) === undefined) {
    const how = `install it (\`sudo apt-get install ${name}\`, or your system's package manager) and try again`;
    throw new Error(`${name} is missing, and ${why}: ${how}`);
  }
  say(`installing ${name} (apt-get)`);
  run('apt-get', ['-qq', 'update']);
  run('apt-get', ['-qq', 'install', '--yes', '--no-install-recommends', name]);
}

function gitVersion() {
  try {
    const text = execFileSync('git', ['--version'], { encoding: 'utf8' });
    return (/\d+(\.\d+)+/.exec(text)?.[0] ?? '').split('.').map(Number);
  } catch {
    return [];
  }
}

/**
 * Its output goes to stderr, because our stdout may be a JSON document.
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed (${status}); its output is above`);
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`bootstrap: ${line}\n`);
}
