// The environment that every git command of ours runs in: nothing of the host's or a repository's configuration can make
// git run a program, wait for a person, or reach a transport that was not asked for. Used by run-git.ts and remote.ts.

import type { Env } from '../domain/environment.ts';

/** What git may inherit: where programs are, the operator's ssh, proxies and certificate authorities. */
const inherited = [
  'PATH',
  'HOME',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  'HTTPS_PROXY',
  'https_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
];

/** Flaws that old but honest histories have; everything else that fsck finds stops a transfer. */
const toleratedFlaws = [
  'badDate',
  'badDateOverflow',
  'badEmail',
  'badName',
  'badTimezone',
  'missingEmail',
  'missingNameBeforeEmail',
  'missingSpaceBeforeDate',
  'missingSpaceBeforeEmail',
  'multipleAuthors',
  'nulInCommit',
  'zeroPaddedDate',
  'zeroPaddedFilemode',
];

const settings: readonly (readonly [key: string, value: string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.quotePath', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['safe.bareRepository', 'explicit'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['credential.helper', ''],
  ['advice.detachedHead', 'false'],
  ['init.defaultBranch', 'main'],
  ['transfer.fsckObjects', 'true'],
  ...toleratedFlaws.map((flaw) => [`fetch.fsck.${flaw}`, 'ignore'] as const),
];

/** `transports` are those that this command may use (`GIT_ALLOW_PROTOCOL`); none for a command that talks to nobody. */
export function gitEnvironment(host: Env, transports: readonly string[] = []): Record<string, string> {
  const env: Record<string, string> = {
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_ALLOW_PROTOCOL: transports.length === 0 ? 'none' : transports.join(':'),
    GIT_SSH_COMMAND: host['GIT_SSH_COMMAND'] || 'ssh -o BatchMode=yes',
    LC_ALL: 'C',
    GIT_CONFIG_COUNT: String(settings.length),
  };
  for (const name of inherited) {
    const value = host[name];
    if (value !== undefined) env[name] = value;
  }
  for (const [index, [key, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}
