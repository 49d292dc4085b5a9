import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UnitEvent, UnitLife } from '../../domain/unit/state.ts';
import { recordOf } from '../../domain/unit/record.ts';
import { addMessage, refuseMessage } from '../../domain/unit/messages.ts';
import { beginUnit, hasEnded } from '../../domain/unit/state.ts';
import { noTotals } from '../../domain/money/usage.ts';
import type { ApprovalView } from '../../contracts/approval.ts';
import type { SliceOutcome } from '../../contracts/activities/agent.ts';
import { aboutUnit } from '../../domain/unit/ask.ts';
import { advanceUnit } from '../../domain/unit/life.ts';
import { closeApproval, decide } from '../../domain/approval/decide.ts';
import { returnsAtMost } from '../../domain/unit/returns.ts';
import { openView, decision, noon, sha } from './fixtures.ts';

const policy = openView().policy;
const granted: UnitEvent = {
  type: 'granted',
  allowance: { usd: 5, unitUsd: 10, tokens: null, turns: null, seconds: null },
};
const ask = { decide: 'ask', policy } as const;
const spent: UnitEvent = { type: 'budget-spent', limitUsd: 10, verdict: ask };
const landed: UnitEvent = { type: 'queue-answered', outcome: { result: sha(7), status: 'landed', commit: sha(9) } };
const conflict: UnitEvent = {
  type: 'queue-answered',
  outcome: {
    result: sha(7),
    status: 'returned',
    feedback: { kind: 'conflict', onto: sha(8), result: sha(7), paths: ['a.ts'] },
  },
};

function slice(outcome: SliceOutcome): UnitEvent {
  return { type: 'slice-ended', slice: { outcome, totals: { ...noTotals, costUsd: 1.5 }, seconds: 2 } };
}

/** On a target of its own. */
function met(n: number): UnitEvent {
  const feedback = { kind: 'conflict', onto: sha(100 + n), result: sha(7), paths: ['a.ts'] } as const;
  return { type: 'queue-answered', outcome: { result: sha(7), status: 'returned', feedback } };
}

function red(output: string): UnitEvent {
  const feedback = { kind: 'verification', onto: sha(8), result: sha(7), command: 'test', output } as const;
  return { type: 'queue-answered', outcome: { result: sha(7), status: 'returned', feedback } };
}

function doneOutcome(verdict: Extract<SliceOutcome, { status: 'done' }>['verdict']) {
  return { status: 'done', result: sha(7), base: sha(2), verdict, changed: ['a.ts'], changedCount: 1 } as const;
}

function done(verdict: Extract<SliceOutcome, { status: 'done' }>['verdict']): UnitEvent {
  return slice(doneOutcome(verdict));
}

function live(...events: UnitEvent[]): UnitLife {
  return events.reduce((life, event, i) => advanceUnit(life, event, (i + 1) * 10_000), beginUnit(0));
}

/** null for an event that this state does not allow; any other error is a fault. */
function taken(life: UnitLife, event: UnitEvent, nowMs: number): UnitLife | null {
  try {
    return advanceUnit(life, event, nowMs);
  } catch (error) {
    expect(String(error)).toContain('cannot take');
    return null;
  }
}

function ended(
  how: 'approve' | 'deny' | 'answer' | 'expired',
  { kind = 'merge', usd }: { kind?: ApprovalView['kind']; usd?: number } = {},
): UnitEvent {
  const place = { repository: '/srv/r.git', branch: 'main', title: 'T', requestedBy: 'dana' };
  const subject = { ...place, question: 'Weeks?', spentUsd: 10, limitUsd: 10, topUpUsd: 10, problem: '401' };
  const view = (kind === 'merge' ? openView() : { ...openView(), kind, subject }) as ApprovalView;
  if (how === 'expired') return { type: 'approval-ended', view: closeApproval(view, 'expired') };
  const more = { ...(how === 'answer' ? { text: 'Yes.' } : {}), ...(usd === undefined ? {} : { usd }) };
  const decided = decide(view, decision({ decision: how, reason: 'because', ...more }), noon);
  expect(decided.ruling.accepted).toBe(true);
  return { type: 'approval-ended', view: decided.view };
}

