// Turns an error of the mail server into a failure of the catalogue: one that a retry may fix, or one that a person must.

import { certificateHint, codeOf, errorText } from '../../domain/errors.ts';
import { failure } from '../../contracts/failures.ts';
import { inertLine } from '../../domain/text/inert.ts';
import type { SmtpSettings } from './environment.ts';

/** Tried again for whoever corrects the login, and seldom: servers lock accounts out. */
const loginPauseMs = 10 * 60 * 1000;

export function mailFailure(error: unknown, address: string, { host, login }: SmtpSettings): Error {
  const said = withoutLogin(inertLine(errorText(error), 300), login);
  if (codeOf(error) === 'EAUTH') {
    const pause = { nextRetryDelayMs: loginPauseMs, hint: 'Check user and password in COPPICE_SMTP_URL.' };
    return failure('MailUnavailable', `${host} refuses the login: ${said}`, pause);
  }
  if (isPermanent(error)) return failure('MailRefused', `${host} refused the mail to ${address}: ${said}`);
  const hint = certificateHint(error);
  const message = `${host} did not take the mail to ${address}: ${hint ?? said}`;
  return failure('MailUnavailable', message, hint === null ? {} : { hint });
}

/** The server takes this mail at no time. What it says before it has heard of a mail can be corrected meanwhile. */
function isPermanent(error: unknown): boolean {
  const isAboutMail = ['EENVELOPE', 'EMESSAGE'].includes(String(codeOf(error)));
  return isAboutMail && error instanceof Error && 'permanent' in error && error.permanent === true;
}

/** Servers may quote what they were sent. */
function withoutLogin(text: string, login: SmtpSettings['login']): string {
  if (login === null) return text;
  const plain = Buffer.from(`\0${login.user}\0${login.pass}`).toString('base64');
  const forms = [plain, login.pass, encodeURIComponent(login.pass), Buffer.from(login.pass).toString('base64')];
  return forms.reduce((shown, form) => shown.replaceAll(form, '***'), text);
}
