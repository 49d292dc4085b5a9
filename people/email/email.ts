// E-mail as a medium. Workers send the mails; the gateway serves the pages that they link to.

import type { MediumAdapter } from '../medium.ts';
import { checkMail } from './check.ts';
import { decisionRequests } from './pages/requests.ts';
import { linkEnvironment, mailEnvironment, mailVariables } from './environment.ts';
import { mailChannel } from './post.ts';
import { pagePath } from './message.ts';

export const email: MediumAdapter = {
  needs: mailVariables,
  openChannel(env) {
    const settings = mailEnvironment(env);
    return settings === null ? null : mailChannel(settings);
  },
  openAnswers(env, parts) {
    const settings = linkEnvironment(env);
    if (settings === null) return null;
    const route = decisionRequests(settings, parts);
    // A proxy may pass the path of the public address on, or remove it.
    const below = new URL(settings.publicUrl).pathname.replace(/\/$/, '');
    return {
      routes: {},
      pages: { [pagePath]: route, [`${below}${pagePath}`]: route },
      details: { pages: settings.publicUrl },
      reach: () => Promise.resolve({}),
      close: () => Promise.resolve(),
    };
  },
  check: checkMail,
};
