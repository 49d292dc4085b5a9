import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueueOutcome } from '../../contracts/messages/unit.ts';
import type { QueueMessage } from '../../contracts/messages/queue.ts';
import type { BuildResult, LandResult, VerifyResult } from '../../contracts/activities/landing.ts';
import { emptyQueue, hasJobs, nextWake, startJobs, stepQueue } from '../../domain/queue/step.ts';
import type { QueueAction, QueueEvent, QueueState } from '../../domain/queue/step.ts';
import { repairSeconds } from '../../domain/queue/repairs.ts';
import { context, noon, sha, subject, unit } from './fixtures.ts';

/** A queue with a hand on it: feed events, see actions. */
class Bench {
  state: QueueState = emptyQueue;
  readonly told: { unit: string; outcome: QueueOutcome }[] = [];
  jobs: Exclude<QueueAction, { type: 'tell' } | { type: 'abandon' }>[] = [];

  send(message: QueueMessage): void {
    this.apply({ type: 'message', message });
  }

  enqueue(id: string, result: number): void {
    this.send({ type: 'enqueue', subject: subject(id, sha(result)) });
  }

  apply(event: QueueEvent): void {
    for (const step of [stepQueue(this.state, event, noon)]) this.take(step);
    this.take(startJobs(this.state, noon));
  }

  built(result: Partial<Extract<BuildResult, { status: 'built' }>> | BuildResult = {}): void {
    const built = { status: 'built', target: sha(100), candidate: sha(101), ...result } as BuildResult;
    this.apply({ type: 'built', job: this.pop('build').job, result: built });
  }

  verified(result: VerifyResult = { status: 'green' }): void {
    this.apply({ type: 'verified', job: this.pop('verify').job, result });
  }

  landed(result: LandResult = { status: 'landed', commit: sha(101) }): void {
    this.apply({ type: 'landed', job: this.pop('land').job, result });
  }

  pop(type: 'build' | 'verify' | 'land') {
    const job = this.jobs.find((candidate) => candidate.type === type);
    if (job === undefined) throw new Error(`no ${type} in ${JSON.stringify(this.jobs)}`);
    this.jobs = this.jobs.filter((other) => other !== job);
    return job;
  }

  private take(step: { state: QueueState; actions: readonly QueueAction[] }): void {
    this.state = step.state;
    for (const action of step.actions) {
      if (action.type === 'tell') this.told.push({ unit: action.unit, outcome: action.outcome });
      else if (action.type === 'abandon') this.jobs = this.jobs.filter(({ job }) => job !== action.job);
      else this.jobs.push(action);
    }
  }
}

const red: VerifyResult = { status: 'red', command: 'npm test', output: 'not ok 1' };

