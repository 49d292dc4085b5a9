import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decisionIdOf, grantFor, readToken, tokenOf } from '../../people/email/token.ts';
import { linkEnvironment, mailEnvironment } from '../../people/email/environment.ts';
import { mayDecideByMail, mostRecipients, recipientsOf } from '../../domain/approval/by-mail.ts';
import { isMailAddress } from '../../domain/text/mail-address.ts';
import { openView } from '../domain/fixtures.ts';

const secret = 's3cret'.repeat(8);
const whole = {
  COPPICE_SMTP_URL: 'smtps://coppice:p%40ss%2Fword@mail.example.com',
  COPPICE_MAIL_FROM: 'Coppice at work <coppice@example.com>',
  COPPICE_PUBLIC_URL: 'https://coppice.example.com/a/',
  COPPICE_TOKEN_SECRET: secret,
};

describe('the configuration of e-mail', () => {
  it('is read whole', () => {
    expect(mailEnvironment(whole)).toEqual({
      smtp: { host: 'mail.example.com', port: 465, secure: true, login: { user: 'coppice', pass: 'p@ss/word' } },
      from: { name: 'Coppice at work', address: 'coppice@example.com' },
      publicUrl: 'https://coppice.example.com/a',
      secret,
    });
    const plain = { ...whole, COPPICE_SMTP_URL: 'smtp://[::1]:2525', COPPICE_MAIL_FROM: 'coppice@example.com' };
    expect(mailEnvironment(plain)).toMatchObject({
      smtp: { host: '::1', port: 2525, secure: false, login: null },
      from: { name: 'Coppice', address: 'coppice@example.com' },
    });
  });

  it('is none without a server, and half of it is refused by the names of what is missing', () => {
    expect(mailEnvironment({})).toBeNull();
    // These two have other uses.
    expect(mailEnvironment({ COPPICE_PUBLIC_URL: 'https://x', COPPICE_TOKEN_SECRET: secret })).toBeNull();
    const { COPPICE_PUBLIC_URL: _, COPPICE_MAIL_FROM: __, ...half } = whole;
    for (const read of [mailEnvironment, linkEnvironment]) {
      expect(() => read(half)).toThrow(
        'e-mail needs COPPICE_MAIL_FROM and COPPICE_PUBLIC_URL as well as COPPICE_SMTP_URL, COPPICE_TOKEN_SECRET',
      );
    }
  });

  it('of a gateway without the mail server’s password is its address and the secret', () => {
    const { COPPICE_SMTP_URL: _, COPPICE_MAIL_FROM: __, ...pages } = whole;
    expect(linkEnvironment(pages)).toEqual({ publicUrl: 'https://coppice.example.com/a', secret });
    expect(linkEnvironment({ COPPICE_TOKEN_SECRET: secret })).toBeNull();
  });

  it.each([
    ['COPPICE_SMTP_URL', 'mail.example.com:25'],
    ['COPPICE_SMTP_URL', 'https://u:hunter2@mail.example.com'],
    ['COPPICE_SMTP_URL', 'smtp://u:hunter2@mail.example.com/path'],
    ['COPPICE_SMTP_URL', 'smtp://u:hunter2@mail.example.com?tls.rejectUnauthorized=false'],
    ['COPPICE_SMTP_URL', 'smtp://u:hunter2%@mail.example.com'],
    ['COPPICE_SMTP_URL', 'smtp://hunter2@mail.example.com'],
    ['COPPICE_MAIL_FROM', 'coppice'],
    ['COPPICE_MAIL_FROM', 'a@example.com, b@example.com'],
    ['COPPICE_MAIL_FROM', 'X\r\nBcc: all <a@example.com>'],
    ['COPPICE_PUBLIC_URL', 'coppice.example.com'],
    ['COPPICE_PUBLIC_URL', 'ftp://coppice.example.com'],
    ['COPPICE_PUBLIC_URL', 'https://coppice.example.com/?a=b'],
    ['COPPICE_TOKEN_SECRET', 'hunter2'],
  ])('refuses %s=%s by name, and quotes no secret', (name, value) => {
    const read = () => mailEnvironment({ ...whole, [name]: value });
    expect(read).toThrow(name);
    expect(read).not.toThrow('hunter2');
  });
});

