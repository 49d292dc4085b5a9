// Setups that have failed on this host a moment ago. Units that want the same setup of the same files fail with it, rather
// than run it again one after the other; who tries again a little later, after a registry came back say, gets a new one.

import { failureType } from '../../../contracts/failures.ts';
import { retold } from './setup-failure.ts';

const rememberedMs = 2 * 60_000;

export class SetupFailures {
  private readonly known = new Map<string, { readonly error: unknown; readonly until: number }>();

  /** `key` says all that the result depends on. */
  note(key: string, error: unknown): void {
    if (failureType(error) !== 'SetupFailed') return;
    const now = Date.now();
    for (const [other, { until }] of this.known) if (until < now) this.known.delete(other);
    if (!this.known.has(key)) this.known.set(key, { error, until: now + rememberedMs });
  }

  /** Throws what it failed with. */
  throwKnown(key: string): void {
    const known = this.known.get(key);
    // One of its own for each, because what is thrown is changed on its way.
    if (known !== undefined && known.until >= Date.now()) throw retold(known.error, {});
  }
}
