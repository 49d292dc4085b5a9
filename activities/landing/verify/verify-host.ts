// What a verification needs from its host.

import type { HostBoards } from '../../board/boards.ts';
import type { Env } from '../../../domain/environment.ts';
import type { GitHost } from '../../repository/contract.ts';
import type { HostRoom } from '../../host/room.ts';
import type { HostPolicy } from '../../sandbox/policy.ts';
import type { RunPlans } from '../../control/run-plans.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import type { WorktreePool } from '../../worktrees/pool/worktree-pool.ts';

export interface VerifyHost {
  readonly git: GitHost;
  readonly sandbox: Sandbox;
  readonly worktrees: WorktreePool;
  readonly hostId: string;
  readonly home: string;
  readonly room: HostRoom;
  readonly policy: HostPolicy;
  readonly env: Env;
}

/** And what a landing needs. */
export interface LandingHost extends VerifyHost {
  readonly boards: Pick<HostBoards, 'landed' | 'reachable' | 'inBackground'>;
  /** The plans of open runs. */
  readonly plans: Pick<RunPlans, 'planOf'>;
}
