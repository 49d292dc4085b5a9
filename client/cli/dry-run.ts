// `coppice run --dry-run`: everything that `run` checks and shows, without a start. Works without a Temporal server,
// and then says what it could not check.

import type { Output } from './output.ts';
import type { PreparedRun, RunRequest } from '../api.ts';
import type { ServerSays } from './present/prepared.ts';
import { criticalPath } from '../../domain/plan/dag.ts';
import type { Plan, UnitTemplate } from '../../contracts/documents/plan.ts';
import { openText } from './present/validate.ts';
import { plannerOf } from '../start/planner-of.ts';
import { preparedText, startWarnings } from './present/prepared.ts';
import { unlessUnreachable, withCoppice } from './session.ts';

/** Throws whatever `run` would throw before its start. */
export async function dryRun(request: RunRequest, output: Output): Promise<void> {
  const { Coppice } = await import('../api.ts');
  const prepared = await Coppice.prepare(request);
  const says = await askServer(request, prepared);
  const unpolledQueues = says?.unpolled ?? null;
  const { repository, branch, base, stateRemote, plan, config, maxCostUsd } = prepared;
  const { units, open } = knownUnits(prepared);
  const warnings = startWarnings(prepared, says);
  for (const warning of warnings) output.note(`warning: ${warning}`);
  for (const unit of open) output.note(openText(unit));
  output.text(preparedText(prepared));
  output.note('nothing was started');
  if (!output.json) return;
  output.document('dry-run', {
    repository,
    branch,
    base,
    stateRemote,
    goal: plan.goal,
    model: config.agent.model,
    units: units.length,
    parallel: config.run.parallel,
    criticalPath: criticalPath(units),
    ...(open.length === 0 ? {} : { open: open.map(({ id }) => id) }),
    maxCostUsd,
    verification: config.verify.map(({ name }) => name),
    warnings,
    unpolledQueues,
  });
}

interface KnownUnits {
  readonly units: Plan['units'];
  /** Those of them that stand for many. */
  readonly open: readonly UnitTemplate[];
}

/** None of a goal. */
function knownUnits({ plan, partlyMade }: PreparedRun): KnownUnits {
  if (partlyMade !== undefined) return { units: partlyMade.plan.units, open: partlyMade.open };
  return { units: plannerOf({ plan }) === null ? plan.units : [], open: [] };
}

/** Null without a server. Throws `BadInput` if a run already has the id. */
function askServer(request: RunRequest, prepared: PreparedRun): Promise<ServerSays | null> {
  return unlessUnreachable(() =>
    withCoppice(async (coppice) => {
      await coppice.refuseTaken(request);
      const [unpolled, same] = await Promise.all([coppice.unpolledQueues(), coppice.sameRuns(prepared)]);
      return { unpolled, same };
    }),
  );
}
