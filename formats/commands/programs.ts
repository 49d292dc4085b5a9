// What must be known of programs to tell their options from their sub-commands. Programs that are not listed are judged
// by a general rule (match.ts): any option may take a value.

import type { OptionTable } from './options.ts';

export interface Program {
  /** Options before the sub-command. */
  readonly options: OptionTable;
  /** Other words for a sub-command. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  /** Whether the beginning of a sub-command is enough. */
  readonly abbreviates?: true;
  /** Long names of one-letter options, for rules such as `rm -rf`. */
  readonly longNames?: Readonly<Record<string, readonly string[]>>;
}

const git: Program = {
  options: {
    short: 'Cc',
    long: [
      ...['--git-dir', '--work-tree', '--namespace', '--super-prefix', '--config-env', '--attr-source'],
      '--list-cmds',
    ],
  },
  aliases: { add: ['stage'] },
  longNames: { f: ['--force'], D: ['--delete'], d: ['--delete'] },
};

const nodePackageManager: Program = {
  options: {
    short: 'wCLF',
    long: [
      ...['--prefix', '--workspace', '--registry', '--userconfig', '--globalconfig', '--cache', '--loglevel', '--dir'],
      ...[
        '--filter',
        '--cwd',
        '--tag',
        '--otp',
        '--access',
        '--script-shell',
        '--scope',
        '--location',
        '--node-options',
      ],
      ...['--filter-prod', '--reporter', '--store-dir', '--use-yarnrc', '--modules-folder', '--cache-folder', '--omit'],
      ...['--include', '--cafile', '--proxy', '--https-proxy', '--config'],
    ],
  },
  aliases: {
    install: ['i', 'in', 'ins', 'inst', 'insta', 'instal', 'isnt', 'isnta', 'isntal', 'isntall', 'add'],
    uninstall: ['un', 'unlink', 'remove', 'rm', 'r'],
    add: ['install', 'i'],
    remove: ['uninstall', 'un', 'unlink', 'rm', 'r'],
    test: ['t', 'tst'],
    run: ['run-script', 'rum', 'urn'],
    'run-script': ['run', 'rum', 'urn'],
    exec: ['x'],
    update: ['up', 'upgrade', 'udpate'],
    ci: ['clean-install', 'ic', 'install-clean', 'isntall-clean'],
    config: ['c'],
    owner: ['author'],
    'dist-tag': ['dist-tags'],
    version: ['verison'],
  },
};

const containers: Program = {
  options: {
    short: 'cHlfp',
    long: [
      ...['--context', '--host', '--log-level', '--config', '--tlscacert', '--tlscert', '--tlskey', '--file', '--root'],
      ...['--project-name', '--profile', '--env-file', '--project-directory', '--connection', '--url', '--identity'],
    ],
  },
};

const kubernetes: Program = {
  options: {
    short: 'nsv',
    long: [
      ...[
        '--namespace',
        '--context',
        '--kubeconfig',
        '--server',
        '--cluster',
        '--user',
        '--as',
        '--as-group',
        '--token',
      ],
      ...['--request-timeout', '--cache-dir', '--certificate-authority', '--client-certificate', '--client-key'],
      ...['--tls-server-name', '--kube-context', '--kube-apiserver', '--kube-token', '--log-file', '--profile', '--v'],
      ...[
        '--registry-config',
        '--repository-cache',
        '--repository-config',
        '--username',
        '--password',
        '--burst-limit',
      ],
    ],
  },
};

const remove: Program = {
  options: {},
  longNames: { r: ['--recursive', '-R'], R: ['--recursive', '-r'], f: ['--force'], i: ['--interactive'], d: ['--dir'] },
};

const programs: Readonly<Record<string, Program>> = {
  git,
  npm: { ...nodePackageManager, abbreviates: true },
  pnpm: nodePackageManager,
  yarn: nodePackageManager,
  bun: nodePackageManager,
  docker: containers,
  podman: containers,
  'docker-compose': containers,
  nerdctl: containers,
  kubectl: kubernetes,
  oc: kubernetes,
  helm: kubernetes,
  rm: remove,
  cp: { options: {}, longNames: { r: ['--recursive', '-R'], R: ['--recursive', '-r'], f: ['--force'] } },
  chmod: { options: {}, longNames: { R: ['--recursive'] } },
  chown: { options: {}, longNames: { R: ['--recursive'] } },
  cargo: {
    options: { short: 'CZ', long: ['--config', '--color', '--manifest-path', '--explain'] },
    aliases: { build: ['b'], check: ['c'], run: ['r'], test: ['t'], doc: ['d'], remove: ['rm'] },
  },
  go: { options: { short: 'C' } },
  gh: { options: { short: 'R', long: ['--repo', '--hostname'] } },
  aws: {
    options: {
      long: [
        ...['--profile', '--region', '--output', '--endpoint-url', '--query', '--color', '--ca-bundle'],
        ...['--cli-read-timeout', '--cli-connect-timeout', '--cli-binary-format'],
      ],
    },
  },
  gcloud: {
    options: {
      long: ['--project', '--account', '--configuration', '--format', '--verbosity', '--billing-project', '--filter'],
    },
  },
  az: { options: { short: 'o', long: ['--output', '--query', '--subscription'] } },
  terraform: { options: {} },
  tofu: { options: {} },
  make: { options: { short: 'CfIojlW', long: ['--directory', '--file', '--makefile', '--jobs'] } },
  uv: {
    options: {
      long: [
        '--directory',
        '--project',
        '--config-file',
        '--cache-dir',
        '--color',
        '--allow-insecure-host',
        '--python',
      ],
    },
  },
  poetry: { options: { short: 'CP', long: ['--directory', '--project'] } },
  pip: { options: { long: ['--log', '--proxy', '--timeout', '--retries', '--cert', '--cache-dir', '--python'] } },
  mvn: { options: { short: 'fplsgPDTtb', long: ['--file', '--projects', '--settings', '--activate-profiles'] } },
  gradle: { options: { short: 'pbcgIPDx', long: ['--project-dir', '--init-script', '--exclude-task'] } },
  systemctl: {
    options: { short: 'HMtpnos', long: ['--host', '--machine', '--type', '--property', '--root', '--signal'] },
  },
  fly: { options: { short: 't', long: ['--access-token'] } },
  heroku: { options: {} },
  vercel: {
    options: { short: 'tSAQ', long: ['--token', '--scope', '--cwd', '--local-config', '--global-config', '--team'] },
  },
  wrangler: { options: { short: 'ce', long: ['--config', '--env', '--cwd'] } },
};

/** Null = nothing is known of the program. */
export function programOf(name: string): Program | null {
  return Object.hasOwn(programs, name) ? (programs[name] ?? null) : null;
}
