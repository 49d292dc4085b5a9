// Whether the model API accepts this host's credential, tested with a free request: its list of models. No answer
// contains the credential.

import { readFileSync } from 'node:fs';
import { APIError } from '@anthropic-ai/sdk';
import type { Env } from '../../domain/environment.ts';
import type { Finding } from '../../domain/doctor/finding.ts';
import { fail, ok, warn } from '../../domain/doctor/finding.ts';
import { certificateHint } from '../../domain/errors.ts';
import { failureType, hintFor } from '../../contracts/failures.ts';
import { makeModelClient } from '../../activities/agent/drivers/anthropic/ask-model.ts';
import { modelFailure } from '../../activities/agent/drivers/anthropic/model-errors.ts';
import { secretOf } from '../../domain/environment.ts';

export async function checkModel(env: Env, signal: AbortSignal): Promise<Finding> {
  const apiKey = secretOf(env, 'ANTHROPIC_API_KEY', (path) => readFileSync(path, 'utf8'));
  if (apiKey === null) {
    return fail('no credential is set', 'Set ANTHROPIC_API_KEY on every host; a machine without a worker needs none.');
  }
  const client = makeModelClient({ apiKey, baseUrl: env['ANTHROPIC_BASE_URL'] || null });
  const where = hostOf(client.baseURL);
  try {
    await client.models.list({ limit: 1 }, { signal });
    return ok(`${where} accepts the credential`);
  } catch (error) {
    if (signal.aborted) return fail(`${where} did not answer in time`, hintFor('ModelUnavailable'));
    return judgeError(error, where, apiKey);
  }
}

function judgeError(error: unknown, where: string, apiKey: string): Finding {
  const named = modelFailure(error);
  const said = named.message.replaceAll(apiKey, '***');
  if (failureType(named) === 'CredentialRefused') {
    return fail(`${where} refuses the credential: ${said}`, hintFor('CredentialRefused'));
  }
  if (!(error instanceof APIError) || typeof error.status !== 'number') {
    const hint = certificateHint(error) ?? 'Check the network, and ANTHROPIC_BASE_URL.';
    return fail(`${where} cannot be reached: ${rootOf(error)}`, hint);
  }
  // A gateway may serve only conversations. An error without the API's form comes from something else.
  if (error.status === 404 && error.type === 'not_found_error') {
    return ok(`a credential is set, but ${where} has no list of models to test it with`);
  }
  return warn(`${where}: ${said}`, 'The first session will show whether the credential is accepted.');
}

/** The innermost message: the SDK's own is only "Connection error." */
function rootOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) if (at.cause === undefined) return at.message;
  return String(error);
}

/** Only the host, because the rest of a URL may hold secrets. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the model API';
}
