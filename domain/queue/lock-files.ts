// Lock files by name, and the command that remakes each. In a conflict they are never merged line by line: npm silently
// drops every pin of a file with git's usual markers, pnpm accepts the markers and `go mod tidy` leaves them. Instead
// the target's version is taken whole, and the install runs again on top of it.

/** Commands that remake a lock file on top of another one and keep the versions in it. */
const commands: Readonly<Record<string, string>> = {
  'package-lock.json': 'npm install',
  'npm-shrinkwrap.json': 'npm install',
  'yarn.lock': 'yarn install',
  'pnpm-lock.yaml': 'pnpm install --no-frozen-lockfile',
  'bun.lock': 'bun install',
  'bun.lockb': 'bun install',
  'deno.lock': 'deno install',
  'Cargo.lock': 'cargo update --workspace',
  'uv.lock': 'uv lock',
  'poetry.lock': 'poetry lock',
  'pdm.lock': 'pdm lock --update-reuse',
  'pixi.lock': 'pixi lock',
  'Pipfile.lock': 'pipenv lock',
  'Gemfile.lock': 'bundle install',
  'gems.locked': 'bundle install',
  'composer.lock': 'composer update --minimal-changes',
  'mix.lock': 'mix deps.get',
  'pubspec.lock': 'dart pub get',
  'packages.lock.json': 'dotnet restore --force-evaluate',
  'gradle.lockfile': 'gradle dependencies --write-locks',
  'Package.resolved': 'swift package resolve',
  'Podfile.lock': 'pod install',
  'flake.lock': 'nix flake lock',
  '.terraform.lock.hcl': 'terraform init',
};

/** Checksum files, one checksum per line; superfluous lines do no harm. */
const checksums = ['go.sum', 'go.work.sum'];

/** Null if the path is no lock file. */
export function remakeCommand(path: string): string | null {
  const name = nameOf(path);
  return Object.hasOwn(commands, name) ? (commands[name] ?? null) : null;
}

/** Whether a program writes the file to say which dependencies there are. */
export function isLockFile(path: string): boolean {
  return remakeCommand(path) !== null || isChecksumFile(path);
}

export function isChecksumFile(path: string): boolean {
  return checksums.includes(nameOf(path));
}

/** The lines of both, each once, sorted as Go sorts them. */
export function uniteChecksums(ours: string, theirs: string): string {
  const lines = [...ours.split('\n'), ...theirs.split('\n')].map((line) => line.trim()).filter((line) => line !== '');
  const sorted = [...new Set(lines)].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.map((line) => `${line}\n`).join('');
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
