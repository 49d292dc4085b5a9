// What a notice of a run says, as data that every medium draws in its own way.

import type { Notice, RunFigures } from '../contracts/notices.ts';
import type { Part } from './describe-approval.ts';
import { count } from '../domain/text/count.ts';
import { dollars } from '../domain/money/dollars.ts';

export interface SaidNotice {
  /** Our own words and ids. */
  readonly text: string;
  readonly parts: readonly Part[];
}

/** Null = there is nothing to say: only what shows the figures is brought up to date. */
export function describeNotice(notice: Notice): SaidNotice | null {
  const { run, figures } = notice;
  switch (notice.kind) {
    case 'run-started':
    case 'progress':
      return null;
    case 'run-begun':
      return {
        text: `The plan is accepted: ${count(figures.total, 'unit')} to do, and the first ones begin.`,
        parts: [],
      };
    case 'landed':
      return {
        text: `${count(notice.count, 'unit')} landed. ${figuresText(figures)}`,
        parts: [listOf('Landed', notice)],
      };
    case 'failed':
      return {
        text: `${count(notice.count, 'unit')} failed. To begin one anew: coppice retry ${run} UNIT`,
        parts: [listOf('Failed', notice)],
      };
    case 'conflict':
      return {
        text: `${count(notice.count, 'unit')} cannot be landed without people, who are asked.`,
        parts: [listOf('In conflict', notice)],
      };
    case 'host-full':
      return {
        text: `The run stands still: no host has room for ${count(notice.units, 'unit')}. To look: coppice list --hosts`,
        parts: [{ kind: 'quoted', name: 'A host says', lines: [notice.problem], form: 'prose' }],
      };
    case 'credential-refused':
      return {
        text: 'The run waits: the model’s server refuses the key. People are asked.',
        parts: [{ kind: 'quoted', name: 'It says', lines: [notice.problem], form: 'prose' }],
      };
    case 'run-ended':
      return {
        text: `The run has ended: ${figures.status} after ${durationText(notice.makespanSeconds)}. ${figuresText(figures)} The report: coppice report ${run}`,
        parts: notice.count === 0 ? [] : [listOf('Failed', notice)],
      };
  }
}

function listOf(
  name: string,
  { units, count: all }: Extract<Notice, { kind: 'failed' | 'landed' | 'conflict' | 'run-ended' }>,
): Part {
  const lines = units.map(({ id, title, reason }) => `${id}: ${title}${reason === undefined ? '' : ` (${reason})`}`);
  const more = all - units.length;
  return { kind: 'quoted', name, lines: [...lines, ...(more > 0 ? [`and ${more} more`] : [])], form: 'list' };
}

export function figuresText({ total, landed, failed, costUsd }: RunFigures): string {
  const bad = failed === 0 ? '' : `, ${failed} did not`;
  return `${landed} of ${count(total, 'unit')} landed${bad}. Cost so far: ${dollars(costUsd)}.`;
}

/** `2 h 5 min`. */
function durationText(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return `${Math.round(seconds)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
