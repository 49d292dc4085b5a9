// One slice of work on a unit: owns its checkpoint ref, restores worktree and conversation, lets the driver work,
// checkpoints after every turn, judges the result, and makes the result commit.
// Safe to run twice: a later attempt takes over the ref at its last checkpoint and goes on from there; an earlier one that
// still lives loses its lease at its next push and stops.

import { Context } from '@temporalio/activity';
import type { AgentActivities, SliceInput, SliceOutcome } from '../../domain/activity-contracts.ts';
import type { AgentDriver, AgentStop } from './contract.ts';
import type { Env } from '../../domain/environment.ts';
import type { GitHost } from '../git/contract.ts';
import type { NetworkPolicy } from '../../domain/config.ts';
import type { Sandbox } from '../sandbox/contract.ts';
import { SlicePulse } from './slice-pulse.ts';
import { UnitSession } from './unit-session.ts';
import { patience } from './judge-work.ts';
import type { WorktreePool } from '../pool/worktree-pool.ts';
import { failureDetails, failureType, reason } from '../../domain/failures.ts';
import { type Parked, isWorthParking } from '../../domain/parking.ts';

export interface SliceHost {
  readonly git: GitHost;
  readonly sandbox: Sandbox;
  readonly worktrees: WorktreePool;
  readonly driver: AgentDriver;
  readonly home: string;
  readonly hostId: string;
  readonly policy: { readonly envAllowed: readonly string[]; readonly networkAllowed: NetworkPolicy };
  readonly env: Env;
  /** True once the host is going away. */
  draining(): boolean;
}

export function makeRunSlice(host: SliceHost): AgentActivities['runSlice'] {
  return async (input) => {
    const { info, heartbeat, cancellationSignal: signal } = Context.current();
    const started = Date.now();
    const pulse = new SlicePulse(host.hostId, heartbeat);
    try {
      const session = await UnitSession.open(host, input, { pulse, signal, attempt: info.attempt });
      try {
        const outcome = await pursue(session, input).catch((error: unknown) => parkedBy(error, info.attempt));
        const seconds = (Date.now() - started) / 1000;
        return { outcome, totals: session.totals(), host: host.hostId, seconds };
      } finally {
        await session.close();
      }
    } finally {
      pulse.stop();
    }
  };
}

/** Only for a model that cannot be asked; everything else is thrown again. */
function parkedBy(error: unknown, attempt: number): Parked {
  if (failureType(error) !== 'ModelUnavailable') throw error;
  const { retryAfterSeconds = null } = (failureDetails(error) ?? {}) as { retryAfterSeconds?: number };
  if (!isWorthParking(retryAfterSeconds, attempt)) throw error;
  return { status: 'parked', retryAfterSeconds, reason: error instanceof Error ? error.message : String(error) };
}

/** Converse, judge, tell what is missing, and again, until the work is done or cannot be. */
async function pursue(session: UnitSession, { spendUpToUsd }: SliceInput): Promise<SliceOutcome> {
  for (;;) {
    const stop = await session.converse(spendUpToUsd);
    if (stop !== 'ended') return outcomeOf(stop);
    const complaint = await session.judge();
    if (complaint === null) return session.finish();
    const enough = session.timesTold(complaint.kind) >= patience[complaint.kind];
    if (enough || session.hasIgnored(complaint)) return { status: 'failed', reason: complaint.reason };
    await session.tell(complaint);
  }
}

function outcomeOf(stop: Exclude<AgentStop, 'ended'>): SliceOutcome {
  switch (stop) {
    case 'drained':
    case 'budget':
      return { status: stop };
    case 'turn-limit':
      return { status: 'failed', reason: reason('turn-limit', 'the agent used all its turns') };
    case 'stuck':
      return { status: 'failed', reason: reason('stuck', 'the agent went in circles: nothing changed any more') };
    default:
      return { status: 'failed', reason: reason('refused', stop.refused) };
  }
}
