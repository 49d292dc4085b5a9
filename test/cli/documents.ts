// Documents of a run, for the tests of output for people.

import type { ApprovalView } from '../../contracts/approval.ts';
import type { OpenApproval, RunStatusDocument, UnitStatus } from '../../client/watch/status.ts';
import type { Report } from '../../contracts/documents/report.ts';
import type { RunId, UnitId } from '../../contracts/ids.ts';

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
      { run: '261124-k3x9', unit: 'docs', state: 'verifying', since: '2026-11-24T11:03:00.000Z' },
      { run: '261124-aaaa', unit: 'other', state: 'queued', since: began },
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
