// Whether this host has the driver that runs a repository's agents.

import { errorText } from '../../domain/errors.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { Env } from '../../domain/environment.ts';
import type { Finding } from '../../domain/doctor/finding.ts';
import { fail, ok } from '../../domain/doctor/finding.ts';
import { hintFor } from '../../contracts/failures.ts';
import { loadAgentSdk } from '../../activities/agent/drivers/claude-code/agent-sdk.ts';

/** `config` null = the default driver, Coppice's own loop, which needs no installation. */
export async function checkDriver(config: Config | null, env: Env): Promise<Finding> {
  if (config?.agent.driver !== 'claude-code') return ok('the default one, part of Coppice');
  try {
    await loadAgentSdk(env['COPPICE_CLAUDE_CODE'] || null);
    return ok('Claude Code, installed');
  } catch (error) {
    return fail(errorText(error), hintFor('DriverMissing'));
  }
}
