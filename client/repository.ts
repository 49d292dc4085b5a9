// From what a person names to a repository: URLs as they are, paths made absolute from the folder of the command.

import { resolve } from 'node:path';
import type { RepositoryUrl } from '../domain/repository/url.ts';
import { failure } from '../contracts/failures.ts';
import { parseRepositoryUrl } from '../domain/repository/url.ts';

/** Throws `RepositoryRefused`, without the credentials that the text may carry. */
export function readRepository(text: string): RepositoryUrl {
  const isPath = /^(?:\.|~|[^-:][^:]*$)/.test(text);
  const url = parseRepositoryUrl(isPath ? resolve(text) : text);
  if ('error' in url) throw failure('RepositoryRefused', url.error);
  return url;
}
