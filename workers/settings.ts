// The settings of one worker process.

import type { Env } from '../domain/environment.ts';
import type { NativeConnectionOptions } from '@temporalio/worker';
import type { Logger } from 'pino';

export type Role = 'all' | 'orchestrator' | 'host';

export interface WorkerSettings {
  readonly role: Role;
  readonly slots: number;
  readonly verifySlots: number;
  readonly home: string;
  readonly hostId: string;
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly options: NativeConnectionOptions;
  };
  readonly env: Env;
  readonly log: Logger;
  /** Workflows kept in memory between tasks; 0 replays every task. Absent = Temporal's default. */
  readonly maxCachedWorkflows?: number;
}
