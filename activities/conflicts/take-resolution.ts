// Takes a person's result for a unit in place of its agent's: owns the unit's checkpoint ref, judges the files as an
// agent's are judged (without running a command: the merge queue verifies them), and makes the result commit.
// Safe to run twice: a second attempt finds its own checkpoint, and the same files make the same commit. An agent that
// still works on the unit loses its lease, and the next slice has a higher number.

import type { HostRepository, UnitStore } from '../repository/contract.ts';
import type { PlanUnit } from '../../contracts/documents/plan.ts';
import type { ResolutionRequest } from '../../contracts/activities/conflict.ts';
import type { SliceOutcome, SliceResult } from '../../contracts/activities/agent.ts';
import { Reviews } from '../agent/review/reviews.ts';
import { SessionJournal } from '../agent/conversation/journal.ts';
import { errorText } from '../../domain/errors.ts';
import { failure, failureType, reason } from '../../contracts/failures.ts';
import { finishWork } from '../agent/session/finish.ts';
import { judgeFiltered } from '../agent/session/complaints.ts';
import { lookAtWork } from '../agent/session/look-at-work.ts';
import { personAttempt } from '../worktrees/checkpoint/attempt.ts';
import { resolvedBy } from '../agent/prompts/prompt.ts';
import { type Sha, stateRefs } from '../../contracts/ids.ts';

export async function takeResolution(
  repository: HostRepository,
  { context, unit: id, retry, slices, resolution }: ResolutionRequest,
  host: string,
): Promise<SliceResult> {
  const started = Date.now();
  const { plan, config } = await repository.readPlan(context);
  const unit = plan.units.find((each) => each.id === id);
  if (unit === undefined) throw failure('NotFound', `the plan of ${context.run} has no unit ${id}`);
  const attempt = personAttempt({ retry, slice: slices });
  const store = await repository.claimUnit({ context, unit: id, attempt, host });
  const journal = SessionJournal.load(store.files);
  const reviews = Reviews.load(store.files);
  const ended = (outcome: SliceOutcome): SliceResult => {
    return { outcome, totals: reviews.totalsWith(journal), seconds: (Date.now() - started) / 1000 };
  };
  try {
    await store.adopt(resolution.commit, stateRefs.resolution(context.run, id));
    const why = await findFault({ repository, store, unit, commit: resolution.commit });
    if (why !== null) return ended({ status: 'failed', reason: why });
    if (journal.turns.length > 0) {
      journal.addUserMessage(resolvedBy(resolution.by), `resolved:${resolution.commit}`);
    }
    await store.keep(journal.takeChanged(), { untouched: true });
    await store.push();
    const input = { context };
    return ended(
      await finishWork({
        repository,
        store,
        saver: store,
        unit,
        config,
        input,
        conflicts: [],
        journal: { turns: journal.turns, costUsd: reviews.totalsWith(journal).costUsd },
        redact: (text) => text,
        resolvedBy: resolution.by,
      }),
    );
  } catch (error) {
    if (failureType(error) !== 'BadInput') throw error;
    return ended({ status: 'failed', reason: reason('error', errorText(error)) });
  } finally {
    await store.close();
  }
}

interface Work {
  readonly repository: HostRepository;
  readonly store: UnitStore;
  readonly unit: PlanUnit;
  readonly commit: Sha;
}

/** Why the files cannot be the unit's result; null = they can. */
async function findFault({ repository, store, unit, commit }: Work): Promise<string | null> {
  const size = await store.excess();
  if (size !== null) return reason('unstorable', size);
  const filtered = await store.filteredFiles();
  if (filtered.length > 0) return judgeFiltered(filtered).reason;
  // A person's choice counts where there are no markers.
  const conflicts = { conflicts: [], shownConflicts: [], wasTold: () => true };
  const complaint = await lookAtWork({ repository, store, unit, commit, feedback: null, ...conflicts });
  return complaint?.reason ?? null;
}
