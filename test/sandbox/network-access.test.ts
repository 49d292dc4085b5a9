// A setup with the network reaches servers behind a company's certificates and proxies; no other command gets these.

import { type Server, createServer } from 'node:https';
import { type Server as Proxy, createServer as createProxy } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckPlace } from '../../activities/checks/run-checks.ts';
import type { SetupCommand } from '../../contracts/documents/config.ts';
import { type TestHost, makeHost } from './fixtures.ts';
import { makeCertificates } from '../fakes/certificates.ts';
import { runChecks } from '../../activities/checks/run-checks.ts';
import { runSetup } from '../../activities/worktrees/setup/run-setup.ts';
import { redactor, secretsOf } from '../../activities/sandbox/secrets.ts';

const certificates = makeCertificates();
const asked: string[] = [];
let server: Server;
let proxy: Proxy;
let folder: string;
let bundle: string;
const hosts: TestHost[] = [];

beforeAll(async () => {
  server = createServer(certificates.server, (_, response) => response.end('fetched\n')).listen(0, '127.0.0.1');
  proxy = createProxy((request, response) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    response.end('by proxy\n');
  }).listen(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(proxy, 'listening')]);
  // As below /root: nobody but the worker gets in. Never in /dev/shm, because a sandbox has a /dev of its own.
  folder = mkdtempSync('/tmp/coppice-certificates-');
  bundle = join(folder, 'company.pem');
  writeFileSync(bundle, certificates.authority, { mode: 0o600 });
});
afterAll(() => {
  server.close();
  proxy.close();
  for (const host of hosts) host.remove();
  rmSync(folder, { recursive: true, force: true });
});

const portOf = (of: Server | Proxy) => (of.address() as AddressInfo).port;
const url = () => `https://127.0.0.1:${portOf(server)}/`;
const clients = {
  node: () => `node -e "fetch('${url()}').then((r) => r.text()).then(console.log, (e) => { throw e.cause })"`,
  git: () => `git ls-remote ${url()}x.git 2>&1 | tee said; grep -q 'not found\\|not valid' said`,
  curl: () => `curl --silent --show-error --fail ${url()}`,
};

async function hostWith(env: Record<string, string>, policy: Parameters<typeof makeHost>[0] = {}): Promise<TestHost> {
  const host = await makeHost({ env, secrets: secretsOf(env, (path) => readFileSync(path, 'utf8')), ...policy });
  hosts.push(host);
  return host;
}

function place(host: TestHost, change: Partial<CheckPlace> = {}): CheckPlace {
  const mounts = [{ type: 'bind', source: host.worktree, target: '/work', writable: true }] as const;
  return {
    sandbox: host.sandbox,
    worktree: { path: host.worktree, root: host.worktree, mounts, remove: () => Promise.resolve() },
    env: {},
    network: false,
    limits: { memoryMb: 4096 },
    signal: new AbortController().signal,
    onStart: () => undefined,
    ...change,
  };
}

/** What the setup printed. */
async function setUp(host: TestHost, run: string, change: Partial<SetupCommand> = {}): Promise<string> {
  const command = `sh -c ${quoted(run)} > printed 2>&1 || { cat printed; exit 1; }`;
  await runSetup(place(host), { run: command, network: true, timeoutSeconds: 30, ...change }, 'setup');
  return readFileSync(join(host.worktree, 'printed'), 'utf8');
}

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

