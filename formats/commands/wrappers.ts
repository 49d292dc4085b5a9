// Programs that run another command, which is given as their operands or as a text for a shell. Everything here is a
// table: how to read the words is in inner.ts.

import type { OptionTable } from './options.ts';

export interface Wrapper extends OptionTable {
  /** Options that are known to be flags. After any other option, the next word may be its value. */
  readonly flags?: string;
  readonly longFlags?: readonly string[];
  /** Whether `NAME=value` may stand before the command. */
  readonly assignments?: true;
  /** Operands before the command. */
  readonly skip?: number;
  /** Options whose value is a text for a shell. */
  readonly texts?: readonly string[];
  /** Options with which no command is run. */
  readonly never?: readonly string[];
  /** Whether more words, from the input, follow. */
  readonly more?: true;
  /** Whether the words are put together and given to a shell. */
  readonly joined?: true;
  /** Whether the command begins after `--`, if there is one. */
  readonly dashes?: true;
  /** Whether it may be something else: `yarn x` is a script of that name, or the program. */
  readonly perhaps?: true;
  /** Whether the command is a file of a package that may carry a version: `tsc@5`. */
  readonly versions?: true;
}

const plain: Wrapper = {};
const npmExec: Wrapper = {
  short: 'pcw',
  long: ['--package', '--call', '--workspace', '--registry', '--prefix', '--cache', '--userconfig', '--loglevel'],
  flags: 'yqn',
  longFlags: ['--yes', '--no', '--no-install', '--quiet', '--silent', '--offline', '--prefer-offline', '--workspaces'],
  texts: ['-c', '--call'],
  versions: true,
};
const pnpmExec: Wrapper = {
  short: 'CF',
  long: ['--package', '--filter', '--dir', '--reporter', '--allow-build', '--resume-from'],
  flags: 'rcs',
  longFlags: ['--recursive', '--silent', '--parallel', '--no-bail', '--shell-mode', '--offline', '--report-summary'],
  versions: true,
};
const uvRun: Wrapper = {
  short: 'pmwfiPC',
  long: [
    ...[
      '--with',
      '--with-editable',
      '--with-requirements',
      '--python',
      '--project',
      '--directory',
      '--extra',
      '--from',
    ],
    ...['--group', '--env-file', '--module', '--package', '--index', '--default-index', '--no-group', '--only-group'],
    ...[
      '--index-url',
      '--extra-index-url',
      '--find-links',
      '--cache-dir',
      '--config-file',
      '--python-platform',
      '--env',
    ],
    ...['--upgrade-package', '--reinstall-package', '--refresh-package', '--config-setting', '--link-mode', '--color'],
  ],
  flags: 'qvns',
  longFlags: [
    ...[
      '--isolated',
      '--frozen',
      '--locked',
      '--no-sync',
      '--all-extras',
      '--no-dev',
      '--dev',
      '--offline',
      '--active',
    ],
    ...['--quiet', '--verbose', '--no-project', '--script', '--exact', '--all-groups', '--all-packages', '--refresh'],
    ...['--no-env-file', '--no-cache', '--managed-python', '--only-dev', '--no-progress', '--upgrade', '--native-tls'],
  ],
  versions: true,
};

