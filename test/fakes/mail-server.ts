// A mail server on loopback that speaks SMTP, with and without a login. It keeps what it takes, parsed, and refuses
// recipients on demand.

import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  /** As in the envelope. */
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly parsed: Email;
}

/** Answers to `RCPT TO` in place of success. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
}

/** How a mail server of a company speaks TLS: from the first byte, or when the client asks for it. */
export interface MailTls {
  readonly certificate: { readonly cert: string; readonly key: string };
  readonly from: 'the start' | 'STARTTLS';
}

export const mailLogin = { user: 'coppice', pass: 'p@ss/word-of-mail' };

interface MailServerOptions {
  readonly login?: boolean;
  /** Null = it has none. */
  readonly tls?: MailTls | null;
}

export class MailServer {
  readonly mails: ReceivedMail[] = [];
  /** By recipient; each is used once unless `always`. */
  readonly refusals = new Map<string, Refusal & { readonly always?: boolean }>();
  /** Connections so far. */
  connections = 0;
  /** Logins that were tried. */
  logins = 0;
  /** Mails that came without TLS. */
  inClear = 0;
  /** Takes the next mails, and ends the connection before it says so. */
  losesAnswers = 0;
  private readonly smtp: SMTPServer;
  private readonly server: Server;

  private constructor(wantsLogin: boolean, tls: MailTls | null) {
    this.smtp = new SMTPServer({
      ...tls?.certificate,
      secure: tls?.from === 'the start',
      disabledCommands: [...(tls === null ? ['STARTTLS'] : []), ...(wantsLogin ? [] : ['AUTH'])],
      authOptional: !wantsLogin,
      allowInsecureAuth: true,
      logger: false,
      onConnect: (_, done) => {
        this.connections += 1;
        done();
      },
      onAuth: ({ username, password }, _, done) => {
        this.logins += 1;
        const isRight = username === mailLogin.user && password === mailLogin.pass;
        done(isRight ? null : refusal({ code: 535, message: `authentication of ${String(password)} failed` }), {
          user: username,
        });
      },
      onRcptTo: ({ address }, _, done) => {
        const found = this.refusals.get(address);
        if (found === undefined) return done();
        if (found.always !== true) this.refusals.delete(address);
        done(refusal(found));
      },
      onData: (stream, { envelope, secure }, done) => {
        if (!secure) this.inClear += 1;
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          const to = envelope.rcptTo.map(({ address }) => address);
          void this.keep({ from, to, raw: Buffer.concat(chunks).toString('utf8') }, done);
        });
      },
    });
    this.smtp.on('error', () => undefined);
    this.server = this.smtp.server;
  }

  private async keep(mail: Omit<ReceivedMail, 'parsed'>, done: () => void): Promise<void> {
    this.mails.push({ ...mail, parsed: await PostalMime.parse(mail.raw) });
    if (this.losesAnswers === 0) return done();
    this.losesAnswers -= 1;
    for (const connection of this.smtp.connections) connection.close();
  }

  static async start({ login = false, tls = null }: MailServerOptions = {}): Promise<MailServer> {
    const server = new MailServer(login, tls);
    server.smtp.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    return server;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Variables for a Coppice that sends mail here. */
  environment(change: Readonly<Record<string, string>> = {}) {
    return {
      COPPICE_SMTP_URL: `smtp://127.0.0.1:${this.port}`,
      COPPICE_MAIL_FROM: 'Coppice <coppice@example.org>',
      COPPICE_PUBLIC_URL: 'http://127.0.0.1:1',
      COPPICE_TOKEN_SECRET: tokenSecret,
      ...change,
    };
  }

  to(address: string): ReceivedMail[] {
    return this.mails.filter(({ to }) => to.includes(address));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.smtp.close(() => resolve()));
  }
}

export const tokenSecret = 'b10b'.repeat(10);

/** The decision link in a mail; it must be the same in both of its bodies. */
export function linkIn({ parsed }: ReceivedMail): string | null {
  const [inText, inHtml] = [parsed.text ?? '', parsed.html ?? ''].map(
    (body) => /https?:\/\/[^\s"'<>]*\/decide\/[\w.-]+/.exec(body)?.[0] ?? null,
  );
  if (inText !== inHtml) throw new Error(`the bodies of a mail have different links: ${inText} and ${inHtml}`);
  return inText ?? null;
}

function refusal({ code, message }: Refusal): Error {
  return Object.assign(new Error(message), { responseCode: code });
}