describe('a setup with the network', () => {
  it.each([
    ['NODE_EXTRA_CA_CERTS', 'node'],
    ['GIT_SSL_CAINFO', 'git'],
    ['CURL_CA_BUNDLE', 'curl'],
    ['SSL_CERT_FILE', 'curl'],
  ] as const)('trusts the authority that %s of the host names, as %s does', async (name, client) => {
    await setUp(await hostWith({ [name]: bundle }), clients[client]());
    await expect(setUp(await hostWith({}), clients[client]())).rejects.toMatchObject({ type: 'SetupFailed' });
  });

  it('sees each bundle at its own path, with the certificates alone', async () => {
    const both = join(folder, 'both.pem');
    writeFileSync(both, `# ours\n${certificates.authorityKey}${certificates.authority}`);
    const names = ['PIP_CERT', 'REQUESTS_CA_BUNDLE', 'CARGO_HTTP_CAINFO'];
    const host = await hostWith(Object.fromEntries(names.map((name) => [name, both])));
    expect(await setUp(host, `cat "$PIP_CERT"; echo $REQUESTS_CA_BUNDLE $CARGO_HTTP_CAINFO`)).toBe(
      `${certificates.authority}${both} ${both}\n`,
    );
  });

  it('sees folders of certificates, several of them', async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    for (const each of [one, two]) mkdirSync(each, { mode: 0o700 });
    writeFileSync(join(one, 'a.pem'), certificates.authority);
    writeFileSync(join(one, 'key.pem'), certificates.authorityKey);
    symlinkSync(bundle, join(two, 'b.0'));
    const host = await hostWith({ SSL_CERT_DIR: `${one}:${two}`, CURL_CA_BUNDLE: join(one, 'a.pem') });
    expect(await setUp(host, 'echo "$SSL_CERT_DIR"; ls $(echo "$SSL_CERT_DIR" | tr : " ")')).toBe(
      `${one}:${two}\n${one}:\na.pem\n\n${two}:\nb.0\n`,
    );
    expect(await setUp(host, 'cat "$CURL_CA_BUNDLE"')).toBe(certificates.authority);
  });

  it('sees a bundle elsewhere where its own path means something else inside', async () => {
    const host = await hostWith({});
    // A link in a folder that every sandbox shows would be one, too; tests do not write there.
    const inWork = '/work/company.pem';
    const { networkAccess } = await import('../../activities/sandbox/network-access.ts');
    const missing = await networkAccess({ PIP_CERT: inWork }, join(host.home, 'sandbox'), null);
    expect(missing.unusable).toEqual([{ name: 'PIP_CERT', path: inWork, why: 'cannot be read (ENOENT)' }]);
    const view = { folders: [folder], links: [], etc: [], networkEtc: [], generated: [], toolchains: [], path: '' };
    const linked = join(folder, 'linked.pem');
    const outside = mkdtempSync(join(tmpdir(), 'coppice-elsewhere-'));
    writeFileSync(join(outside, 'real.pem'), certificates.authority);
    symlinkSync(join(outside, 'real.pem'), linked);
    const found = await networkAccess({ PIP_CERT: linked, SSL_CERT_FILE: bundle }, join(host.home, 'sandbox'), view);
    rmSync(outside, { recursive: true });
    expect(found.env).toEqual({ PIP_CERT: '/certificates/0', SSL_CERT_FILE: bundle });
    expect(found.mounts).toHaveLength(1);
  });

  it('takes a bundle that is replaced while the worker runs', async () => {
    const changing = join(folder, 'changing.pem');
    writeFileSync(changing, makeCertificates().authority);
    const host = await hostWith({ NODE_EXTRA_CA_CERTS: changing });
    await expect(setUp(host, clients.node())).rejects.toMatchObject({ type: 'SetupFailed' });
    writeFileSync(changing, certificates.authority);
    expect(await setUp(host, clients.node())).toContain('fetched');
  });

  it('runs although a variable names nothing that can be used', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o700);
    const env = { SSL_CERT_FILE: '/nowhere/ca.pem', PIP_CERT: '/dev/null', SSL_CERT_DIR: `/:${closed}` };
    const host = await hostWith(env);
    const { unusable } = await host.sandbox.networkAccess();
    expect(unusable.map(({ path }) => path)).toEqual(expect.arrayContaining(['/nowhere/ca.pem', '/dev/null', closed]));
    expect(await setUp(host, 'echo "$SSL_CERT_FILE $PIP_CERT"')).toBe('/nowhere/ca.pem /dev/null\n');
  });

  it('goes through the proxies of the host, in upper and lower case', async () => {
    asked.length = 0;
    const at = `http://127.0.0.1:${portOf(proxy)}`;
    const host = await hostWith({ http_proxy: at, HTTPS_PROXY: at, NO_PROXY: '127.0.0.1' });
    expect(await setUp(host, 'curl --silent --fail http://packages.invalid/a')).toBe('by proxy\n');
    expect(await setUp(host, `env | grep -i _proxy | sort`)).toContain('NO_PROXY=127.0.0.1');
    expect(asked).toEqual(['http://packages.invalid/a']);
  });

  it('hides what a proxy’s URL has of credentials in what it prints', async () => {
    const at = `127.0.0.1:${portOf(proxy)}`;
    const host = await hostWith({ http_proxy: `http://me:p%40ss@${at}` });
    const failing = setUp(host, 'curl --silent --verbose http://packages.invalid/b; env | grep proxy; exit 3');
    const message: string = await failing.then(
      () => '',
      (error: Error) => error.message,
    );
    expect(asked.at(-1)).toBe(`http://packages.invalid/b Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    expect(message).toContain(`http_proxy=http://[redacted]@${at}`);
    expect(message).not.toMatch(/p%40ss|p@ss|bWU6cEBzcw/);
  });
});

