// The environment of all our git commands: no configuration of the host or a repository can make git run a program,
// wait for a person, or use a transport that was not requested. Used by run-git.ts and remote.ts.

import type { Env } from '../domain/environment.ts';

/** Variables that git may inherit: program paths, the operator's ssh, proxies and certificate authorities. */
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

/** Flaws of old but honest histories; any other fsck finding stops a transfer. */
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

/**
 * `transports` are the ones that this command may use (`GIT_ALLOW_PROTOCOL`); none for a command that contacts no
 * repository.
 */
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
