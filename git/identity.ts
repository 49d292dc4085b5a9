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
