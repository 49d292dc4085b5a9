// A host's sandbox, git and model, made once per process and passed to the activities.

import { readFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import type { WorkerSettings } from './settings.ts';
import type { LandingActivities } from '../contracts/activities/landing.ts';
import type { ConflictActivities } from '../contracts/activities/conflict.ts';
import { makeMakeUnits } from '../activities/planning/make-units.ts';
import { makePlanningActivities } from '../activities/planning/activities.ts';
import type { PlanningActivities } from '../contracts/activities/planning.ts';
import type { ReportActivities } from '../contracts/activities/reports.ts';
import type { VerificationActivities } from '../contracts/activities/verification.ts';
import type { TrialActivities } from '../contracts/activities/trial.ts';
import { makeConflictActivities } from '../activities/conflicts/activities.ts';
import { makeReportActivities } from '../activities/reports/activities.ts';
import type { AgentActivities } from '../contracts/activities/agent.ts';
import { failure } from '../contracts/failures.ts';
import type { HostActivities } from '../contracts/activities/host.ts';
import { poolMegabytes, secretOf } from '../domain/environment.ts';
import { DiskGuard } from '../activities/host/disk-guard.ts';
import { Slots, makeDescribeHost } from '../activities/host/describe-host.ts';
import { ownVersion } from './own-version.ts';
import type { Sandbox } from '../activities/sandbox/contract.ts';
import { makeAnthropicDriver } from '../activities/agent/drivers/anthropic/driver.ts';
import { makeClaudeCodeDriver } from '../activities/agent/drivers/claude-code/claude-code-driver.ts';
import { makeLandingActivities } from '../activities/landing/activities.ts';
import { makeRunPlans } from '../activities/control/run-plans.ts';
import { makeBoards } from '../activities/board/boards.ts';
import { makeAskUnit } from '../activities/control/ask-unit.ts';
import { makeRunSlice } from '../activities/agent/session/run-slice.ts';
import { makeTryTarget } from '../activities/landing/verify/try-target.ts';
import { makeVerifyTree } from '../activities/landing/verify/verify-tree.ts';
import { openHostParts } from './host-parts.ts';

export interface Host {
  readonly agents: AgentActivities;
  readonly verification: VerificationActivities & TrialActivities & Pick<PlanningActivities, 'makeUnits'>;
  readonly landing: LandingActivities & ReportActivities & ConflictActivities & Omit<PlanningActivities, 'makeUnits'>;
  readonly own: HostActivities;
  /** Removes this host's secrets from a text. */
  readonly redact: Sandbox['redact'];
  /** Ends background work; called when the host drains. */
  stop(): Promise<void>;
}

/**
 * Sweeps what a killed worker left in the home, whose lock the caller holds. Before the host takes any work, throws
 * named failures for what it lacks: credential, sandbox, git.
 */
export async function openHost(settings: WorkerSettings, client: Client, draining: () => boolean): Promise<Host> {
  const { env, home, hostId, log, slots, verifySlots } = settings;
  const apiKey = secretOf(env, 'ANTHROPIC_API_KEY', (path) => readFileSync(path, 'utf8'));
  if (apiKey === null) throw failure('CredentialMissing', 'this host has no model credential');
  const parts = await openHostParts({
    env,
    home,
    hostId,
    log,
    slots: slots + verifySlots,
    poolMegabytes: poolMegabytes(env),
  });
  const { git, sandbox, worktrees, room } = parts;
  const model = {
    apiKey,
    baseUrl: env['ANTHROPIC_BASE_URL'] || null,
    idleSeconds: idleSeconds(env['COPPICE_MODEL_IDLE_SECONDS']),
  };
  const drivers = {
    anthropic: makeAnthropicDriver(model),
    'claude-code': makeClaudeCodeDriver({ ...model, installedIn: env['COPPICE_CLAUDE_CODE'] || null }),
  };
  const askUnit = makeAskUnit(client);
  const boards = makeBoards(client);
  const guard = new DiskGuard(room);
  const host = { ...parts, drivers, guard, askUnit, plans: makeRunPlans(client), boards, draining };
  const taken = { agents: new Slots(slots), verify: new Slots(verifySlots) };
  const self = { host: hostId, version: ownVersion(), sandbox: sandbox.driver, startedAt: new Date().toISOString() };
  return {
    stop: async () => {
      await worktrees.stop();
      await boards.settled();
    },
    redact: (text) => sandbox.redact(text),
    agents: { runSlice: taken.agents.counting(makeRunSlice(host)) },
    landing: {
      ...makeLandingActivities(host),
      ...makeConflictActivities(git, hostId),
      ...makeReportActivities(git, boards),
      ...makePlanningActivities(git),
    },
    verification: {
      verifyTree: taken.verify.counting(makeVerifyTree(host)),
      makeUnits: taken.verify.counting(makeMakeUnits(host)),
      tryTarget: taken.verify.counting(makeTryTarget(host)),
    },
    own: { describeHost: makeDescribeHost({ ...self, room, slots: taken, draining }) },
  };
}

/** Seconds that a stream of the model may be silent. */
function idleSeconds(text: string | undefined): number {
  if (!text) return 120;
  const seconds = Number(text);
  if (!(seconds > 0)) throw failure('BadInput', `COPPICE_MODEL_IDLE_SECONDS must be a number above 0, not ${text}`);
  return seconds;
}