export const wrappers: Readonly<Record<string, Wrapper>> = {
  env: {
    short: 'uCSaP',
    long: ['--unset', '--chdir', '--split-string', '--argv0'],
    flags: 'i0v',
    dash: true,
    longFlags: ['--ignore-environment', '--null', '--debug'],
    assignments: true,
    texts: ['-S', '--split-string'],
  },
  'cross-env': { assignments: true },
  'cross-env-shell': { assignments: true, joined: true },
  command: { flags: 'p', never: ['-v', '-V', '-pv', '-pV'] },
  builtin: plain,
  exec: { short: 'a', flags: 'cl' },
  coproc: plain,
  nohup: plain,
  nice: { short: 'n', long: ['--adjustment'], flags: '0123456789' },
  ionice: { short: 'cnpPu', long: ['--class', '--classdata', '--pid'], flags: 't', longFlags: ['--ignore'] },
  chrt: { short: 'pTPD', flags: 'abdfimorRv', skip: 1 },
  taskset: { flags: 'ac', skip: 1 },
  numactl: { short: 'miNCpP', flags: 'als' },
  time: { short: 'fo', long: ['--format', '--output'], flags: 'apqvhl', longFlags: ['--append', '--verbose'] },
  timeout: {
    short: 'ks',
    long: ['--kill-after', '--signal'],
    flags: 'vfp',
    longFlags: ['--preserve-status', '--foreground', '--verbose'],
    skip: 1,
  },
  gtimeout: { short: 'ks', long: ['--kill-after', '--signal'], flags: 'v', longFlags: ['--foreground'], skip: 1 },
  stdbuf: { short: 'ioe', long: ['--input', '--output', '--error'] },
  unbuffer: { flags: 'p' },
  setsid: { flags: 'cfw', longFlags: ['--ctty', '--fork', '--wait'] },
  setarch: { flags: 'RBFILSTXZ3v', skip: 1 },
  linux32: plain,
  linux64: plain,
  sudo: {
    short: 'ugpChrtTUDRa',
    long: [
      ...[
        '--user',
        '--group',
        '--prompt',
        '--close-from',
        '--host',
        '--role',
        '--type',
        '--command-timeout',
        '--chdir',
      ],
      ...['--other-user', '--chroot', '--auth-type', '--login-class'],
    ],
    flags: 'ABbEeHiKklnPSsVv',
    longFlags: ['--preserve-env', '--set-home', '--login', '--shell', '--non-interactive', '--stdin', '--background'],
    assignments: true,
  },
  doas: { short: 'uCa', flags: 'Lns' },
  pkexec: { long: ['--user'], longFlags: ['--disable-internal-agent', '--keep-cwd'] },
  gosu: { skip: 1 },
  'su-exec': { skip: 1 },
  setpriv: { flags: '', long: ['--reuid', '--regid', '--groups', '--securebits', '--inh-caps', '--bounding-set'] },
  runuser: { short: 'ugGcswT', long: ['--command', '--user', '--shell'], flags: 'lfmp', texts: ['-c', '--command'] },
  su: {
    short: 'cgGswT',
    long: ['--command', '--group', '--shell', '--session-command'],
    texts: ['-c', '--command', '--session-command'],
    never: ['-c', '--command'],
    skip: 99,
  },
  chroot: { long: ['--userspec', '--groups'], longFlags: ['--skip-chdir'], skip: 1 },
  unshare: {
    short: 'SGRw',
    long: ['--setuid', '--setgid', '--root', '--wd', '--propagation', '--map-user', '--map-group'],
    flags: 'muinpUCTrcf',
    longFlags: ['--fork', '--pid', '--net', '--mount', '--user', '--map-root-user', '--mount-proc'],
  },
  nsenter: { short: 'tSGrw', long: ['--target', '--setuid', '--setgid', '--root', '--wd'], flags: 'amuinpUCTFZ' },
  firejail: plain,
  'systemd-run': {
    short: 'puEMHt',
    long: ['--unit', '--property', '--description', '--slice', '--uid', '--gid', '--setenv', '--working-directory'],
    flags: 'GPqrd',
    longFlags: ['--user', '--scope', '--pty', '--wait', '--collect', '--quiet', '--pipe', '--system', '--same-dir'],
  },
  'systemd-inhibit': { long: ['--what', '--who', '--why', '--mode'] },
  'dbus-run-session': { long: ['--config-file', '--dbus-daemon'] },
  'xvfb-run': {
    short: 'enfswp',
    long: ['--error-file', '--server-num', '--auth-file', '--server-args', '--wait', '--xauth-protocol'],
    flags: 'al',
    longFlags: ['--auto-servernum', '--listen-tcp'],
  },
  faketime: { short: 'p', flags: 'mf', skip: 1 },
  fakeroot: { short: 'lsib', long: ['--lib', '--faked'] },
  torsocks: plain,
  proxychains: { short: 'f', flags: 'q' },
  proxychains4: { short: 'f', flags: 'q' },
  catchsegv: plain,
  caffeinate: { short: 'tw', flags: 'disum' },
  tini: { short: 'pe', flags: 'gsvw' },
  'dumb-init': { short: 'r', long: ['--rewrite'], flags: 'cv' },
  strace: {
    short: 'EoabeIOpPsSuUX',
    long: ['--output', '--trace', '--attach', '--user', '--string-limit', '--env', '--summary-sort-by', '--signal'],
    flags: 'ACDFTVcdfhikqrtvwxyYzZn',
    longFlags: ['--follow-forks', '--summary-only', '--quiet', '--decode-fds'],
  },
  ltrace: { short: 'aADeFlnopsuwx', flags: 'bcCfhiLrStTV' },
  valgrind: { flags: 'qvhd' },
  perf: plain,
  flock: {
    short: 'wEc',
    long: ['--timeout', '--wait', '--conflict-exit-code', '--command'],
    flags: 'sxenoFuv',
    longFlags: ['--shared', '--exclusive', '--nonblock', '--unlock', '--close', '--no-fork', '--verbose'],
    texts: ['-c', '--command'],
    skip: 1,
  },
  script: { short: 'cEImoOTtB', long: ['--command'], texts: ['-c', '--command'], never: [], skip: 99 },
  watch: {
    short: 'nqs',
    long: ['--interval', '--equexit', '--shotsdir'],
    flags: 'bcdegptwxrC',
    longFlags: ['--differences', '--exec', '--color', '--no-title', '--beep', '--errexit', '--chgexit', '--precise'],
    joined: true,
  },
  entr: { flags: 'acdnprsxz' },
  hyperfine: {
    short: 'wrmMpcsPDLnSNui',
    long: ['--warmup', '--runs', '--prepare', '--cleanup', '--setup', '--shell', '--export-json', '--export-markdown'],
    texts: ['-p', '--prepare', '-c', '--cleanup', '-s', '--setup'],
    joined: true,
  },
  nodemon: {
    short: 'xewids',
    long: ['--exec', '--ext', '--watch', '--ignore', '--signal', '--delay'],
    texts: ['-x', '--exec'],
    skip: 99,
  },
  xargs: {
    short: 'aEdILnPs',
    long: [
      ...['--arg-file', '--delimiter', '--max-lines', '--max-args', '--max-procs', '--max-chars', '--replace-str'],
      '--process-slot-var',
    ],
    flags: '0opartxJReil',
    longFlags: [
      '--null',
      '--no-run-if-empty',
      '--interactive',
      '--verbose',
      '--exit',
      '--open-tty',
      '--replace',
      '--eof',
    ],
    more: true,
  },
  npx: npmExec,
  'npm exec': npmExec,
  'npm x': npmExec,
  bunx: { ...npmExec, longFlags: ['--bun', '--silent', '--no-install', '--verbose'] },
  'bun x': { ...npmExec, longFlags: ['--bun', '--silent', '--no-install', '--verbose'] },
  'bun run': { ...npmExec, perhaps: true },
  'pnpm exec': pnpmExec,
  'pnpm dlx': pnpmExec,
  pnpx: pnpmExec,
  'yarn exec': plain,
  'yarn dlx': { short: 'p', long: ['--package'], flags: 'q', versions: true },
  'yarn run': { flags: 'TB', longFlags: ['--silent', '--inspect'], perhaps: true },
  'yarn workspace': { skip: 1, perhaps: true },
  'yarn node': plain,
  corepack: { versions: true },
  'uv run': uvRun,
  'uv tool run': uvRun,
  uvx: uvRun,
  'pipx run': { long: ['--spec', '--python', '--pip-args', '--index-url', '--with'], versions: true },
  'poetry run': plain,
  'pipenv run': plain,
  'pdm run': { short: 'p', long: ['--project'], flags: 's' },
  'rye run': plain,
  'hatch run': plain,
  'conda run': {
    short: 'np',
    long: ['--name', '--prefix', '--cwd'],
    longFlags: ['--no-capture-output', '--live-stream'],
  },
  'mamba run': { short: 'np', long: ['--name', '--prefix', '--cwd'] },
  'micromamba run': { short: 'np', long: ['--name', '--prefix', '--cwd'] },
  'bundle exec': { longFlags: ['--keep-file-descriptors', '--gemfile'] },
  'rbenv exec': plain,
  'pyenv exec': plain,
  'asdf exec': plain,
  'mise exec': {
    short: 'cCE',
    long: ['--command', '--cd', '--env', '--jobs'],
    texts: ['-c', '--command'],
    dashes: true,
  },
  'mise x': { short: 'cCE', long: ['--command', '--cd', '--env', '--jobs'], texts: ['-c', '--command'], dashes: true },
  'direnv exec': { skip: 1 },
  'nvm exec': { flags: 's', longFlags: ['--silent', '--lts'], skip: 1 },
  'nvm run': { skip: 1 },
  'fnm exec': { long: ['--using'] },
  'volta run': { long: ['--node', '--npm', '--yarn', '--pnpm'], longFlags: ['--bundled-npm', '--no-yarn'] },
  'rustup run': { longFlags: ['--install'], skip: 1 },
  dotenv: { short: 'efcpv', dashes: true },
  dotenvx: { short: 'fe', dashes: true },
  'dotenvx run': { short: 'fe', long: ['--env-file', '--env'] },
  'doppler run': { short: 'pc', long: ['--project', '--config', '--command'], texts: ['--command'], dashes: true },
  'op run': { long: ['--env-file'], dashes: true },
  'infisical run': { long: ['--env', '--path', '--command'], texts: ['--command'], dashes: true },
  'nix develop': { short: 'c', long: ['--command'], never: [], dashes: true },
  'nix-shell': { short: 'pIAEi', long: ['--run', '--command'], texts: ['--run', '--command'], skip: 99 },
  'git bisect run': plain,
  'git submodule foreach': { longFlags: ['--recursive', '--quiet'], joined: true },
  'git rebase': { short: 'xsXCS', long: ['--exec', '--onto', '--strategy'], texts: ['-x', '--exec'], skip: 99 },
  'git filter-branch': {
    long: ['--tree-filter', '--index-filter', '--msg-filter', '--env-filter', '--commit-filter', '--tag-name-filter'],
    texts: ['--tree-filter', '--index-filter', '--msg-filter', '--env-filter', '--commit-filter', '--tag-name-filter'],
    skip: 99,
  },
  'go tool': plain,
  toybox: plain,
  busybox: plain,
  gdb: {
    longFlags: ['--args', '-args', '-batch', '--batch'],
    short: 'xp',
    long: ['-ex', '--ex'],
    flags: 'qn',
    perhaps: true,
  },
};

/** Programs that run any program of the project without a word for it. */
export const runsItsOperand: ReadonlySet<string> = new Set(['yarn', 'pnpm', 'bun']);
