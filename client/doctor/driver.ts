// Whether this host has what holds the conversations of a repository's units.

import { errorText } from '../../domain/errors.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { Env } from '../../domain/environment.ts';
import type { Finding } from '../../domain/doctor/finding.ts';
import { fail, ok } from '../../domain/doctor/finding.ts';
import { hintFor } from '../../contracts/failures.ts';
import { loadAgentSdk } from '../../activities/agent/drivers/claude-code/agent-sdk.ts';

/** `config` is null where there is none: then it is Coppice's own loop, which brings all it needs. */
export async function checkDriver(config: Config | null, env: Env): Promise<Finding> {
  if (config?.agent.driver !== 'claude-code') return ok('the one that Coppice brings');
  try {
    await loadAgentSdk(env['COPPICE_CLAUDE_CODE'] || null);
    return ok('Claude Code, installed');
  } catch (error) {
    return fail(errorText(error), hintFor('DriverMissing'));
  }
}
