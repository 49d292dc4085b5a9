import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, defaultConfig } from '../../contracts/documents/config.ts';
import { type KeyHost, hostClass, verificationsOn } from '../../activities/landing/verify/verification-key.ts';
import type { VerificationRules, WantedVerification } from '../../activities/landing/verify/wanted-verification.ts';
import { cleanUp, git, makeRemote, makeState } from '../git/make-repository.ts';
import { offerTree } from './offered-tree.ts';
import { openHost } from '../git/open-host.ts';
import { sha } from '../domain/fixtures.ts';
import { unitCheck } from '../../activities/checks/unit-check.ts';
import { verificationCodec } from '../../formats/state-documents/verification.ts';

let opened: Awaited<ReturnType<typeof openHost>>;
let host: KeyHost;
beforeAll(async () => {
  opened = await openHost();
  host = { ...opened, policy: { envAllowed: ['LICENSE'], networkAllowed: 'setup' }, env: { LICENSE: 'x', HOME: '/h' } };
});
afterAll(cleanUp);

const config: Config = {
  ...defaultConfig,
  setup: { run: 'make deps', network: true, timeoutSeconds: 900 },
  verify: [{ name: 'test', run: 'make test', timeoutSeconds: 1800 }],
  sandbox: { ...defaultConfig.sandbox, env: ['LICENSE', 'HOME'] },
};
const rules: VerificationRules = {
  repository: 'https://example.org/a/b.git',
  branch: 'main',
  target: sha(1),
  config,
  tags: `${sha(9)} refs/tags/v1\n`,
};
const wanted: WantedVerification = { tree: sha(2), own: [unitCheck('make a')], egress: ['e1', 'e2'], all: false };

interface Change {
  readonly host?: Partial<KeyHost>;
  readonly rules?: Partial<VerificationRules>;
  readonly config?: Partial<Config>;
  readonly wanted?: Partial<WantedVerification>;
}

async function keyWith(change: Change = {}): Promise<string | undefined> {
  const changed = { ...rules, config: { ...config, ...change.config }, ...change.rules };
  const verificationOf = await verificationsOn({ ...host, ...change.host }, changed);
  return verificationOf({ ...wanted, ...change.wanted })?.key;
}

describe('the key of a verification', () => {
  it('is 32 hexadecimal digits', async () => {
    expect(await keyWith()).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each<[string, Change]>([
    ['the spelling of the repository', { rules: { repository: 'git@example.org:a/b' } }],
    ['the branch', { rules: { branch: 'release' } }],
    ['the commit of the target', { rules: { target: sha(3) } }],
    ['the order of settings', { config: { setup: { timeoutSeconds: 900, network: true, run: 'make deps' } } }],
    ['settings that only agents and the queue follow', { config: { agent: { ...config.agent, model: 'other' } } }],
    ['the order of the grants', { wanted: { egress: ['e2', 'e1', 'e2'] } }],
    ['a command that several units have', { wanted: { own: [unitCheck('make a'), unitCheck('make a')] } }],
    ['a variable that no repository may have', { host: { env: { LICENSE: 'x', HOME: '/other' } } }],
  ])('does not depend on %s', async (_, change) => {
    expect(await keyWith(change)).toBe(await keyWith());
  });

  it.each<[string, Change]>([
    ['repository', { rules: { repository: 'https://example.org/a/c.git' } }],
    ['tree', { wanted: { tree: sha(4) } }],
    ['setup', { config: { setup: { run: 'make all', network: true, timeoutSeconds: 900 } } }],
    ['time limit of the setup', { config: { setup: { run: 'make deps', network: true, timeoutSeconds: 60 } } }],
    ['network of the setup', { config: { setup: { run: 'make deps', network: false, timeoutSeconds: 900 } } }],
    ['command', { config: { verify: [{ name: 'test', run: 'make check', timeoutSeconds: 1800 }] } }],
    ['time limit of a command', { config: { verify: [{ name: 'test', run: 'make test', timeoutSeconds: 60 }] } }],
    ['command of a unit', { wanted: { own: [unitCheck('make b')] } }],
    ['order of the units’ commands', { wanted: { own: [unitCheck('make b'), unitCheck('make a')] } }],
    ['grant', { wanted: { egress: ['e1'] } }],
    ['rule about the network', { config: { policy: [{ action: 'egress', paths: [], decide: 'allow', by: [] }] } }],
    ['variable of the repository', { config: { env: { CACHE: '$WORKTREE/.cache' } } }],
    ['worktree', { config: { worktree: { ...config.worktree, submodules: false } } }],
    ['sandbox', { config: { sandbox: { ...config.sandbox, memoryMb: 512 } } }],
    ['tag', { rules: { tags: '' } }],
    ['wish for all failures', { wanted: { all: true } }],
    ['host’s network policy', { host: { policy: { envAllowed: ['LICENSE'], networkAllowed: 'all' } } }],
    ['variable of the host', { host: { env: { LICENSE: 'y' } } }],
    ['permission of the host', { host: { policy: { envAllowed: [], networkAllowed: 'setup' } } }],
  ])('is another one for another %s', async (_, change) => {
    expect(await keyWith(change)).not.toBe(await keyWith());
  });

  it('is not there where nothing is to be verified', async () => {
    const nothing = { setup: null, verify: [] };
    expect(await keyWith({ config: nothing, wanted: { own: [] } })).toBeUndefined();
    expect(await keyWith({ config: nothing })).toBeDefined();
  });

  it('comes with a description that other hosts read as it was written', async () => {
    const verification = (await verificationsOn(host, rules))({ ...wanted, egress: ['e2', 'e1', 'e2'] });
    const expected = {
      tree: sha(2),
      target: sha(1),
      branch: 'main',
      own: wanted.own,
      egress: ['e1', 'e2'],
      all: false,
    };
    expect(verification?.spec).toEqual({ ...expected, host: await hostClass(host, config) });
    if (verification === null) throw new Error('there is nothing to verify');
    expect(verificationCodec.read(verificationCodec.write(verification.spec))).toMatchObject(verification.spec);
  });
});

describe('a class of hosts', () => {
  it('has those that show the same toolchains to repositories', async () => {
    const withToolchains = async (...toolchains: string[]): Promise<string> => {
      const { worktrees } = await openHost(undefined, {}, { toolchains });
      return hostClass({ ...host, worktrees }, config);
    };
    expect(await withToolchains()).toBe(await hostClass(host, config));
    expect(await withToolchains('/opt')).not.toBe(await hostClass(host, config));
  });
});

describe('a tag', () => {
  it('changes the key when it leads to the target', async () => {
    const where = { remote: makeRemote({ 'coppice.yaml': 'verify: "true"\n' }), state: makeState() };
    const { policy, env } = host;
    // Each time a host that does not know the remote's tags yet.
    const offer = async () => (await offerTree({ ...(await openHost()), policy, env }, where, { 'a.txt': 'x' }))?.key;
    const before = await offer();
    git(where.remote.url, 'tag', 'v1', 'main');
    const after = await offer();
    expect(after).not.toBe(before);
    expect(await offer()).toBe(after);
  });
});
