// E-mail, for `coppice doctor`.

import type { Env } from '../../domain/environment.ts';
import { type Finding, ok, warn } from '../../domain/doctor/finding.ts';

export function checkMail(env: Env): Finding {
  return env['COPPICE_SMTP_URL']
    ? warn('COPPICE_SMTP_URL is set, and e-mail is not available yet', 'Use Slack or the command line until it is.')
    : ok('not configured; e-mail is not available yet');
}
