import { describe, expect, it } from 'vitest';
import type { ApprovalHistory, Received } from '../../domain/approval/audit.ts';
import { auditApproval } from '../../domain/approval/audit.ts';
import { decide } from '../../domain/approval/decide.ts';
import { decision, noon, openView } from './fixtures.ts';

const opened = openView();
const later = '2026-01-01T12:05:00.000Z';

function signal(change: Parameters<typeof decision>[0]): Received {
  return { at: noon, decision: decision(change), sender: null };
}

function history(received: readonly Received[], more: Partial<ApprovalHistory> = {}): ApprovalHistory {
  return { opened, steps: [{ at: later, received }], waiting: [], end: 'open', ...more };
}

function kinds(of: ApprovalHistory): string[] {
  return auditApproval(of).entries.map(({ kind }) => kind);
}

describe('the audit of an approval', () => {
  it('believes the votes that its workflow published, whatever the rules of today say', () => {
    const stranger = { channel: 'slack', id: 'U9', name: 'Sam' } as const;
    const approve = decision({ by: stranger });
    expect(decide(opened, approve, later).ruling).toMatchObject({ accepted: false });
    const vote = { decisionId: 'd1', decision: 'approve', by: stranger, reason: null, at: later } as const;
    const view = openView({ status: 'approved', votes: [vote] });
    const steps = [{ at: later, received: [signal({ by: stranger })], view }];
    const audit = auditApproval(history([], { steps, end: 'completed' }));
    expect(audit.entries.map(({ kind }) => kind)).toEqual(['requested', 'voted', 'decided']);
    expect(audit.doubts).toEqual([]);
  });

  it('doubts itself where a decision should have counted and did not, and where nobody sent one that did', () => {
    const view = openView();
    const unheard = [{ at: later, received: [signal({})], view }];
    const audit = auditApproval(history([], { steps: unheard, end: 'completed' }));
    expect(audit.entries).toMatchObject([{ kind: 'requested' }, { kind: 'refused', code: 'unknown' }]);
    expect(audit.doubts).toHaveLength(1);
    const vote = { decisionId: 'd2', decision: 'deny', by: decision().by, reason: null, at: later } as const;
    const unsent = [{ at: later, received: [], view: openView({ status: 'denied', votes: [vote] }) }];
    expect(auditApproval(history([], { steps: unsent, end: 'completed' })).doubts).toHaveLength(1);
  });

  it('tells of the request once, although the approval has continued as new', () => {
    expect(kinds(history([signal({})], { continues: true }))).toEqual(kinds(history([signal({})])).slice(1));
  });

  it('says of a critical decision whether its proof was missing or wrong', () => {
    const critical = openView({ policy: { ...opened.policy, tier: 'critical' } });
    const { by } = decision();
    const received = [signal({}), signal({ decisionId: 'd2', by: { ...by, proof: 'v1=no' } })];
    expect(auditApproval(history(received, { opened: critical })).entries).toMatchObject([
      { kind: 'requested' },
      { kind: 'refused', message: expect.stringContaining('carries no proof') },
      { kind: 'refused', message: expect.stringContaining('proof of your decision is wrong') },
    ]);
  });

  it('takes the answer of an update as it was given', () => {
    const ruling = { accepted: false, status: 'open', code: 'not-allowed', message: 'as it was then' } as const;
    expect(auditApproval(history([{ ...signal({}), ruling }])).entries).toMatchObject([
      { kind: 'requested' },
      { kind: 'refused', message: 'as it was then' },
    ]);
  });

  it('names a decision that came with the end of the run as too late', () => {
    const steps = [{ at: later, received: [signal({})], view: openView({ status: 'cancelled' }), phase: 'cancelled' }];
    expect(auditApproval(history([], { steps, end: 'completed' }))).toMatchObject({
      entries: [{ kind: 'requested' }, { kind: 'refused', code: 'closed' }, { kind: 'decided', at: later }],
      doubts: [],
    });
  });

  it('takes nothing of what was sent for granted', () => {
    const odd = [null, 7, 'approve', [], {}, { by: null }, { decision: { deny: 1 }, by: { channel: 'fax', id: {} } }];
    const received = odd.map((each) => ({ at: noon, decision: each, sender: null }));
    expect(kinds(history(received))).toEqual(['requested', ...odd.map(() => 'refused')]);
    expect(kinds(history([], { waiting: received }))).toEqual(['requested', ...odd.map(() => 'unjudged')]);
    const long = {
      ...decision(),
      decisionId: 'x'.repeat(5000),
      by: { channel: 'cli', id: 'y'.repeat(5000), name: '' },
    };
    expect(JSON.stringify(auditApproval(history([{ at: noon, decision: long, sender: null }]))).length).toBeLessThan(
      3000,
    );
  });

  it('says that nobody can decide any more once its workflow is lost', () => {
    const end = { lost: 'its workflow was terminated', at: later, sender: '1@host' };
    expect(auditApproval(history([], { end })).entries.at(-1)).toMatchObject({
      kind: 'decided',
      outcome: 'lost',
      by: { channel: 'temporal', name: '1@host' },
    });
  });
});