describe('a unit', () => {
  it('goes from ready over working and queued to landed', () => {
    const life = live(granted, done({ decide: 'allow' }), landed);
    expect(life.state).toEqual({ status: 'landed', commit: sha(9) });
    expect(recordOf(life)).toMatchObject({
      slices: 1,
      attempts: 1,
      seconds: { slot: 18, work: 2, queue: 10, human: 0 },
    });
  });

  it('waits for a person when policy asks, and carries the name of who approved', () => {
    const asking = live(granted, done({ decide: 'ask', policy }));
    expect(asking.state).toMatchObject({ status: 'asking', policy });
    const approved = advanceUnit(asking, ended('approve'), 99_000);
    expect(approved.state).toMatchObject({ status: 'queued', approvedBy: ['Ulla (slack U1)'] });
    expect(approved.decisions).toMatchObject([{ decision: 'approved', by: 'Ulla', channel: 'slack' }]);
  });

  it('asks people again when the queue would land more than they agreed to, and enqueues the same work', () => {
    const missing = { policy, changed: ['guarded/a'], changedCount: 1, covers: 'c1' };
    const outcome = { result: sha(7), status: 'consent-missing', ...missing } as const;
    const queued = live(granted, done({ decide: 'ask', policy }), ended('approve'));
    const ulla = { channel: 'slack', id: 'U1' };
    expect(queued.state).toMatchObject({ status: 'queued', consents: [ulla] });
    const asking = advanceUnit(queued, { type: 'queue-answered', outcome }, 60_000);
    const shown = { result: sha(7), changed: ['guarded/a'], changedCount: 1 };
    expect(asking).toMatchObject({ approvals: 2, state: { status: 'asking', ask: { kind: 'merge', work: shown } } });
    const agreed = advanceUnit(asking, ended('approve'), 70_000);
    const consents = [ulla, { ...ulla, covers: 'c1' }];
    const { work } = queued.state as Extract<typeof queued.state, { status: 'queued' }>;
    expect(agreed.state).toEqual({ status: 'queued', work, approvedBy: ['Ulla (slack U1)'], consents });
    expect(agreed.decisions).toHaveLength(2);
    expect(advanceUnit(asking, ended('deny'), 70_000).state).toMatchObject({ status: 'failed' });
  });

  it('fails in a conflict that has no end with what became of the command that should have settled it', () => {
    const said = '`npm install`: failed [exit code 1]\nnpm error one\nnpm error no such package\n';
    const returned = {
      kind: 'conflict',
      onto: sha(8),
      result: sha(7),
      paths: ['a.lock'],
      conflicts: [{ path: 'a.lock', kind: 'lock', said }],
    } as const;
    const answer: UnitEvent = {
      type: 'queue-answered',
      outcome: { result: sha(7), status: 'returned', feedback: returned },
    };
    const again = [granted, done({ decide: 'allow' }), answer];
    expect(live(...again, ...again).state).toEqual({
      status: 'failed',
      reason:
        'conflict: with the target in a.lock (lock); `npm install`: failed [exit code 1]: npm error no such package',
    });
  });

  it('remembers what its agent has left as a merge made it, until it changes that', () => {
    const result = (changed: string[], kept?: string[]): UnitEvent =>
      slice({
        status: 'done',
        result: sha(7),
        base: sha(2),
        verdict: { decide: 'allow' },
        changed,
        changedCount: changed.length,
        ...(kept === undefined ? {} : { kept }),
      });
    const before = [granted, result(['a.ts']), conflict, granted, result(['a.ts'], ['x.png', 'y.png'])] as const;
    expect(recordOf(live(...before)).kept).toEqual(['x.png', 'y.png']);
    const other = { kind: 'conflict', onto: sha(9), result: sha(7), paths: ['b.ts'] } as const;
    const later = { result: sha(7), status: 'returned', feedback: other } as const;
    const again = live(
      ...before,
      { type: 'queue-answered', outcome: later },
      granted,
      result(['a.ts', 'x.png'], ['z.png']),
    );
    expect(recordOf(again).kept).toEqual(['z.png', 'y.png']);
    expect(recordOf(live(granted, result(['a.ts'])))).not.toHaveProperty('kept');
  });

  it.each([
    ['deny', 'denied: denied by Ulla (slack): because'],
    ['expired', 'expired: nobody decided in time'],
  ] as const)('fails when the answer is %s', (how, why) => {
    expect(live(granted, done({ decide: 'ask', policy }), ended(how)).state).toEqual({ status: 'failed', reason: why });
  });

  it('fails when policy denies', () => {
    const life = live(granted, done({ decide: 'deny', rule: 'merge of secrets/**: deny' }));
    expect(life.state).toMatchObject({ status: 'failed', reason: expect.stringMatching(/^denied: .*secrets/) });
  });

  it('is parked for as long as the server says, or a little longer each time, until it gets on', () => {
    const parked = (retryAfterSeconds: number | null): UnitEvent =>
      slice({ status: 'parked', retryAfterSeconds, reason: 'overloaded' });
    const woken: UnitEvent = { type: 'woken' };
    const secondsOf = ({ state, since }: UnitLife) => state.status === 'parked' && (state.until - since) / 1000;
    const again = [parked(null), woken, granted] as const;
    expect(secondsOf(live(granted, parked(3600)))).toBe(3600);
    const pauses = [0, 1, 2, 3, 4].map((times) =>
      secondsOf(live(granted, ...Array.from({ length: times }, () => again).flat(), parked(null))),
    );
    expect(pauses).toEqual([60, 120, 300, 600, 600]);
    const life = live(granted, ...again, ...again);
    const { state } = life;
    const turned: UnitEvent = {
      type: 'slice-ended',
      slice: {
        outcome: { status: 'parked', retryAfterSeconds: null, reason: 'x' },
        totals: { ...noTotals, turns: 1 },
        seconds: 1,
      },
    };
    expect(state.status).toBe('working');
    expect(secondsOf(advanceUnit(life, turned, 999_000))).toBe(60);
    expect(recordOf(life)).toMatchObject({ slices: 3, attempts: 1 });
  });

  it('takes what the queue sent back along when it is parked', () => {
    const parked = slice({ status: 'parked', retryAfterSeconds: 60, reason: 'overloaded' });
    const life = live(granted, done({ decide: 'allow' }), conflict, granted, parked, { type: 'woken' });
    expect(life.state).toEqual({
      status: 'ready',
      feedback: { kind: 'conflict', onto: sha(8), result: sha(7), paths: ['a.ts'] },
    });
    expect(() => advanceUnit(life, { type: 'woken' }, 1)).toThrow(/cannot take/);
  });

  it('continues elsewhere when its host drains', () => {
    const life = live(granted, slice({ status: 'drained' }), granted, done({ decide: 'allow' }), landed);
    expect(recordOf(life)).toMatchObject({ slices: 2, attempts: 1 });
  });

  it('fails with what a person can do when it could not be verified', () => {
    const outcome = {
      result: sha(7),
      status: 'not-verified',
      output: 'a\nENOTFOUND',
    } as const;
    const { state } = live(granted, done({ decide: 'allow' }), { type: 'queue-answered', outcome });
    expect(state).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^not-verified: .*egress.*ENOTFOUND$/s),
    });
  });

  it('asks people for the network that its setup needs, and hands their consent to slices and to the queue', () => {
    const wish = { key: 'a'.repeat(32), command: 'npm ci', paths: ['package.json'], pathCount: 1 };
    const requestedSlice = slice({ status: 'egress', wish, output: 'ENOTFOUND', verdict: ask });
    const asking = live(granted, requestedSlice);
    expect(asking.state).toMatchObject({ status: 'asking', ask: { kind: 'egress', wish } });
    const agreed = advanceUnit(asking, ended('approve', { kind: 'egress' }), 50_000);
    expect(agreed).toMatchObject({ state: { status: 'ready' }, egress: { granted: [wish.key], refused: [] } });
    for (const [how, why] of [
      ['deny', 'because'],
      ['expired', 'nobody decided'],
    ] as const) {
      const refused = advanceUnit(asking, ended(how, { kind: 'egress' }), 50_000);
      expect(refused).toMatchObject({ state: { status: 'ready' }, egress: { granted: [], refused: [wish.key] } });
      expect(refused.words).toMatchObject([{ call: null, text: expect.stringContaining(why) }]);
    }
  });

  it('asks people when the queue cannot verify it without the network, and enqueues the same work again', () => {
    const wish = { key: 'a'.repeat(32), command: 'npm ci', paths: ['package.json'], pathCount: 1 };
    const outcome = {
      ...({ result: sha(7), status: 'not-verified', output: 'ENOTFOUND' } as const),
      egress: { wish, verdict: ask },
    } as const;
    const asking = live(granted, done({ decide: 'allow' }), { type: 'queue-answered', outcome });
    expect(asking.state).toMatchObject({ status: 'asking', ask: { kind: 'egress', wish } });
    const agreed = advanceUnit(asking, ended('approve', { kind: 'egress' }), 60_000);
    expect(agreed).toMatchObject({
      state: { status: 'queued', work: { result: sha(7) }, approvedBy: [] },
      egress: { granted: [wish.key] },
    });
    const refused = advanceUnit(asking, ended('deny', { kind: 'egress' }), 60_000);
    expect(refused.state).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^not-verified: .*because/),
    });
    const again = advanceUnit(agreed, { type: 'queue-answered', outcome }, 70_000);
    expect(again.state).toMatchObject({ status: 'failed', reason: expect.stringMatching(/^not-verified: /) });
    const never = { ...outcome, egress: { wish, verdict: { decide: 'deny', rule: 'egress: deny' } } } as const;
    const denied = live(granted, done({ decide: 'allow' }), { type: 'queue-answered', outcome: never });
    expect(denied.state.status).toBe('failed');
  });

  it('goes back to its agent with what the queue said, and fails when the same comes again', () => {
    const returned = live(granted, done({ decide: 'allow' }), conflict);
    expect(returned.state).toMatchObject({ status: 'ready', feedback: { kind: 'conflict', paths: ['a.ts'] } });
    const again = live(granted, done({ decide: 'allow' }), conflict, granted, done({ decide: 'allow' }), conflict);
    expect(again.state).toEqual({ status: 'failed', reason: 'conflict: with the target in a.ts' });
  });

  const roundOf = (n: number) => [granted, done({ decide: 'allow' }), met(n)];

  it('goes back as often as it is overtaken, up to a limit far away', () => {
    const life = live(
      ...Array.from({ length: 10 }, (_, n) => roundOf(n)).flat(),
      granted,
      done({ decide: 'allow' }),
      landed,
    );
    expect(life.state.status).toBe('landed');
    expect(recordOf(life)).toMatchObject({ attempts: 11, conflicts: { met: 10, resolvedByAgent: 10 } });
    const endless = Array.from({ length: returnsAtMost + 1 }, (_, n) => roundOf(n)).flat();
    expect(live(...endless).state).toMatchObject({ status: 'failed', reason: expect.stringContaining('conflict') });
  });

  it('fails when a verification is red in the same way again, whatever its times and ids are', () => {
    const back = (output: string) => [granted, done({ decide: 'allow' }), red(output)];
    expect(live(...back('took 12 ms: not ok'), ...back('took 7 ms: not ok')).state.status).toBe('failed');
    expect(live(...back('a is missing'), ...back('b is missing')).state.status).toBe('ready');
    const turns = [...back('a is missing'), ...back('b is missing')];
    expect(live(...turns, ...turns.slice(0, 3)).state.status).toBe('ready');
    expect(live(...turns, ...turns, ...turns.slice(0, 3)).state.status).toBe('failed');
  });

  it('does not count as resolved what its agent left as the merge made it, or failed over', () => {
    const kept = slice({ ...doneOutcome({ decide: 'allow' }), kept: ['logo.png'] });
    const work = [granted, done({ decide: 'allow' })];
    expect(recordOf(live(...work, conflict, granted, kept, landed))).toMatchObject({
      conflicts: { met: 1, resolvedByAgent: 0 },
    });
    expect(recordOf(live(...work, conflict, ...work, conflict))).toMatchObject({
      conflicts: { met: 2, resolvedByAgent: 0 },
    });
  });

  it('counts a conflict that its agent resolved', () => {
    const life = live(granted, done({ decide: 'allow' }), conflict, granted, done({ decide: 'allow' }), landed);
    expect(recordOf(life)).toMatchObject({ attempts: 2, conflicts: { met: 1, resolvedByAgent: 1 } });
  });

  it('keeps the feedback for the next slice when its host drains', () => {
    const life = live(granted, done({ decide: 'allow' }), conflict, granted, slice({ status: 'drained' }));
    expect(life.state).toMatchObject({ status: 'ready', feedback: { kind: 'conflict' } });
  });

  it('asks the run for more when its allowance is used up, and people when its own budget is spent', () => {
    expect(live(granted, slice({ status: 'budget' })).state).toEqual({ status: 'ready', feedback: null });
    const asking = live(granted, done({ decide: 'allow' }), conflict, granted, slice({ status: 'budget' }), spent);
    expect(asking.state).toMatchObject({ status: 'asking', ask: { kind: 'budget', limitUsd: 10, topUpUsd: 10 } });
    const on = advanceUnit(asking, ended('approve', { kind: 'budget', usd: 3 }), 99_000);
    expect(on.state).toMatchObject({ status: 'ready', feedback: { kind: 'conflict' } });
    expect(on.toppedUpUsd).toBe(3);
    // The sum that is offered stays the budget of the plan.
    const again = advanceUnit(on, { ...spent, limitUsd: 13 }, 100_000);
    expect(again.state).toMatchObject({ ask: { limitUsd: 13, topUpUsd: 10 } });
    expect(recordOf(again).decisions).toMatchObject([{ kind: 'budget', decision: 'approved', by: 'Ulla' }]);
  });

  it.each([
    [
      'policy says never',
      { ...spent, verdict: { decide: 'deny', rule: 'budget: deny' } },
      null,
      'budget: $10.00 are spent',
    ],
    ['a person says no', spent, 'deny', 'budget: denied by Ulla (slack): because'],
    ['nobody says anything', spent, 'expired', 'budget: nobody decided in time'],
  ] as const)('fails when its budget is spent and %s', (_, event, how, why) => {
    const life = live(
      granted,
      slice({ status: 'budget' }),
      event,
      ...(how === null ? [] : [ended(how, { kind: 'budget' })]),
    );
    expect(life.state).toEqual({ status: 'failed', reason: why });
  });

  it('fails with what the run says when people said no to all of it', () => {
    expect(live({ type: 'refused', reason: 'credential: no' }).state).toEqual({
      status: 'failed',
      reason: 'credential: no',
    });
  });

  it('lands what was only to be reviewed, if nothing more is granted', () => {
    const reviewing = slice({ status: 'budget', finished: doneOutcome({ decide: 'allow' }) });
    const refused: UnitEvent = { type: 'refused', reason: 'budget: the run has used all its tokens' };
    expect(live(granted, reviewing, refused).state).toMatchObject({ status: 'queued', work: { result: sha(7) } });
    expect(live(granted, reviewing, granted).state).not.toHaveProperty('finished');
    expect(live(granted, reviewing, granted, slice({ status: 'budget' }), refused).state.status).toBe('failed');
  });

  it('asks a person what its agent wants to know, and brings the answer to it', () => {
    const asks = slice({ status: 'question', call: 'toolu_1', question: 'Weeks?', verdict: ask });
    const asking = live(granted, asks);
    expect(asking.state).toMatchObject({ status: 'asking', ask: { kind: 'question', question: 'Weeks?' } });
    const answered = advanceUnit(asking, ended('answer', { kind: 'question' }), 50_000);
    expect(answered.words).toEqual([{ id: openView().id, by: 'Ulla', text: 'Yes.', call: 'toolu_1' }]);
    const working = advanceUnit(answered, granted, 60_000);
    expect(working).toMatchObject({ words: [], state: { status: 'working', words: answered.words } });
    for (const how of ['deny', 'expired'] as const) {
      const left = advanceUnit(asking, ended(how, { kind: 'question' }), 50_000);
      expect(left).toMatchObject({ state: { status: 'ready' }, words: [{ text: null, call: 'toolu_1' }] });
    }
    const denied = slice({
      status: 'question',
      call: 'toolu_1',
      question: 'W?',
      verdict: { decide: 'deny', rule: 'r' },
    });
    expect(live(granted, denied)).toMatchObject({ state: { status: 'ready' }, words: [{ by: 'nobody', text: null }] });
  });

  it('has the size of its newest result until it lands, then of what landed; people are shown it', () => {
    const sized = (additions: number): UnitEvent =>
      slice({ ...doneOutcome({ decide: 'allow' }), size: { files: 1, additions, deletions: 0 } });
    expect(live(granted, sized(3), conflict, granted, sized(5)).size).toEqual({ files: 1, additions: 5, deletions: 0 });
    const size = { files: 2, additions: 7, deletions: 1 };
    const outcome = { result: sha(7), status: 'landed', commit: sha(9), size } as const;
    expect(recordOf(live(granted, sized(3), { type: 'queue-answered', outcome })).size).toEqual(size);
    expect(recordOf(live(granted, sized(3), landed)).size).toEqual({ files: 1, additions: 3, deletions: 0 });
    expect(recordOf(live(granted, done({ decide: 'allow' }), landed))).not.toHaveProperty('size');
    const asking = live(granted, slice({ ...doneOutcome(ask), size }));
    const place = { repository: 'r', branch: 'main', title: 'Parse', requestedBy: 'dana' };
    if (asking.state.status !== 'asking') throw new Error('it does not ask');
    expect(aboutUnit(asking.state.ask, place, asking)).toMatchObject({
      about: { subject: { size } },
      summary: 'Land "Parse" on main (2 files +7 −1)',
    });
  });

  it('is first in line after an interruption, once, and not after anything else', () => {
    const working = (...events: UnitEvent[]) => live(granted, ...events, granted).state;
    expect(working(slice({ status: 'drained' }))).toMatchObject({ handedBack: true });
    expect(working({ type: 'slice-cut' })).toMatchObject({ handedBack: true });
    expect(working(slice({ status: 'budget' }))).not.toHaveProperty('handedBack');
    expect(working(done({ decide: 'allow' }), conflict)).not.toHaveProperty('handedBack');
    expect(working(slice({ status: 'drained' }), granted, slice({ status: 'budget' }))).not.toHaveProperty(
      'handedBack',
    );
  });

  it('hears a message once, keeps it for the next slice, and does not hand in work that has not heard it', () => {
    const word = { id: 'm1', by: 'dana', text: 'Weeks count.', call: null };
    const heard = addMessage(addMessage(live(granted), word), word);
    expect(heard.words).toEqual([word]);
    const judged = advanceUnit(heard, done({ decide: 'allow' }), 50_000);
    expect(judged.state).toEqual({ status: 'ready', feedback: null, handedBack: true });
    const working = advanceUnit(judged, granted, 60_000);
    expect(addMessage(working, word).words).toEqual([]);
    expect(advanceUnit(working, { type: 'slice-cut' }, 70_000)).toMatchObject({
      state: { status: 'ready', handedBack: true },
      words: [word],
    });
    expect(advanceUnit(working, slice({ status: 'drained' }), 70_000)).toMatchObject({ words: [] });
    // Nobody knows how long it worked; waiting for a slot must not count as work.
    expect(advanceUnit(working, { type: 'slice-cut' }, 70_000).seconds.work).toBe(working.seconds.work);
  });

  it('says when its agent would not hear a message', () => {
    const many = Array.from({ length: 20 }, (_, i) => ({ id: `${i}`, by: 'dana', text: 'x', call: null }));
    expect(refuseMessage(live(granted))).toBeNull();
    expect(refuseMessage(live(granted, done({ decide: 'allow' })))).toContain('merge queue');
    expect(refuseMessage(live(granted, done(ask)))).toContain('approval');
    expect(refuseMessage(live(granted, done({ decide: 'allow' }), landed))).toBe('it is landed');
    expect(refuseMessage(many.reduce(addMessage, live(granted)))).toContain('20 messages');
  });

  it('takes no event that its state does not allow', () => {
    expect(() => live(landed)).toThrow('a unit that is ready cannot take the event queue-answered');
    expect(() => live(granted, granted)).toThrow('working cannot take');
  });

  it('is not revived once it has ended, and may be cancelled until then', () => {
    const events = [granted, done({ decide: 'ask', policy }), ended('approve'), landed];
    for (let n = 0; n < events.length; n++) {
      const life = live(...events.slice(0, n), { type: 'cancelled', reason: 'cancelled: by request' });
      expect(life.state.status).toBe('cancelled');
      expect(hasEnded(life.state)).toBe(true);
      for (const event of events) expect(() => advanceUnit(life, event, 0)).toThrow('cannot take');
    }
  });

  it('accounts for every second of its life, whatever happens', () => {
    const event = fc.constantFrom(
      granted,
      slice({ status: 'drained' }),
      done({ decide: 'allow' }),
      done({ decide: 'ask', policy }),
      ended('approve'),
      conflict,
      landed,
    );
    let steps = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(100)), { maxLength: 30 }), (events) => {
        let life = beginUnit(0);
        let now = 0;
        for (const [next, passed] of events) {
          if (hasEnded(life.state)) break;
          const after = taken(life, next, now + passed * 1000);
          if (after === null) continue;
          now += passed * 1000;
          life = after;
          steps += 1;
        }
        const { slot, work, human, queue } = life.seconds;
        expect(slot + work + human + queue).toBeCloseTo(now / 1000);
      }),
    );
    expect(steps).toBeGreaterThan(0);
  });
});
