// People are asked when an agent makes no progress with what the merge queue has returned.

import { describe, expect, it } from 'vitest';
import type { ApprovalView, Decision } from '../../contracts/approval.ts';
import type { BriefResult } from '../../contracts/activities/conflict.ts';
import type { Feedback, SliceOutcome } from '../../contracts/activities/agent.ts';
import type { UnitEvent, UnitLife } from '../../domain/unit/state.ts';
import { aboutUnit } from '../../domain/unit/ask.ts';
import { advanceUnit } from '../../domain/unit/life.ts';
import { beginUnit } from '../../domain/unit/state.ts';
import { closeApproval, decide } from '../../domain/approval/decide.ts';
import { context, decision, noon, openView, sha, unit } from './fixtures.ts';
import { noTotals } from '../../domain/money/usage.ts';
import { recordOf } from '../../domain/unit/record.ts';
import { sliceInput } from '../../domain/unit/slice-input.ts';
import { troubleOf } from '../../domain/unit/help.ts';

const policy = openView().policy;
const brief = { commit: sha(20), paths: ['a.ts'], pathCount: 1, others: [], lastWords: 'Which one?' };
const help: BriefResult = { verdict: { decide: 'ask', policy }, brief };
const granted: UnitEvent = {
  type: 'granted',
  allowance: { usd: null, unitUsd: null, tokens: null, turns: null, seconds: null },
};
const met: Feedback = { kind: 'conflict', onto: sha(8), result: sha(7), paths: ['a.ts'] };

function slice(outcome: SliceOutcome, given?: BriefResult): Extract<UnitEvent, { type: 'slice-ended' }> {
  return {
    type: 'slice-ended',
    slice: { outcome, totals: noTotals, seconds: 0 },
    ...(given === undefined ? {} : { help: given }),
  };
}

const work = { result: sha(7), base: sha(2), changed: ['a.ts'], changedCount: 1 };
const allowed = { status: 'done', verdict: { decide: 'allow' }, ...work } as const;
const done = slice(allowed);
const landed: UnitEvent = { type: 'queue-answered', outcome: { result: sha(7), status: 'landed', commit: sha(9) } };

function returned(feedback: Feedback = met, given?: BriefResult): UnitEvent {
  const outcome = { result: sha(7), status: 'returned', feedback } as const;
  return { type: 'queue-answered', outcome, ...(given === undefined ? {} : { help: given }) };
}

function live(...events: UnitEvent[]): UnitLife {
  return events.reduce((life, event, i) => advanceUnit(life, event, (i + 1) * 1000), beginUnit(0));
}

/** What its approval becomes with this decision; null = nobody decides. */
function decided(life: UnitLife, change: Partial<Decision> | null): UnitEvent {
  const { state } = life;
  if (state.status !== 'asking') throw new Error(state.status);
  const place = { repository: 'r', branch: 'main', title: 'Weeks', requestedBy: 'dana' };
  const { about, summary } = aboutUnit(state.ask, place, life);
  const view = { ...openView(), summary, ...about, policy } as ApprovalView;
  if (change === null) return { type: 'approval-ended', view: closeApproval(view, 'expired') };
  const judged = decide(view, decision(change), noon);
  expect(judged.ruling).toMatchObject({ accepted: true });
  return { type: 'approval-ended', view: judged.view };
}

const after = (life: UnitLife, ...events: UnitEvent[]): UnitLife =>
  events.reduce((each, event) => advanceUnit(each, event, 90_000), life);

const failing = { status: 'failed', reason: 'conflict: markers are left in a.ts' } as const;
/** Its agent ends its turn with markers in the files. */
const stuck = live(granted, done, returned(), granted, slice(failing, help));
/** It resolves the conflict in the same way as before. */
const circling = live(granted, done, returned(), granted, done, returned(met, help));

describe('an agent that makes no progress', () => {
  it.each([
    ['leaves the conflict', stuck, failing.reason],
    ['comes back with the same conflict', circling, 'conflict: with the target in a.ts'],
  ])('asks people when it %s', (_, life, problem) => {
    expect(life.state).toMatchObject({ status: 'asking', ask: { kind: 'conflict', feedback: met, problem, brief } });
    expect(life.approvals).toBe(1);
  });

  it('is noticed before the event counts, so that a brief can be made', () => {
    const working = live(granted, done, returned(), granted);
    expect(troubleOf(working, slice(failing))).toEqual({ feedback: met, problem: failing.reason });
    expect(troubleOf(working, slice({ status: 'failed', reason: 'turn-limit: all used' }))).toBeNull();
    expect(troubleOf(live(granted), slice(failing))).toBeNull();
    expect(troubleOf(after(working, done), returned())).toMatchObject({ feedback: met });
    expect(troubleOf(after(working, done), returned({ ...met, onto: sha(99) }))).toBeNull();
    expect(troubleOf(after(working, done), landed)).toBeNull();
  });

  it('fails the unit as before where nobody may be asked, or no brief could be made', () => {
    const nobody: BriefResult = { verdict: { decide: 'deny', rule: 'conflict: deny' }, brief: null };
    for (const given of [undefined, nobody]) {
      const life = live(granted, done, returned(), granted, done, returned(met, given));
      expect(life.state).toEqual({ status: 'failed', reason: 'conflict: with the target in a.ts' });
      const left = live(granted, done, returned(), granted, slice(failing, given));
      expect(left.state).toEqual({ status: 'failed', reason: failing.reason });
    }
  });

  it('is shown with what is in conflict', () => {
    const place = { repository: 'r', branch: 'main', title: 'Weeks', requestedBy: 'dana' };
    const { state } = circling;
    if (state.status !== 'asking') throw new Error(state.status);
    expect(aboutUnit(state.ask, place, circling)).toMatchObject({
      summary: 'Conflict that the agent of "Weeks" does not resolve: a.ts',
      about: { kind: 'conflict', subject: { trouble: 'conflict', returns: 2, result: sha(7), onto: sha(8), brief } },
    });
  });
});

