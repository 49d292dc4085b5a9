// Small values that domain tests share.

import type { RunSettings } from '../../domain/run/settings.ts';
import type { LandingSubject } from '../../contracts/activities/landing.ts';
import type { ApprovalView, Decision } from '../../contracts/approval.ts';
import type { RunId, Sha, UnitId } from '../../contracts/ids.ts';
import type { PackedNode } from '../../contracts/documents/plan.ts';
import type { PlanNode, RunContext } from '../../contracts/documents/plan.ts';
import { asSha, isRunId, isUnitId } from '../../contracts/ids.ts';
import { packGraph } from '../../domain/plan/graph.ts';

export const noon = '2026-01-01T12:00:00.000Z';

function run(text = 'r1'): RunId {
  if (!isRunId(text)) throw new Error(text);
  return text;
}

export function unit(text: string): UnitId {
  if (!isUnitId(text)) throw new Error(text);
  return text;
}

/** A commit id made of a number. */
export function sha(n: number): Sha {
  return asSha(n.toString(16).padStart(40, '0'));
}

export function node(id: string, needs: readonly string[] = [], budgetUsd: number | null = null): PlanNode {
  return { id: unit(id), title: `Title of ${id}`, needs: needs.map(unit), budgetUsd };
}

/** As the client packs a plan. */
export function graphOf(nodes: readonly PlanNode[]): PackedNode[] {
  const rest = { prompt: '', scope: null, verify: null, labels: [], maxTurns: null };
  const packed = packGraph(nodes.map((each) => ({ ...rest, ...each })));
  if (packed === null) throw new Error('too large');
  return packed;
}

export function context(id = 'r1'): RunContext {
  return {
    run: run(id),
    repository: '/srv/repository.git',
    branch: 'main',
    stateRemote: '/srv/state.git',
    queue: 'queue:repository-0a1b2c3d',
    plan: sha(1),
    base: sha(2),
    requestedBy: 'dana',
  };
}

export function subject(id: string, result: Sha): LandingSubject {
  return {
    context: context(),
    unit: unit(id),
    title: `Title of ${id}`,
    result,
    base: sha(2),
    enqueuedAt: noon,
    returned: 0,
    approvedBy: [],
    consents: [],
  };
}

export type MergeView = Extract<ApprovalView, { kind: 'merge' }>;

/** An open approval of a landing. */
export function openView(change: Partial<MergeView> = {}): MergeView {
  return {
    id: 'run:r1:unit:a:approval:1',
    kind: 'merge',
    run: run(),
    unit: unit('a'),
    hash: sha(7),
    summary: 'Land "Title of a" on main',
    subject: {
      repository: '/srv/repository.git',
      branch: 'main',
      title: 'Title of a',
      result: sha(7),
      requestedBy: 'dana',
      paths: ['src/a.ts'],
      pathCount: 1,
    },
    policy: {
      rule: 'merge of src/**: ask',
      by: ['maintainers'],
      allowed: { slack: ['U1'], users: ['dana'], email: [] },
    },
    since: noon,
    expiresAt: '2026-01-08T12:00:00.000Z',
    status: 'open',
    votes: [],
    ...change,
  };
}

export function decision(change: Partial<Decision> = {}): Decision {
  return {
    decisionId: 'd1',
    hash: sha(7),
    decision: 'approve',
    by: { channel: 'slack', id: 'U1', name: 'Ulla' },
    at: noon,
    ...change,
  };
}

/** Settings of a run without limits. */
export const runSettings: RunSettings = {
  maxTokens: null,
  maxTurns: null,
  maxSeconds: null,
  parallel: 16,
  budgetUsd: null,
  unitBudgetUsd: null,
  channels: [],
  approvalSeconds: 60,
  budgetVerdict: { decide: 'ask', policy: { rule: 'budget: asked by default', by: [], allowed: null } },
};
