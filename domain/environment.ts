// How every process reads environment variables; docs/environment.md lists them. Pure: callers pass in the variables
// and the reader of `…_FILE` secrets.

import type { NetworkPolicy } from '../contracts/documents/config.ts';
import { failure } from '../contracts/failures.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** `COPPICE_HOME`, or `$XDG_STATE_HOME/coppice`, or `~/.local/state/coppice`. */
export function homeFolder(env: Env, userHome: string): string {
  return env['COPPICE_HOME'] || `${env['XDG_STATE_HOME'] || `${userHome}/.local/state`}/coppice`;
}

/** A comma-separated list; absent or blank = null. */
export function listOf(text: string | undefined): string[] | null {
  const items = (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return items.length === 0 ? null : items;
}

/** A secret from `NAME`, or from the file that `NAME_FILE` names. */
export function secretOf(env: Env, name: string, readFile: (path: string) => string): string | null {
  const direct = env[name];
  if (direct) return direct;
  const path = env[`${name}_FILE`];
  if (!path) return null;
  try {
    return readFile(path).trim() || null;
  } catch (cause) {
    throw failure('BadInput', `${name}_FILE names a file that cannot be read: ${path}`, { cause });
  }
}

/** How a host reaches the network: a setup with network access gets the host's values. */
export const proxyVariables = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/** Files and folders with the certificate authorities that a host trusts, under the names that programs look for. */
export const certificateVariables = [
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'PIP_CERT', 'REQUESTS_CA_BUNDLE'],
  ...['CURL_CA_BUNDLE', 'CARGO_HTTP_CAINFO', 'GIT_SSL_CAINFO'],
] as const;

export interface SandboxEnvironment {
  readonly driver: 'bwrap' | 'none';
  readonly envAllowed: readonly string[];
  readonly toolchains: readonly string[];
  readonly networkAllowed: NetworkPolicy;
}

export function sandboxEnvironment(env: Env): SandboxEnvironment {
  return {
    driver: oneOf(env, 'COPPICE_SANDBOX', ['bwrap', 'none']),
    envAllowed: listOf(env['COPPICE_SANDBOX_ENV']) ?? [],
    toolchains: (env['COPPICE_SANDBOX_PATHS'] ?? '')
      .split(/[:,]/)
      .map((path) => path.trim())
      .filter((path) => path !== ''),
    networkAllowed: oneOf(env, 'COPPICE_SANDBOX_NETWORK', ['setup', 'none', 'all']),
  };
}

/** `COPPICE_POOL_MB`; null = as much as the disk allows. */
export function poolMegabytes(env: Env): number | null {
  return megabytes(env, 'COPPICE_POOL_MB');
}

/** `COPPICE_MIN_FREE_MEMORY_MB` and `COPPICE_MIN_FREE_DISK_MB`: what must be free on a host before new work begins. */
export function hostFloor(env: Env): { readonly memoryMb: number; readonly diskMb: number } {
  return {
    memoryMb: megabytes(env, 'COPPICE_MIN_FREE_MEMORY_MB') ?? 512,
    diskMb: megabytes(env, 'COPPICE_MIN_FREE_DISK_MB') ?? 1024,
  };
}

function megabytes(env: Env, name: string): number | null {
  const text = env[name];
  if (!text) return null;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw failure('BadInput', `${name} must be a whole number, 0 or more, not ${text}`);
}

/** `COPPICE_GATEWAY_HOST`: the address that the gateway listens on; by default this machine only. */
export function gatewayHost(env: Env): string {
  return env['COPPICE_GATEWAY_HOST'] || '127.0.0.1';
}

/** The first of `allowed` is the default. */
function oneOf<const Value extends string>(env: Env, name: string, allowed: readonly [Value, ...Value[]]): Value {
  const text = env[name];
  if (!text) return allowed[0];
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw failure('BadInput', `${name} must be one of ${allowed.join(', ')}, not ${text}`);
  return found;
}
