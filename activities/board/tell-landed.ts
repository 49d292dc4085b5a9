// Tells units at work that others have landed what they build on. Beside the landing, which does not wait for it and
// does not fail with it.
// Safe to run twice: a board takes each commit once.

import type { HostBoards } from './boards.ts';
import type { LandedCommit } from '../landing/land/landed-units.ts';
import type { PlanReader, Trains } from '../repository/contract.ts';
import type { RunPlans } from '../control/run-plans.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import type { Sha } from '../../contracts/ids.ts';
import { concernedBy } from './recipients.ts';
import { filesShown } from '../../domain/board/landed.ts';
import { hasBoard } from '../../domain/board/has-board.ts';

interface Landing {
  /** All runs with results in it. */
  readonly contexts: readonly RunContext[];
  readonly from: Sha;
  readonly to: Sha;
}

type Repository = Pick<Trains, 'landedUnits'> & PlanReader;

interface TellingHost {
  readonly boards: Pick<HostBoards, 'landed' | 'reachable' | 'inBackground'>;
  readonly plans: Pick<RunPlans, 'planOf'>;
}

export function tellLanded(host: TellingHost, repository: Repository, { contexts, ...move }: Landing): void {
  host.boards.inBackground(
    repository
      .landedUnits(move)
      .then((commits) => Promise.all(contexts.map((context) => tellRun(host, repository, { context, commits }))))
      // A notice is help, not a promise.
      .catch(() => undefined),
  );
}

async function tellRun(
  { boards, plans }: TellingHost,
  repository: Repository,
  { context, commits }: { readonly context: RunContext; readonly commits: readonly LandedCommit[] },
): Promise<void> {
  const { run } = context;
  // Units may have joined the plan since these results were made.
  const current = (await plans.planOf(run)) ?? context.plan;
  const { plan, config } = await repository.readPlan({ ...context, plan: current });
  const own = commits.filter((each) => each.run === run);
  if (own.length === 0 || !hasBoard(plan, config)) return;
  const { begun } = await boards.reachable(run, null);
  const landed = new Set(own.map(({ unit }) => unit));
  const atWork = new Set(begun.filter((unit) => !landed.has(unit)));
  // With nobody at work, there is nobody to tell, and nothing to end that the end of the run does not.
  if (atWork.size === 0) return;
  for (const { unit, commit, files } of own) {
    const title = plan.units.find(({ id }) => id === unit)?.title;
    if (title === undefined) continue;
    const to = concernedBy(plan.units, files).filter((id) => atWork.has(id));
    const notice = { unit, commit, title, files: files.slice(0, filesShown), fileCount: files.length, to };
    // Without recipients, a board still has to know that the unit has ended, and who has claimed these files.
    await boards.landed(run, notice, { start: to.length > 0 });
  }
}
