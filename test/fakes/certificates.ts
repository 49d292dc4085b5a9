// A private certificate authority and a server's certificate for 127.0.0.1, as in a company: made for each test, so
// that the repository holds no key. X.509 is written in DER by hand, because Node can only read it.

import { type KeyObject, createHash, generateKeyPairSync, sign } from 'node:crypto';

export interface Certificates {
  /** The authority's certificate, PEM. */
  readonly authority: string;
  readonly authorityKey: string;
  readonly server: { readonly cert: string; readonly key: string };
}

export function makeCertificates(): Certificates {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { name: 'Coppice test authority', ...authority };
  return {
    authority: certificate({ subject: issuer.name, publicKey: authority.publicKey, isAuthority: true }, issuer),
    authorityKey: pemKey(authority.privateKey),
    server: {
      cert: certificate({ subject: 'server', publicKey: server.publicKey, isAuthority: false }, issuer),
      key: pemKey(server.privateKey),
    },
  };
}

interface Subject {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly isAuthority: boolean;
}

interface Issuer {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function certificate({ subject, publicKey, isAuthority }: Subject, issuer: Issuer): string {
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  const day = 24 * 3600_000;
  const body = sequence(
    der(0xa0, integer(2)),
    integer(isAuthority ? 1 : 2),
    algorithm,
    name(issuer.name),
    sequence(time(Date.now() - day), time(Date.now() + 30 * day)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions(publicKey, issuer.publicKey, isAuthority))),
  );
  const signature = sign('sha256', body, issuer.privateKey);
  const whole = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function extensions(publicKey: KeyObject, issuerKey: KeyObject, isAuthority: boolean): Buffer[] {
  const yes = der(0x01, Buffer.from([0xff]));
  const critical = (id: number, value: Buffer) => sequence(oid(0x55, 0x1d, id), yes, der(0x04, value));
  const plain = (id: number, value: Buffer) => sequence(oid(0x55, 0x1d, id), der(0x04, value));
  const localhost = [der(0x87, Buffer.from([127, 0, 0, 1])), der(0x82, Buffer.from('localhost'))];
  return [
    critical(19, isAuthority ? sequence(yes) : sequence()),
    // keyCertSign and cRLSign, or digitalSignature.
    critical(15, der(0x03, Buffer.from(isAuthority ? [1, 0x06] : [7, 0x80]))),
    plain(14, der(0x04, keyId(publicKey))),
    plain(35, sequence(der(0x80, keyId(issuerKey)))),
    ...(isAuthority ? [] : [plain(17, sequence(...localhost))]),
  ];
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

function name(common: string): Buffer {
  return sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(common)))));
}

function time(at: number): Buffer {
  const text = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(text.slice(2)));
}

function integer(value: number): Buffer {
  return der(0x02, Buffer.from([value]));
}

function oid(...bytes: number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const long = length > 0xff ? [0x82, length >> 8, length & 0xff] : length > 0x7f ? [0x81, length] : [length];
  return Buffer.concat([Buffer.from([tag, ...long]), content]);
}

function pemKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
