// A unit's own command among the checks.

import type { VerifyCommand } from '../../contracts/documents/config.ts';
import { defaultTimeouts } from '../../contracts/documents/config.ts';

export function unitCheck(run: string): VerifyCommand {
  return { name: 'unit verify', run, timeoutSeconds: defaultTimeouts.verify };
}

/** The configured commands, then the unit's own. */
export function withUnitCheck(configured: readonly VerifyCommand[], own: string | null): readonly VerifyCommand[] {
  return own === null ? configured : [...configured, unitCheck(own)];
}
