// One mail server, by nodemailer: one try with a time limit, because Temporal does the retries. A login never travels
// without TLS, except on this machine.

import { createTransport } from 'nodemailer';
import { type SmtpSettings, isLoopback } from './environment.ts';

/** Each below the time limit of the activities that send, 30 s. */
const defaultLimits = { connectMs: 8_000, idleMs: 15_000 };

export function mailTransport({ host, port, secure, login }: SmtpSettings, { connectMs, idleMs } = defaultLimits) {
  return createTransport({
    host,
    port,
    secure,
    requireTLS: !secure && login !== null && !isLoopback(host),
    ...(login === null ? {} : { auth: login }),
    connectionTimeout: connectMs,
    dnsTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: idleMs,
    // Nothing in a message is a file or an address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}
