// Resolves a repository that a person names: URLs stay unchanged, paths become absolute, from the folder of the
// command.

import { resolve } from 'node:path';
import type { RepositoryUrl } from '../domain/repository/url.ts';
import { failure } from '../contracts/failures.ts';
import { parseRepositoryUrl } from '../domain/repository/url.ts';

/** Throws `RepositoryRefused`, without any credentials in the text. */
export function readRepository(text: string): RepositoryUrl {
  const isPath = /^(?:\.|~|[^-:][^:]*$)/.test(text);
  const url = parseRepositoryUrl(isPath ? resolve(text) : text);
  if ('error' in url) throw failure('RepositoryRefused', url.error);
  return url;
}