describe('a token', () => {
  const grant = grantFor(openView(), 'kim@example.com');
  const token = tokenOf(grant, secret);
  const now = Date.parse(openView().since);

  it('is read back until its end, which is after the deadline', () => {
    expect(readToken(token, secret, now)).toEqual(grant);
    expect(grant.end * 1000).toBeGreaterThan(Date.parse(openView().expiresAt ?? ''));
    expect(readToken(token, secret, grant.end * 1000 - 1)).toEqual(grant);
    expect(readToken(token, secret, grant.end * 1000)).toBeNull();
  });

  it('is another one for another approval, address, hash and secret, and no other text is one', () => {
    const others = [
      tokenOf(grantFor(openView({ id: 'run:r1:unit:a:approval:2' }), 'kim@example.com'), secret),
      tokenOf(grantFor(openView({ hash: 'f'.repeat(40) }), 'kim@example.com'), secret),
      tokenOf(grantFor(openView(), 'lou@example.com'), secret),
      tokenOf(grant, `${secret}x`),
    ];
    expect(new Set([token, ...others].map(decisionIdOf)).size).toBe(5);
    const change = fc.tuple(fc.nat(token.length - 1), fc.string({ minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(change, ([at, text]) => {
        const changed = token.slice(0, at) + text + token.slice(at + text.length);
        return changed === token || readToken(changed, secret, now) === null;
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => readToken(text, secret, now) === null));
  });

  it('for an approval that waits for ever is good for months', () => {
    const forever = grantFor(openView({ expiresAt: null }), 'kim@example.com');
    const { policy } = openView();
    const paused = grantFor(openView({ policy: { ...policy, timing: { silence: 'pause' } } }), 'kim@example.com');
    for (const { end } of [forever, paused]) expect(end * 1000 - now).toBeGreaterThan(365 * 24 * 60 * 60 * 1000);
  });
});

describe('those who are asked by mail', () => {
  const to = ['ona@example.com'];
  const [kim, lou] = ['kim@example.com', 'lou@example.com'];

  it('are those who may decide, each once; where anybody may, those whom notify.email.to names', () => {
    const requirement = { rule: 'r', by: ['m'], paths: [], pathCount: 0 };
    const required = [
      { ...requirement, allowed: { email: [kim, lou] } },
      { ...requirement, allowed: { slack: ['U1'], email: [kim] } },
    ];
    const { policy } = openView();
    expect(recipientsOf(openView({ policy: { ...policy, required } }), to)).toEqual([kim, lou]);
    const open = [...required, { ...requirement, by: [], allowed: null }];
    expect(recipientsOf(openView({ policy: { ...policy, required: open } }), to)).toEqual([kim, lou, ...to]);
    expect(recipientsOf(openView(), to)).toEqual([]);
  });

  it('are not the requester where that consent would not count, nor what is no address, nor a crowd', () => {
    const { policy } = openView();
    const persons = [{ name: 'dana', users: ['dana'], email: [kim] }];
    const required = [
      {
        rule: 'r',
        by: ['m'],
        allowed: { email: [kim, lou, 'x', 'a@b\r\nc'] },
        notRequester: true as const,
        paths: [],
        pathCount: 0,
      },
    ];
    expect(recipientsOf(openView({ policy: { ...policy, persons, required } }), to)).toEqual([lou]);
    const many = Array.from({ length: 80 }, (_, n) => `p${n}@example.com`);
    const crowd = openView({ policy: { ...policy, allowed: { email: many } } });
    expect(recipientsOf(crowd, to)).toHaveLength(mostRecipients);
  });

  it('cannot decide the highest tier there', () => {
    expect(mayDecideByMail(openView())).toBe(true);
    expect(mayDecideByMail(openView({ policy: { ...openView().policy, tier: 'critical' } }))).toBe(false);
  });
});

it('takes plain addresses, and nothing that a header could understand in two ways', () => {
  const good = ['a@b', 'dana@example.com', "o'neil+x@sub.example-host.co", 'x_y.z@example.com'];
  const bad = [
    '',
    'a',
    '@b',
    'a@',
    'a@b@c',
    'a b@c',
    'a@b c',
    '"a"@b',
    'a(c)@b',
    '<a@b>',
    'a@b,c@d',
    'a@b;c',
    'a..b@c',
    '.a@b',
    'a.@b',
    'a@-b',
    'a@b-',
    'a@b..c',
    'ä@b',
    'a@bü',
    'a@b\n',
    '\na@b',
    'a@[1.2.3.4]',
    `${'a'.repeat(200)}@b`,
  ];
  expect(good.filter((text) => !isMailAddress(text))).toEqual([]);
  expect(bad.filter(isMailAddress)).toEqual([]);
});