describe('people who are asked about it', () => {
  it('send the agent back with their words, and with new patience', () => {
    const told = after(stuck, decided(stuck, { decision: 'answer', text: 'Keep both.' }));
    expect(told.state).toEqual({ status: 'ready', feedback: met });
    expect(told.words).toEqual([{ id: openView().id, by: 'Ulla', text: 'Keep both.', call: null }]);
    const working = after(told, granted);
    if (working.state.status !== 'working') throw new Error(working.state.status);
    const input = sliceInput({ context: context(), unit: unit('a'), retry: 0 }, working, working.state);
    expect(input).toMatchObject({ triedAgain: 1, feedback: met, words: [{ text: 'Keep both.' }] });
    const settled = after(working, done, landed);
    expect(recordOf(settled).conflicts).toEqual({ met: 1, resolvedByAgent: 1 });
  });

  it('may say so without words', () => {
    const { words } = after(stuck, decided(stuck, { decision: 'approve' }));
    expect(words).toMatchObject([{ by: 'Ulla', text: expect.stringContaining('Try again') }]);
  });

  it('let the unit fail with its conflict when they say no, or nothing', () => {
    expect(after(stuck, decided(stuck, { decision: 'deny', reason: 'later' })).state).toEqual({
      status: 'failed',
      reason: `${failing.reason}: denied by Ulla (slack): later`,
    });
    expect(after(stuck, decided(stuck, null)).state).toEqual({
      status: 'failed',
      reason: `${failing.reason}: nobody decided in time`,
    });
  });

  it('resolve it themselves: the result lands as theirs, after policy has judged it', () => {
    const resolution = sha(30);
    const given = after(circling, decided(circling, { decision: 'approve', resolution }));
    expect(given.state).toMatchObject({ status: 'ready', resolution: { commit: resolution, by: 'Ulla' } });
    const outcome = { ...allowed, resolvedBy: 'Ulla' };
    const judged: UnitEvent = { type: 'resolution-judged', slice: slice(outcome).slice };
    const life = after(given, judged, landed);
    expect(life.state).toMatchObject({ status: 'landed' });
    expect(recordOf(life).conflicts).toEqual({ met: 2, resolvedByAgent: 0, resolvedByPerson: 1 });
    const asks = { ...outcome, verdict: { decide: 'ask', policy } } as const;
    expect(after(given, { type: 'resolution-judged', slice: slice(asks).slice }).state).toMatchObject({
      status: 'asking',
      ask: { kind: 'merge' },
    });
  });

  it('are asked again when their result is not good enough, and hear why', () => {
    const given = after(stuck, decided(stuck, { decision: 'approve', resolution: sha(30) }));
    const bad = { status: 'failed', reason: 'out-of-scope: b.ts' } as const;
    const again = after(given, { type: 'resolution-judged', slice: slice(bad).slice });
    expect(again.state).toMatchObject({ status: 'asking', ask: { kind: 'conflict', brief, refused: bad.reason } });
    expect(again.approvals).toBe(2);
  });

  it('begin a unit anew that had failed, with their result', () => {
    const begun = beginUnit(0, { commit: sha(30), by: 'Ulla' });
    const outcome = { ...allowed, resolvedBy: 'Ulla' };
    const life = after(begun, { type: 'resolution-judged', slice: slice(outcome).slice }, landed);
    expect(recordOf(life).conflicts).toEqual({ met: 0, resolvedByAgent: 0, resolvedByPerson: 1 });
    const bad = { status: 'failed', reason: 'out-of-scope: b.ts' } as const;
    expect(after(begun, { type: 'resolution-judged', slice: slice(bad).slice }).state).toEqual(bad);
  });
});

describe('a decision with a resolution', () => {
  const refused = (view: ApprovalView, change: object) => decide(view, { ...decision(), ...change }, noon).ruling;
  const asking = (): ApprovalView => {
    const { state } = stuck;
    if (state.status !== 'asking') throw new Error(state.status);
    const place = { repository: 'r', branch: 'main', title: 'Weeks', requestedBy: 'dana' };
    return { ...openView(), ...aboutUnit(state.ask, place, stuck).about };
  };

  it('is one about a conflict, approves, and names a commit', () => {
    expect(refused(asking(), { resolution: sha(30) })).toMatchObject({ accepted: true });
    expect(refused(openView(), { resolution: sha(30) })).toMatchObject({ accepted: false, code: 'malformed' });
    for (const resolution of ['main', '', 7]) {
      expect(refused(asking(), { resolution })).toMatchObject({ accepted: false, code: 'malformed' });
    }
    expect(refused(asking(), { resolution: sha(30), decision: 'deny' })).toMatchObject({ code: 'malformed' });
  });
});
