// The record of a unit that has ended, and how its time is counted.

import type { UnitEvent, UnitLife } from './state.ts';
import type { UnitRecord } from '../../contracts/documents/records.ts';

/** What the run keeps of a unit that ended. */
export function recordOf(life: UnitLife): UnitRecord {
  const { resolvedByPerson: byPerson } = life;
  const met = life.returns.filter((kind) => kind === 'conflict').length;
  return {
    totals: life.totals,
    slices: life.slices,
    attempts: life.returns.length + 1,
    seconds: life.seconds,
    decisions: life.decisions,
    ...(life.size === undefined ? {} : { size: life.size }),
    ...(life.largeFiles === undefined ? {} : { largeFiles: life.largeFiles }),
    ...(life.kept === undefined ? {} : { kept: life.kept }),
    ...(life.review === undefined ? {} : { review: life.review }),
    ...(life.noReview === undefined ? {} : { noReview: life.noReview }),
    ...(life.redBefore === undefined ? {} : { redBefore: life.redBefore }),
    conflicts: {
      met,
      resolvedByAgent: life.settled,
      ...(byPerson === undefined ? {} : { resolvedByPerson: byPerson }),
    },
  };
}

/** Adds the time since the state began to what it was spent on. */
export function addSeconds(life: UnitLife, event: UnitEvent, now: number): UnitRecord['seconds'] {
  const passed = Math.max(0, now - life.since) / 1000;
  const { seconds } = life;
  switch (life.state.status) {
    case 'working': {
      // A slice that was cut may not have begun at all.
      const most = event.type === 'slice-ended' ? event.slice.seconds : event.type === 'slice-cut' ? 0 : passed;
      const work = Math.min(passed, most);
      return { ...seconds, work: seconds.work + work, slot: seconds.slot + passed - work };
    }
    case 'asking':
      return { ...seconds, human: seconds.human + passed };
    case 'queued':
      return { ...seconds, queue: seconds.queue + passed };
    default:
      return { ...seconds, slot: seconds.slot + passed };
  }
}