describe('the merge queue', () => {
  it('does nothing while it is empty', () => {
    expect(startJobs(emptyQueue, noon)).toEqual({ state: emptyQueue, actions: [] });
    expect(hasJobs(emptyQueue)).toBe(false);
  });

  it('builds, verifies and lands one good unit, and tells it', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.built();
    queue.verified();
    queue.landed();
    expect(queue.told).toEqual([{ unit: 'a', outcome: { result: sha(1), status: 'landed', commit: sha(101) } }]);
    expect(queue.state).toMatchObject({ entries: [], landed: 1 });
  });

  it('lands in the order of arrival, one at a time', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.enqueue('b', 2);
    expect(queue.jobs).toHaveLength(1);
    for (let i = 0; i < 2; i++) {
      queue.built();
      queue.verified();
      queue.landed();
    }
    expect(queue.told.map((told) => told.unit)).toEqual(['a', 'b']);
  });

  it('sends a red unit back with the output and continues with the next', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.enqueue('b', 2);
    queue.built();
    queue.verified(red);
    expect(queue.told).toEqual([
      {
        unit: 'a',
        outcome: {
          result: sha(1),
          status: 'returned',
          feedback: { kind: 'verification', onto: sha(100), result: sha(1), command: 'npm test', output: 'not ok 1' },
        },
      },
    ]);
    expect(queue.jobs).toMatchObject([{ type: 'build', subject: { unit: 'b' } }]);
  });

  it('tells the unit what could not be verified, lands nothing, and continues with the next one', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.enqueue('b', 2);
    queue.built();
    queue.verified({ ...red, status: 'not-verified', command: 'setup', output: `${'x'.repeat(5000)}ENOTFOUND` });
    const output = expect.stringContaining('xENOTFOUND');
    expect(queue.told[0]?.outcome).toMatchObject({ status: 'not-verified', output });
    expect(queue.jobs).toMatchObject([{ type: 'build', subject: { unit: 'b' } }]);
    expect(JSON.stringify(queue.state.recent).length).toBeLessThan(2000);
  });

  it('asks for the consent that is missing, verifies nothing, and takes the same result again', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.enqueue('b', 2);
    const policy = { rule: 'r', by: ['m'], allowed: null };
    const changed = Array.from({ length: 50 }, (_, i) => `guarded/${'x'.repeat(200)}${i}`);
    const missing = { policy, changed, changedCount: 60, covers: 'c1' };
    const result = { status: 'consent-missing', ...missing } as const;
    queue.apply({ type: 'built', job: queue.pop('build').job, result });
    expect(queue.told).toEqual([{ unit: 'a', outcome: { result: sha(1), status: 'consent-missing', ...missing } }]);
    expect(queue.jobs).toMatchObject([{ type: 'build', subject: { unit: 'b' } }]);
    expect(JSON.stringify(queue.state.recent).length).toBeLessThan(3000);
    const later = { ...subject('a', sha(1)), enqueuedAt: '2026-01-01T13:00:00.000Z' };
    queue.send({ type: 'enqueue', subject: later });
    expect(queue.state.entries.map((entry) => entry.subject.unit)).toEqual(['b', 'a']);
  });

  it('lands nothing that the policy of the target denies', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.built({ status: 'denied', rule: 'merge of a/**: deny' });
    expect(queue.told).toMatchObject([
      { unit: 'a', outcome: { status: 'refused', reason: expect.stringMatching(/^denied: .*a\/\*\*/) } },
    ]);
    expect(queue.jobs).toEqual([]);
  });

  it('says when a verification timed out', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.built();
    queue.verified({ ...red, status: 'timed-out' });
    expect(queue.told[0]?.outcome).toMatchObject({ feedback: { output: expect.stringContaining('timed out') } });
  });

  it('sends a conflict back with its paths', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.built({ status: 'conflict', target: sha(100), paths: ['src/a.ts'] });
    expect(queue.told[0]?.outcome).toMatchObject({ feedback: { kind: 'conflict', paths: ['src/a.ts'] } });
  });

  it('answers a change that is in the target already as landed, and pushes nothing', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.built({ status: 'already-landed', commit: sha(99) });
    expect(queue.told[0]?.outcome).toEqual({ result: sha(1), status: 'landed', commit: sha(99) });
    expect(queue.jobs).toEqual([]);
  });

  it('builds and verifies again when the target has moved', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.built();
    queue.verified();
    queue.landed({ status: 'moved' });
    queue.built({ target: sha(200), candidate: sha(201) });
    expect(queue.jobs).toMatchObject([{ type: 'verify', candidate: { target: sha(200), candidate: sha(201) } }]);
  });

  it('gives the remote’s own words when a push is refused, and does not try again', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.built();
    queue.verified();
    queue.landed({ status: 'refused', message: 'protected branch' });
    expect(queue.told[0]?.outcome).toMatchObject({ status: 'refused', reason: 'push-refused: protected branch' });
    expect(queue.jobs).toEqual([]);
  });

  it('makes one entry of the same result enqueued twice, and answers again what has landed', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.enqueue('a', 1);
    expect(queue.state.entries).toHaveLength(1);
    queue.built();
    queue.verified();
    queue.landed();
    queue.enqueue('a', 1);
    expect(queue.state.entries).toEqual([]);
    expect(queue.told.map(({ outcome }) => outcome.status)).toEqual(['landed', 'landed']);
  });

  it('makes one entry of a result enqueued twice beside an older one that is being landed', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.built();
    queue.verified();
    queue.enqueue('a', 2);
    queue.enqueue('a', 2);
    expect(queue.state.entries.map(({ subject: { result } }) => result)).toEqual([sha(1), sha(2)]);
  });

  it('judges a result again that comes again later, as it does after a retry', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.built({ status: 'conflict', target: sha(100), paths: ['a'] });
    queue.send({ type: 'enqueue', subject: { ...subject('a', sha(1)), enqueuedAt: '2026-01-02T12:00:00.000Z' } });
    queue.built();
    queue.verified();
    queue.landed();
    expect(queue.told.map(({ outcome }) => outcome.status)).toEqual(['returned', 'landed']);
  });

  it('takes out a unit that is withdrawn while it waits or is verified, without harm to those behind', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.enqueue('b', 2);
    queue.enqueue('c', 3);
    queue.built();
    const { run } = context();
    queue.send({ type: 'withdraw', run, unit: unit('a'), result: sha(1) });
    queue.send({ type: 'withdraw', run, unit: unit('c'), result: sha(3) });
    expect(queue.told.map(({ unit: id, outcome }) => [id, outcome.status])).toEqual([
      ['a', 'withdrawn'],
      ['c', 'withdrawn'],
    ]);
    expect(queue.jobs).toMatchObject([{ type: 'build', subject: { unit: 'b' } }]);
  });

  it('does not take back what is being landed: the unit hears how that ended', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.built();
    queue.verified();
    queue.send({ type: 'withdraw', run: context().run, unit: unit('a'), result: sha(1) });
    expect(queue.told).toEqual([]);
    queue.landed();
    expect(queue.told.map(({ outcome }) => outcome.status)).toEqual(['landed']);
  });

  it('answers a withdrawal of something it never saw', () => {
    const queue = new Bench();
    queue.send({ type: 'withdraw', run: context().run, unit: unit('a'), result: sha(1) });
    expect(queue.told[0]?.outcome).toEqual({ result: sha(1), status: 'withdrawn' });
  });

  it('ignores results of jobs that were given up', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    const stale = queue.pop('build').job;
    queue.send({ type: 'withdraw', run: context().run, unit: unit('a'), result: sha(1) });
    const before = queue.state;
    queue.apply({ type: 'built', job: stale, result: { status: 'conflict', target: sha(1), paths: [] } });
    expect(queue.state).toBe(before);
  });

  it('does not take a green verdict that comes late for one on the next entry', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.built();
    const stale = queue.pop('verify').job;
    queue.send({ type: 'withdraw', run: context().run, unit: unit('a'), result: sha(1) });
    queue.enqueue('b', 2);
    queue.built({ candidate: sha(201) });
    queue.apply({ type: 'verified', job: stale, result: { status: 'green' } });
    expect(queue.jobs).toMatchObject([{ type: 'verify', candidate: { candidate: sha(201) } }]);
  });

  it.each([
    ['gives up an older result of the same unit', context(), ['withdrawn'], sha(2)],
    ['builds the result of another run again', context('r2'), [], sha(1)],
  ])('%s when the target has moved from under it', (_, newer, told, built) => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.built();
    queue.verified();
    queue.send({ type: 'enqueue', subject: { ...subject('a', sha(2)), context: newer } });
    queue.landed({ status: 'moved' });
    expect(queue.told.map(({ outcome }) => outcome.status)).toEqual(told);
    expect(queue.jobs).toMatchObject([{ type: 'build', subject: { result: built } }]);
  });

  const on = (target: number, ...paths: string[]): BuildResult => ({ status: 'conflict', target: sha(target), paths });
  const back = (queue: Bench, id: string, result: number, returned: number) =>
    queue.send({ type: 'enqueue', subject: { ...subject(id, sha(result)), returned } });

  it('lets a repaired unit go first, and those that came back before it', () => {
    const queue = new Bench();
    for (const [i, id] of ['a', 'b', 'c'].entries()) back(queue, id, i + 1, 0);
    back(queue, 'd', 4, 2);
    back(queue, 'e', 5, 1);
    expect(queue.state.entries.map(({ subject: { unit: id } }) => id)).toEqual(['a', 'd', 'e', 'b', 'c']);
  });

  it('keeps what conflicts in the same file waiting while one unit repairs it, and lets others pass', () => {
    const queue = new Bench();
    for (const [i, id] of ['a', 'b', 'c'].entries()) back(queue, id, i + 1, 0);
    queue.built(on(100, 'list'));
    queue.built(on(100, 'list', 'more'));
    queue.built();
    queue.verified();
    queue.landed();
    expect(queue.told.map(({ unit: id, outcome }) => [id, outcome.status])).toEqual([
      ['a', 'returned'],
      ['c', 'landed'],
    ]);
    back(queue, 'a', 4, 1);
    queue.built();
    queue.verified();
    queue.landed();
    // Only now it is the turn of the other one.
    expect(queue.jobs).toMatchObject([{ type: 'build', subject: { unit: 'b' } }]);
  });

  it('waits no longer for a unit that gives up, or that takes too long', () => {
    const queue = new Bench();
    for (const [i, id] of ['a', 'b'].entries()) back(queue, id, i + 1, 0);
    queue.built(on(100, 'list'));
    queue.built(on(100, 'list'));
    expect(queue.jobs).toEqual([]);
    expect(nextWake(queue.state, noon)).toBe(repairSeconds * 1000);
    const later = new Date(Date.parse(noon) + repairSeconds * 1000).toISOString();
    expect(startJobs(queue.state, later).actions).toMatchObject([{ type: 'build', subject: { unit: 'b' } }]);
    queue.send({ type: 'withdraw', run: context().run, unit: unit('a'), result: sha(1) });
    expect(queue.jobs).toMatchObject([{ type: 'build', subject: { unit: 'b' } }]);
    expect(nextWake(queue.state, noon)).toBeNull();
  });

  it.each([1, 3, 10, 40])('lands %i units on one line with a repair for each but the first', (count) => {
    const queue = new Bench();
    const ids = Array.from({ length: count }, (_, i) => `u${i}`);
    let tip = 0;
    let repairs = 0;
    const base = new Map(ids.map((id) => [id, 0]));
    for (const [i, id] of ids.entries()) back(queue, id, i + 1, 0);
    for (let guard = 0; queue.state.landed < count; guard++) {
      if (guard > count * count * 10) throw new Error('it does not end');
      const [job] = queue.jobs;
      if (job?.type === 'build') {
        const current = base.get(job.subject.unit) === tip;
        queue.built(current ? { target: sha(1000 + tip), candidate: sha(2000 + tip) } : on(1000 + tip, 'list'));
      } else if (job?.type === 'verify') {
        queue.verified();
      } else if (job?.type === 'land') {
        tip += 1;
        queue.landed({ status: 'landed', commit: job.candidate.candidate });
      }
      for (const { unit: id, outcome } of queue.told.splice(0)) {
        if (outcome.status !== 'returned') continue;
        repairs += 1;
        base.set(id, tip);
        back(queue, id, 5000 + repairs, 1);
      }
    }
    expect(repairs).toBe(count - 1);
  });

  it('refuses a unit whose job failed for good', () => {
    const queue = new Bench();
    queue.enqueue('a', 1);
    queue.apply({ type: 'job-failed', job: queue.pop('build').job, message: 'BadConfig: line 3' });
    expect(queue.told[0]?.outcome).toMatchObject({ status: 'refused', reason: 'error: BadConfig: line 3' });
  });

  it('lands only what was verified, answers every result once, and keeps one entry in flight, whatever happens', () => {
    type Move = { kind: 'enqueue' | 'withdraw'; id: string; result: number } | { kind: 'job'; good: number };
    const move: fc.Arbitrary<Move> = fc.oneof(
      fc.record({
        kind: fc.constantFrom('enqueue' as const, 'withdraw' as const),
        id: fc.constantFrom('a', 'b', 'c'),
        result: fc.integer({ min: 1, max: 6 }),
      }),
      fc.record({ kind: fc.constant('job' as const), good: fc.integer({ min: 0, max: 3 }) }),
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        const queue = new Bench();
        const green = new Set<string>();
        let target = 1000;
        for (const next of moves) {
          if (next.kind === 'enqueue') queue.enqueue(next.id, next.result);
          else if (next.kind !== 'job') {
            queue.send({ type: 'withdraw', run: context().run, unit: unit(next.id), result: sha(next.result) });
          } else {
            const job = queue.jobs[0];
            if (job?.type === 'build') {
              if (next.good === 0) queue.built({ status: 'conflict', target: sha(target), paths: ['x'] });
              else queue.built({ target: sha(target), candidate: sha((target += 1)) });
            } else if (job?.type === 'verify') {
              if (next.good > 0) green.add(job.candidate.candidate);
              queue.verified(next.good > 0 ? undefined : red);
            } else if (job?.type === 'land') {
              expect(green).toContain(job.candidate.candidate);
              queue.landed(next.good > 1 ? { status: 'landed', commit: job.candidate.candidate } : { status: 'moved' });
            }
          }
          expect(queue.state.entries.filter(({ stage }) => stage.name !== 'waiting').length).toBeLessThanOrEqual(1);
          expect(queue.jobs.length).toBe(hasJobs(queue.state) ? 1 : 0);
          const keys = queue.state.entries.map((entry) => entry.subject.unit);
          const landing = queue.state.entries.filter(({ stage }) => stage.name === 'landing').length;
          expect(keys.length - new Set(keys).size).toBeLessThanOrEqual(landing);
        }
      }),
    );
  });
});
