// How our processes name themselves to Temporal, which keeps it with everything that they send: a command names the
// person, too, so that an audit can say who cancelled or resumed a run. A claim, as everything on the command line.

import { hostname } from 'node:os';

const longestUser = 200;

/** `coppice 4711@host: dana` */
export function identityOfUser(user: string): string {
  return `coppice ${process.pid}@${hostname()}: ${user.slice(0, longestUser)}`;
}

/** Null if a process named no person. */
export function userOfIdentity(identity: string): string | null {
  return /^coppice \d+@\S+: ([^]+)$/.exec(identity)?.[1] ?? null;
}
