// Documents of a run, for the tests of output for people.

import type { ApprovalView } from '../../contracts/approval.ts';
import type { OpenApproval, QueueEntryStatus, RunStatusDocument, UnitStatus } from '../../client/watch/status.ts';
import type { Report } from '../../contracts/documents/report.ts';
import type { QueueDocument } from '../../client/queue/queue-document.ts';
import type { RunId, Sha, UnitId } from '../../contracts/ids.ts';

export const began = '2026-11-24T11:00:00.000Z';
export const now = new Date('2026-11-24T11:03:12.000Z');

/** A clear-screen sequence, a title change, an override of direction, a line break, an emoji and a wide character. */
export const hostile = 'a\x1b[2J\x1b]0;owned\x07\u202eb\r\nc\x9b31m 👩‍💻 漢';
/** What of it may be shown. */
export const harmless = 'ab c 👩‍💻 漢';

export function unit(id: string, phase: UnitStatus['phase'], more: Partial<UnitStatus> = {}): UnitStatus {
  return {
    id,
    title: `Title of ${id}`,
    phase,
    reason: null,
    needs: [],
    host: null,
    turn: null,
    doing: null,
    since: began,
    costUsd: 0,
    estimated: false,
    ...more,
  };
}

export function approval(of: string, more: Partial<OpenApproval> = {}): OpenApproval {
  return {
    id: `run:261124-k3x9:unit:${of}:approval:1`,
    kind: 'merge',
    unit: of,
    summary: 'touches src/payments',
    policy: { rule: 'src/payments/** asks', by: [], allowed: null },
    since: began,
    expiresAt: '2026-12-01T11:00:00.000Z',
    ...more,
  };
}

export function approvalView(of: string): Extract<ApprovalView, { kind: 'merge' }> {
  return {
    ...approval(of),
    kind: 'merge',
    run: '261124-k3x9' as RunId,
    unit: of as UnitId,
    status: 'open',
    hash: 'h',
    subject: {
      repository: 'git@example.com:team/app.git',
      branch: 'main',
      title: `Title of ${of}`,
      result: 'c'.repeat(40),
      requestedBy: 'dana',
      paths: ['src/1.ts', 'src/2.ts', 'src/3.ts', 'src/4.ts', 'src/5.ts', 'src/6.ts'],
      pathCount: 60,
    },
    votes: [],
  };
}

export function status(units: readonly UnitStatus[], more: Partial<RunStatusDocument> = {}): RunStatusDocument {
  return {
    run: '261124-k3x9',
    status: 'running',
    repository: 'git@example.com:team/app.git',
    branch: 'main',
    goal: 'Durations everywhere',
    model: 'model-1',
    startedBy: 'dana',
    startedAt: began,
    units,
    queue: [],
    approvals: [],
    budget: { spentUsd: 1.234, limitUsd: 200 },
    ...more,
  };
}

export function entry(
  place: number,
  run: string,
  name: string,
  more: Partial<QueueEntryStatus> = {},
): QueueEntryStatus {
  const waits = {
    state: 'waiting',
    since: began,
    priority: 0,
    reverts: null,
    train: null,
    reason: 'waits for its turn',
  } as const;
  return { run, unit: name, place, expectedAt: null, ...waits, ...more };
}

/** A merge queue with nothing in it. */
export function queue(more: Partial<QueueDocument> = {}): QueueDocument {
  return {
    queue: 'queue:team-app-1a2b3c4d',
    repository: 'git@example.com:team/app.git',
    branch: 'main',
    begun: true,
    entries: [],
    total: more.entries?.length ?? 0,
    paused: null,
    draining: null,
    redBase: null,
    verify: 'tip',
    parallel: 4,
    batch: 8,
    landed: 12,
    trains: [],
    reverts: [],
    flakes: [],
    decisions: [],
    ...more,
  };
}

type Train = QueueDocument['trains'][number];
type Unit = Train['units'][number];

export function train(
  number: number,
  units: Readonly<Record<string, Unit['verdict']>>,
  verifications: readonly (Partial<Train['verifications'][number]> & { readonly upTo: number })[] = [],
): Train {
  return {
    train: number,
    units: Object.entries(units).map(([name, verdict]) => ({
      run: '261124-k3x9' as RunId,
      unit: name as UnitId,
      verdict,
    })),
    verifications: verifications.map((each, i) => ({
      key: `${number}${i}`.padEnd(32, 'a'),
      since: began,
      host: null,
      doing: null,
      outputAt: null,
      attempt: null,
      lastFailure: null,
      ...each,
    })),
  };
}

