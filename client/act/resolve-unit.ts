// Resolves a unit by a person's own result: as the decision on the question that the unit asks, or, if the unit has
// failed, by beginning it anew with that result.

import type { Client } from '@temporalio/client';
import type { Env } from '../../domain/environment.ts';
import type { FoundRun } from '../runs/find-run.ts';
import type { UnitPlace } from '../unit/unit-work.ts';
import type { UnitResolution } from '../unit/unit-resolution.ts';
import { actOnUnit } from './act-on-unit.ts';
import { OpenRunReader } from '../watch/read-status.ts';
import type { UnitPhase } from '../../contracts/documents/report.ts';
import { decide, listApprovals } from './decisions.ts';
import { tokenSecret } from '../../people/proof.ts';
import { failure } from '../../contracts/failures.ts';
import { pushResolution } from '../unit/push-resolution.ts';

interface Parts {
  readonly client: Client;
  readonly env: Env;
  readonly found: FoundRun;
  readonly user: string;
}

/** Throws `BadInput`, `NotFound`, or `Refused` if the unit has not failed and asks about no conflict. */
export async function resolveUnit(
  { client, env, found, user }: Parts,
  place: UnitPlace,
  folder: Parameters<typeof pushResolution>[1],
): Promise<UnitResolution> {
  const { run, unit } = place;
  const asked = (await listApprovals(client, run)).find((view) => view.unit === unit && view.kind === 'conflict');
  // What is pushed takes the place of a resolution that a host may be taking.
  if (asked === undefined && found.open) await assertEnded(client, place);
  const { commit, base, files } = await pushResolution(place, folder);
  const made = { run, unit, base, commit, files };
  if (asked === undefined) {
    await actOnUnit({ client, env, found }, unit, { type: 'retry', resolution: { commit, by: user } });
    return { ...made, status: 'retrying' };
  }
  const { status } = await decide(client, {
    id: asked.id,
    decision: 'approve',
    resolution: commit,
    user,
    secret: tokenSecret(env),
  });
  return { ...made, status: status === 'open' || status === 'recorded' ? status : 'approved' };
}

async function assertEnded(client: Client, { run, unit }: UnitPlace): Promise<void> {
  const { units } = await new OpenRunReader(client, run).read();
  const phase = units.find(({ id }) => id === unit)?.phase;
  if (phase === undefined || hasEnded(phase)) return;
  throw failure('Refused', `${unit} is ${phase}: only a unit that has failed, or asks about a conflict, is resolved`, {
    hint: 'Nothing was changed.',
  });
}

function hasEnded(phase: UnitPhase): boolean {
  return phase === 'failed' || phase === 'cancelled' || phase === 'skipped' || phase === 'landed';
}
