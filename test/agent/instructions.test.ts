// Which files of a target are quoted to agents.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Content, cleanUp, makeRemote, makeState } from '../git/make-repository.ts';
import { type Host, contextFor, openHost } from '../git/open-host.ts';
import { explainUnmatchedRules } from '../../formats/globs/unmatched.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { readInstructions } from '../../activities/agent/prompts/instructions.ts';

let host: Host;
beforeAll(async () => {
  host = await openHost();
});
afterAll(cleanUp);

async function read(files: Record<string, Content>, patterns: readonly string[]) {
  const remote = makeRemote(files);
  const repository = await host.git.open(contextFor(remote, makeState()));
  return readInstructions(repository, await repository.fetchBranch('main'), patterns);
}

it('follows links inside the repository, through folders too, and quotes a file once', async () => {
  const files = {
    'docs/guide.md': 'zero',
    'AGENTS.md': { link: 'docs/guide.md' },
    'CLAUDE.md': { link: './AGENTS.md' },
    guides: { link: 'docs' },
    'deep/er/README.md': { link: '../../docs/../docs/guide.md' },
    'other.md': 'other',
  };
  expect(await read(files, ['CLAUDE.md', 'AGENTS.md', 'guides/guide.md', 'deep/er/README.md', 'other.md'])).toEqual({
    quoted: { 'CLAUDE.md': 'zero', 'other.md': 'other' },
    unquoted: [],
  });
});

it.each([
  ['out of the repository', { link: '../secret' }],
  ['to a path of the host', { link: '/etc/passwd' }],
  ['to nothing', { link: 'gone.md' }],
  ['to itself', { link: 'AGENTS.md' }],
  ['to a folder', { link: 'docs' }],
])('skips a link %s', async (_, link) => {
  expect(await read({ 'AGENTS.md': link, 'docs/a.md': 'a' }, ['AGENTS.md'])).toEqual({ quoted: {}, unquoted: [] });
});

it('quotes what globs match, in the order of the list and then of the names', async () => {
  const files = {
    'docs/b.md': 'b',
    'docs/a.md': 'a',
    'docs/x/c.md': 'c',
    'docs/d.txt': 'd',
    '[x]/y.md': 'y',
    'z.md': 'z',
  };
  const { quoted } = await read(files, ['z.md', 'docs/*.md', '**/*.{txt,md}', '[x]/y.md']);
  expect(
    Object.entries(quoted)
      .map(([, text]) => text)
      .join(''),
  ).toBe('zabydc');
});

it('names what would be too much instead of quoting it, but always quotes the first file', async () => {
  const files = { 'a.md': 'a'.repeat(300_000), 'b.md': 'b', 'c.md': 'c' };
  const { quoted, unquoted } = await read(files, ['*.md']);
  expect([Object.keys(quoted), unquoted]).toEqual([['a.md'], ['b.md', 'c.md']]);
});

it('is warned about where a glob of the file matches nothing, and not for those that are there by default', () => {
  const target = { name: 'main', paths: ['README.md'] };
  const config = (text: string) => {
    const parsed = parseConfig(text, 'coppice.yaml');
    if (parsed.config === undefined) throw new Error(text);
    return parsed.config;
  };
  expect(explainUnmatchedRules(config('version: 1\n'), target)).toEqual([]);
  expect(explainUnmatchedRules(config('agent: { instructions: [AGENTS.md, "docs/*.md", readme.md] }'), target)).toEqual(
    [
      'agent.instructions: docs/*.md matches no path of main',
      'agent.instructions: readme.md matches no path of main, which has README.md',
    ],
  );
});
