// The author of Coppice's commits. One identity per process, from the environment.

import type { Env } from '../domain/environment.ts';

export interface Identity {
  readonly name: string;
  readonly email: string;
}

/** COPPICE_GIT_NAME and COPPICE_GIT_EMAIL, or `Coppice <coppice@localhost>`. */
export function identityOf(env: Env): Identity {
  return {
    name: clean(env['COPPICE_GIT_NAME']) || 'Coppice',
    email: clean(env['COPPICE_GIT_EMAIL']) || 'coppice@localhost',
  };
}

/** Removes characters that would break a commit header. */
function clean(text: string | undefined): string {
  // eslint-disable-next-line no-control-regex
  return (text ?? '').replaceAll(/[\0-\x1f<>]/g, '').trim();
}

/** The section of a git configuration that names the author of commits. */
export function identityConfig({ name, email }: Identity): string {
  return `[user]\n\tname = ${quotedValue(name)}\n\temail = ${quotedValue(email)}\n`;
}

/** A value or a subsection's name, as git's configuration files write it. */
export function quotedValue(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, String.raw`\$&`)}"`;
}
