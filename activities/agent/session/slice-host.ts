// What a session needs from its host.

import type { AgentDriver } from '../drivers/contract.ts';
import type { Boards } from '../../board/boards.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { DiskGuard } from '../../host/disk-guard.ts';
import type { Env } from '../../../domain/environment.ts';
import type { GitHost } from '../../repository/contract.ts';
import type { HostRoom } from '../../host/room.ts';
import type { HostPolicy } from '../../sandbox/policy.ts';
import type { RunPlans } from '../../control/run-plans.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import type { StopRequest } from '../../../contracts/activities/agent.ts';
import type { WorkflowRef } from '../../control/ask-unit.ts';
import type { WorktreePool } from '../../worktrees/pool/worktree-pool.ts';

export interface SliceHost {
  readonly git: GitHost;
  readonly sandbox: Sandbox;
  readonly worktrees: WorktreePool;
  readonly drivers: Readonly<Record<Config['agent']['driver'], AgentDriver>>;
  readonly home: string;
  readonly hostId: string;
  readonly policy: HostPolicy;
  readonly env: Env;
  readonly room: HostRoom;
  readonly guard: DiskGuard;
  /** What units of one run tell each other. */
  readonly boards: Boards;
  /** Asks the unit why it cancelled the slice in flight. */
  askUnit(unit: WorkflowRef): Promise<StopRequest>;
  /** The plans of open runs. */
  readonly plans: RunPlans;
  /** True once the host is draining. */
  draining(): boolean;
}
