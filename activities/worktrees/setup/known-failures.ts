// Setups that failed on this host a moment ago. Units that need the same setup of the same files fail with it, instead
// of running it again one after the other. A retry a little later, for example after a registry has come back, runs it
// again.

import { failureType } from '../../../contracts/failures.ts';
import { retold } from './setup-failure.ts';

const rememberedMs = 2 * 60_000;

export class SetupFailures {
  private readonly known = new Map<string, { readonly error: unknown; readonly until: number }>();

  /** `key` identifies all inputs of the result. */
  note(key: string, error: unknown): void {
    if (failureType(error) !== 'SetupFailed') return;
    const now = Date.now();
    for (const [other, { until }] of this.known) if (until < now) this.known.delete(other);
    if (!this.known.has(key)) this.known.set(key, { error, until: now + rememberedMs });
  }

  /** Throws the remembered failure. */
  throwKnown(key: string): void {
    const known = this.known.get(key);
    // A new error for each caller, because errors are modified on the way.
    if (known !== undefined && known.until >= Date.now()) throw retold(known.error, {});
  }
}
