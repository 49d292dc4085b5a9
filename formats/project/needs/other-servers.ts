// Content that clones get from elsewhere: files in Git LFS, files under other filters, submodules.

import type { Detector, Need } from './need.ts';
import { parseRepositoryUrl } from '../../../domain/repository/url.ts';

/** A line of `.gitattributes` that sets a filter; `-filter` and `!filter` set none. */
const filter = /^[^#\s]\S*[^#\n]*?\sfilter=(?!(?:set|unset)\b)([\w.-]+)/gm;

export const filters: Detector = ({ files }) =>
  Object.entries(files.texts)
    .filter(([path]) => /(?:^|\/)\.gitattributes$/.test(path))
    .flatMap(([path, text]) =>
      [...new Set([...text.matchAll(filter)].map(([, name = '']) => name))].map((name) => filterNeed(path, name)),
    );

function filterNeed(path: string, name: string): Need {
  return name === 'lfs'
    ? {
        what: `${path} keeps files in Git LFS`,
        hint: 'Install git-lfs on every host of workers: without it such files are pointers there. Units can move and delete them, but not add or change content.',
      }
    : {
        what: `${path} has files under filter=${name}, which no host runs`,
        hint: 'Such files are in worktrees as git stores them, and units cannot change them. Make sure that setup and verification do without.',
      };
}

export const submodules: Detector = ({ files }) =>
  [...(files.texts['.gitmodules'] ?? '').matchAll(/^\s*url\s*=\s*(.*\S)\s*$/gm)].flatMap(([, url = '']) => {
    const parsed = /^\.\.?\//.test(url) ? null : parseRepositoryUrl(url.replaceAll('"', ''));
    return parsed !== null && 'error' in parsed
      ? [
          {
            what: `a submodule in .gitmodules has a URL that hosts refuse: ${parsed.error}`,
            hint: 'Give it an https or ssh URL there, or leave it out with `worktree.submodules` in coppice.yaml.',
          },
        ]
      : [];
  });
