// A host's report about itself. Shapes only.

/** MiB. */
interface FreeSpace {
  readonly memoryMb: number;
  readonly diskMb: number;
}

export interface HostReport {
  readonly host: string;
  /** Coppice's version. */
  readonly version: string;
  readonly sandbox: 'bwrap' | 'none';
  /** ISO 8601: when the worker started. */
  readonly startedAt: string;
  readonly draining: boolean;
  readonly slots: { readonly total: number; readonly used: number };
  readonly verifySlots: { readonly total: number; readonly used: number };
  readonly free: FreeSpace;
  /** Free space that is required before new work begins. */
  readonly floor: FreeSpace;
  /** Why the host takes no new work; null = it does. */
  readonly lack: string | null;
}

/** On the host's own task queue. */
export interface HostActivities {
  describeHost(): Promise<HostReport>;
}

/** Result of `hostsWorkflow`: null for a host that did not answer. */
export type HostReports = readonly { readonly host: string; readonly report: HostReport | null }[];
