import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactor, secretsOf } from '../../activities/sandbox/secrets.ts';

const files = (path: string): string => {
  if (path === '/run/secrets/slack') return 'xoxb-from-a-file\n';
  if (path === '/run/secrets/smtp') return 'smtp://app:mail%2Fword-1@mail\n';
  throw new Error(`no ${path}`);
};

describe('what a host keeps secret', () => {
  it('is the value of what is named like a secret, and passwords in URLs', () => {
    const env = {
      ANTHROPIC_API_KEY: 'sk-ant-0123456789',
      SLACK_BOT_TOKEN_FILE: '/run/secrets/slack',
      SLACK_APP_TOKEN_FILE: '/nowhere',
      NPM_TOKEN: 'short',
      DATABASE_URL: 'postgres://app:pass-word-1@db/app',
      SSH_AUTH_SOCK: '/tmp/ssh-agent.1',
      TEMPORAL_TLS_CLIENT_KEY_PATH: '/etc/temporal/client.key',
      COPPICE_SMTP_URL_FILE: '/run/secrets/smtp',
      NODE_ENV: 'production',
      MONKEY: 'not a secret',
      UNSET_TOKEN: undefined,
    };
    expect(secretsOf(env, files)).toEqual([
      'sk-ant-0123456789',
      'xoxb-from-a-file',
      'pass-word-1',
      'mail%2Fword-1',
      'mail/word-1',
    ]);
  });

  it('is each line of a key that has several', () => {
    const env = { DEPLOY_KEY: '-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0B\n-----END KEY-----\n' };
    expect(secretsOf(env, files)).toContain('MIIEvQIBADANBgkq');
    expect(redactor(secretsOf(env, files))('see hkiG9w0B there')).toBe('see [redacted] there');
  });
});

describe('redaction', () => {
  const secret = fc.string({ minLength: 8, maxLength: 60, unit: 'binary-ascii' }).filter((text) => /\S{8}/.test(text));
  const around = fc.string({ maxLength: 10, unit: 'grapheme-ascii' });

  it('finds a secret among other bytes in base64', () => {
    fc.assert(
      fc.property(secret, around, around, (value, before, after) => {
        const text = Buffer.from(before + value + after).toString('base64');
        const shown = redactor([value])(text);
        expect(shown).toContain('[redacted]');
        // What is left of it on either side is less than three of its bytes.
        const left = shown.split('[redacted]').join('').length;
        expect(left).toBeLessThanOrEqual(Math.ceil(((before.length + after.length) * 4) / 3) + 8);
      }),
    );
  });

  it('leaves nothing of a secret as it is, in hex or in a URL', () => {
    fc.assert(
      fc.property(secret, (value) => {
        const redact = redactor([value]);
        for (const form of [value, Buffer.from(value).toString('hex'), encodeURIComponent(value)])
          expect(redact(`a ${form} b`)).toBe('a [redacted] b');
      }),
    );
  });

  it('takes the longest of several that begin alike, and leaves other text alone', () => {
    const redact = redactor(['token-of-a', 'token-of-a-and-b']);
    expect(redact('token-of-a-and-b, token-of-a, token-of-c')).toBe('[redacted], [redacted], token-of-c');
    expect(redactor([])('as it is')).toBe('as it is');
  });
});