describe('proxies and certificates of the host', () => {
  const everything = () => ({ HTTPS_PROXY: 'http://127.0.0.1:9', NODE_EXTRA_CA_CERTS: bundle });
  const look = () => `env | grep -i 'proxy\\|CA_CERTS'; ls ${bundle}; true`;

  it('reach no setup without the network', async () => {
    const asksForNone = await setUp(await hostWith(everything()), look(), { network: false });
    const mayHaveNone = await hostWith(everything(), { networkAllowed: 'none' });
    const command = { run: `{ ${look()}; } > printed 2>&1`, network: true, timeoutSeconds: 30 };
    await runSetup(place(mayHaveNone), command, 'none');
    for (const seen of [asksForNone, readFileSync(join(mayHaveNone.worktree, 'printed'), 'utf8')]) {
      expect(seen).toMatch(/^ls: .*No such file/);
    }
  });

  it('reach no other command, also where it has the network', async () => {
    const host = await hostWith(everything(), { networkAllowed: 'all' });
    const seen = await runChecks(place(host, { network: true }), [
      { name: 'look', run: `{ ${look()}; } && false`, timeoutSeconds: 30 },
    ]);
    expect(seen).toMatchObject({ status: 'red', output: expect.stringMatching(/^ls: .*No such file/) });
  });

  it('reach a setup without a sandbox as they are', async () => {
    const host = await hostWith({ NODE_EXTRA_CA_CERTS: bundle }, { driver: 'none' });
    const command = { run: `${clients.node()} > printed`, network: true, timeoutSeconds: 30 };
    await runSetup(place(host), command, 'setup');
    expect(readFileSync(join(host.worktree, 'printed'), 'utf8')).toContain('fetched');
  });
});

describe('credentials in a proxy’s URL', () => {
  it.each([
    ['http://user:long-password@proxy:3128', 'long-password'],
    ['https://user:pw@proxy', 'user:pw@'],
    ['user:long-password@proxy:3128', 'long-password'],
    ['http://user:p%3Aa%2Fss-word@proxy', 'p:a/ss-word'],
    ['http://user:pass@word@proxy', 'pass@word'],
    ['http://token-without-a-password@proxy', 'token-without-a-password'],
  ])('of %s are secret', (value, secret) => {
    for (const name of ['HTTPS_PROXY', 'http_proxy', 'ALL_PROXY']) {
      const redact = redactor(secretsOf({ [name]: value }, () => ''));
      expect(redact(`see ${value}.`)).toMatch(/^see .*proxy/);
      expect(redact(`see ${value}.`)).not.toContain(secret);
      const sent = Buffer.from(secret.replace(/@$/, '')).toString('base64');
      expect(redact(`Basic ${sent}`)).not.toContain(sent);
    }
  });

  it('are not looked for where there are none', () => {
    expect(secretsOf({ HTTPS_PROXY: 'http://proxy.example.com:3128', NO_PROXY: 'a@b,localhost' }, () => '')).toEqual(
      [],
    );
  });
});
