import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RepositoryUrl } from '../../domain/repository/url.ts';
import { parseRepositoryUrl } from '../../domain/repository/url.ts';
import { queueId } from '../../git/queue-id.ts';
import { repositoryAllowed } from '../../formats/repository-allowed.ts';

function parsed(text: string): RepositoryUrl {
  const url = parseRepositoryUrl(text);
  if ('error' in url) throw new Error(url.error);
  return url;
}

describe('a repository URL', () => {
  it.each([
    'https://github.com/acme/Rocket',
    'https://GitHub.com:443/acme/Rocket.git/',
    'ssh://git@github.com/acme/Rocket.git',
    'ssh://github.com:22//acme/Rocket',
    'git@github.com:acme/Rocket.git',
    'github.com:/acme/Rocket',
  ])('%s names the same place and the same queue', (text) => {
    expect(parsed(text).canonical).toBe('github.com/acme/Rocket');
    expect(queueId(parsed(text), 'main')).toBe(queueId(parsed('https://github.com/acme/Rocket'), 'main'));
  });

  it('keeps other places apart', () => {
    const texts = ['git@h:a/b', 'ssh://git@h:2222/a/b', 'git@h:a/B', '/a/b', 'git@h2:a/b'];
    expect(new Set(texts.map((text) => queueId(parsed(text), 'main'))).size).toBe(texts.length);
    expect(queueId(parsed('/a/b'), 'main')).not.toBe(queueId(parsed('/a/b'), 'dev'));
  });

  it('has a queue id that people can read', () => {
    expect(queueId(parsed('git@github.com:acme/Rocket_2.git'), 'main')).toMatch(/^queue:acme-rocket-2-[0-9a-f]{8}$/);
    expect(parsed('/srv/🚀.git').slug).toBe('repository');
  });

  it('may be an absolute path', () => {
    expect(parsed('/srv/./x/../my repo.git/')).toMatchObject({
      kind: 'local',
      canonical: '/srv/my repo',
      slug: 'my-repo',
    });
  });

  it.each([
    'ext::sh -c touch% /tmp/x',
    'fd::17',
    'file:///srv/x',
    'http://github.com/a/b',
    'git://github.com/a/b',
    'ftp://h/x',
    '-oProxyCommand=touch',
    '--upload-pack=x',
    'ssh://-oProxyCommand=touch/x',
    'ssh://git@-oProxyCommand=touch/x',
    'ssh://-l@host/x',
    '-x:y',
    'git@-x:y',
    'host:-x',
    'ssh://host/-x',
    'https://host/a/../b',
    'https://host',
    'https://host/.git',
    'ssh://host:0/x',
    './relative',
    '~/x',
    '/',
    '',
    ' ',
    'https://host/x\n',
    'https://ho\u202Est/x',
    'https://host/x?token=abc',
  ])('is refused: %j', (text) => {
    expect(parseRepositoryUrl(text)).toHaveProperty('error');
  });

  it.each([
    'https://dana:s3cret@host/x',
    'https://s3cret@host/x',
    'ssh://dana:s3cret@host/x',
    'dana:s3cret@host:x',
    'dana:s3cret@host/x',
    'https://dana:s3/cret@host/x?s3cret',
    'https://s3cret@[bad/x',
  ])('is refused for its credential without repeating it: %s', (text) => {
    const url = parseRepositoryUrl(text);
    expect(url).toHaveProperty('error');
    expect(JSON.stringify(url)).not.toMatch(/s3|cret@/);
  });

  it('never crashes, and its slug is always safe', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.webUrl(),
          fc.string().map((s) => `git@h:${s}`),
        ),
        (text) => {
          const url = parseRepositoryUrl(text);
          expect('error' in url ? 'refused' : url.slug).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$/);
        },
      ),
    );
  });
});

describe('the list of accepted repositories', () => {
  it('accepts what a glob names, in any spelling of its kind', () => {
    const globs = ['https://github.com/acme/*', '/srv/git/**'];
    for (const text of ['https://github.com/acme/x.git', 'https://GITHUB.com/acme/x', '/srv/git/team/x.git']) {
      expect(repositoryAllowed(parsed(text), globs)).toBe(true);
    }
    for (const text of ['https://github.com/other/x', 'git@github.com:acme/x', '/srv/git/../x', '/etc/x']) {
      expect(repositoryAllowed(parsed(text), globs)).toBe(false);
    }
  });

  it('accepts a glob without a scheme for https and ssh', () => {
    expect(repositoryAllowed(parsed('git@github.com:acme/x.git'), ['github.com/acme/*'])).toBe(true);
    expect(repositoryAllowed(parsed('https://github.com/acme/x'), ['github.com/acme/x.git'])).toBe(true);
    expect(repositoryAllowed(parsed('git@github.com:acme/x.git'), ['git@github.com:acme/*'])).toBe(true);
  });

  it('accepts everything without a list, and nothing with an empty one', () => {
    expect(repositoryAllowed(parsed('/srv/x'), null)).toBe(true);
    expect(repositoryAllowed(parsed('/srv/x'), [])).toBe(false);
  });
});