/** Everything that a queue can show. */
export const busyQueue = queue({
  entries: [
    entry(1, '261124-k3x9', 'parse', { state: 'verifying', train: 7, reason: 'is verified as a part of its train' }),
    entry(2, '261124-k3x9', 'docs', {
      state: 'verifying',
      train: 7,
      reason: 'is being verified',
      expectedAt: '2026-11-24T11:05:12.000Z',
    }),
    entry(3, '261124-k3x9', 'cli', { state: 'building', attempt: 2, lastFailure: 'EIO: a disk' }),
    entry(4, '261124-aaaa', 'other', { priority: 3, reason: 'the queue is paused by dana: release freeze' }),
  ],
  total: 9,
  paused: { by: 'dana', reason: 'release freeze', since: '2026-11-24T11:01:12.000Z', above: 5 },
  draining: { by: 'lee', since: '2026-11-24T11:02:12.000Z' },
  redBase: { target: 'c'.repeat(40) as Sha, command: 'npm test', since: '2026-11-24T11:03:00.000Z' },
  trains: [
    train(7, { a: 'green', parse: 'open', docs: 'open' }, [
      { upTo: 2, host: 'host-a', doing: 'npm test', outputAt: '2026-11-24T11:01:00.000Z', attempt: 2 },
      { upTo: 3, host: 'host-b', doing: 'setup', outputAt: '2026-11-24T11:03:02.000Z', attempt: 1 },
    ]),
    train(8, { late: 'red' }, [{ upTo: 1 }]),
  ],
  flakes: [{ command: 'test', times: 3, lastAt: began }],
  decisions: [
    { at: began, text: '261124-k3x9/first landed as 0123456789ab' },
    { at: '2026-11-24T11:01:12.000Z', text: 'dana paused the queue below priority 5: release freeze' },
  ],
});

/** A unit in almost every phase. */
export const busy = status(
  [
    unit('parse', 'landed', { costUsd: 0.41 }),
    unit('format', 'working', { host: 'host-a', turn: 12, doing: 'npm test', costUsd: 0.3, estimated: true }),
    unit('pay', 'asking'),
    unit('docs', 'queued'),
    unit('cli', 'waiting', { needs: ['pay', 'docs'] }),
    unit('bad', 'failed', { reason: 'conflict: with the target in a.ts' }),
  ],
  {
    queue: [
      entry(1, '261124-k3x9', 'docs', {
        state: 'verifying',
        since: '2026-11-24T11:03:00.000Z',
        train: 7,
        reason: 'is being verified',
        expectedAt: '2026-11-24T11:05:00.000Z',
      }),
      entry(2, '261124-aaaa', 'other'),
    ],
    approvals: [approval('pay')],
  },
);

type ReportedUnit = Report['units'][number];

export function reported(id: string, of: ReportedUnit['status'], more: Partial<ReportedUnit> = {}): ReportedUnit {
  return {
    id: id as UnitId,
    title: `Title of ${id}`,
    status: of,
    reason: null,
    needs: [],
    commit: null,
    startedAt: began,
    endedAt: null,
    hosts: ['host-a'],
    slices: 1,
    turns: 4,
    attempts: 1,
    usage: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 },
    costUsd: 0.5,
    estimated: false,
    seconds: { dependencies: 0, slot: 1, work: 60, human: 0, queue: 5 },
    ...more,
  };
}

export function report(units: readonly ReportedUnit[], more: Partial<Report> = {}): Report {
  return {
    version: 1,
    run: '261124-k3x9',
    status: 'failed',
    repository: 'git@example.com:team/app.git',
    branch: 'main',
    base: 'a'.repeat(40),
    tip: 'b'.repeat(40),
    goal: 'Durations everywhere',
    model: 'model-1',
    startedBy: 'dana',
    startedAt: began,
    endedAt: now.toISOString(),
    makespanSeconds: 192,
    criticalPathSeconds: 100,
    sequentialSeconds: 400,
    speedup: 400 / 192,
    costUsd: 1.234,
    units,
    conflicts: { predicted: 0, met: 0, resolvedByAgent: 0, resolvedByPerson: 0 },
    decisions: [],
    ...more,
  };
}
