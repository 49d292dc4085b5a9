// E-mail, for `coppice doctor`: the mail server takes our login, and the pages are where mails say they are. Sends no mail.

import type { Env } from '../../domain/environment.ts';
import { type Finding, fail, ok, together, warn } from '../../domain/doctor/finding.ts';
import { type MailEnvironment, isLoopback, mailEnvironment } from './environment.ts';
import { certificateHint, codeOf, errorText } from '../../domain/errors.ts';
import { mailFailure } from './failure.ts';
import { mailTransport } from './transport.ts';
import { pagePath } from './message.ts';
import { tokenOf } from './token.ts';

const timeoutMs = 4_000;

/** `channel`: the addresses that coppice.yaml names. */
export async function checkMail(env: Env, channel: Promise<string | null>): Promise<Finding> {
  const settings = mailEnvironment(env);
  if (settings === null) {
    return (await channel) === null
      ? ok('not configured')
      : warn(
          'coppice.yaml wants mails (notify.email), and no mail server is set here',
          'Set COPPICE_SMTP_URL and the rest of docs/email.md on workers that run workflows; until then, answer with `coppice approvals`.',
        );
  }
  return together(await Promise.all([checkServer(settings), checkPages(settings)]));
}

async function checkServer({ smtp, from }: MailEnvironment): Promise<Finding> {
  const transport = mailTransport(smtp, { connectMs: timeoutMs, idleMs: timeoutMs });
  try {
    await transport.verify();
    return ok(`${smtp.host} is ready for mails from ${from.address}`);
  } catch (error) {
    const said = errorText(mailFailure(error, from.address, smtp));
    if (codeOf(error) === 'EAUTH') return fail(said, 'Check user and password in COPPICE_SMTP_URL.');
    const hint = certificateHint(error);
    if (hint !== null) return fail(`${smtp.host}: ${errorText(error)}`, hint);
    return warn(`cannot ask the mail server: ${said}`, 'Check COPPICE_SMTP_URL and the network; mails wait meanwhile.');
  } finally {
    transport.close();
  }
}

/** A link to an approval that never was: whoever has our secret knows that it is good. */
async function checkPages(settings: MailEnvironment): Promise<Finding> {
  const { publicUrl, secret } = settings;
  const end = Math.floor(Date.now() / 1000) + 60;
  const token = tokenOf({ approval: 'run:doctor:approval:0', hash: '0', address: 'doctor@localhost', end }, secret);
  const start = 'Start the gateway, and let its address (COPPICE_PUBLIC_URL) lead to it: docs/email.md.';
  try {
    const response = await fetch(`${publicUrl}${pagePath}${token}`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    if (response.headers.get('server') !== 'coppice') {
      return warn(`another server answers at ${publicUrl} (status ${response.status})`, start);
    }
    if (response.status === 403) {
      return fail(
        `the gateway at ${publicUrl} has another COPPICE_TOKEN_SECRET`,
        'Give workers and gateway the same; until then no link is valid.',
      );
    }
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return warn(`nothing answers at ${publicUrl} from here: ${errorText(cause)}`, start);
  }
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === 'http:' && !isLoopback(hostname)
    ? warn(`links begin with http://, so anyone on the way can read them`, 'Use https in COPPICE_PUBLIC_URL.')
    : ok(`links lead to ${publicUrl}`);
}
