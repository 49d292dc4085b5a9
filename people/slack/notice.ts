// A run as Slack tells of it: the first message, which shows how far the run is, and the messages in its thread. As on cards, all
// foreign text is inert and plain.

import type { Notice, RunFigures } from '../../contracts/notices.ts';
import type { Card, CardBlock } from './blocks.ts';
import { type CardLinks, runLinks } from './links.ts';
import { context, fields, inert, quote, section } from './blocks.ts';
import { count } from '../../domain/text/count.ts';
import { dollars } from '../../domain/money/dollars.ts';
import { shortRepositoryName } from '../../domain/repository/forge.ts';
import { unlinked } from './headline.ts';

/** Identify our messages in a channel's history. */
export const runMetadataType = 'coppice_run';
export const noticeMetadataType = 'coppice_notice';

/** The first message, by the newest notice. */
export function drawRun(notice: Notice, links: CardLinks): Card {
  const { run, repository, branch, goal, requestedBy, figures } = notice;
  const what = goal === '' ? `run ${run}` : `“${unlinked(goal)}”`;
  const state = stateOf(figures);
  return {
    text: `Run ${state}: ${what}, ${unlinked(shortRepositoryName(repository))}`,
    blocks: [
      section(`Run ${run}: ${state}`),
      fields([
        ['Repository', repository],
        ['Branch', branch],
        ['Units', String(figures.total)],
        ['Started by', requestedBy],
      ]),
      ...(goal === '' ? [] : [quote('Goal', inert(goal))]),
      section(figuresText(figures)),
      context(
        isOver(figures)
          ? `The report: coppice report ${run}`
          : `To watch: coppice status ${run} --watch. What happens comes in this thread.`,
      ),
      ...runLinks(notice, links),
    ],
  };
}

/** A message in the thread; null = there is nothing to say there. */
export function drawNotice(notice: Notice): Card | null {
  const said = sayNotice(notice);
  return said === null ? null : { text: said.text, blocks: [section(said.text), ...said.more] };
}

interface Said {
  /** Our own words and ids. */
  readonly text: string;
  readonly more: readonly CardBlock[];
}

function sayNotice(notice: Notice): Said | null {
  const { run, figures } = notice;
  switch (notice.kind) {
    case 'run-started':
    case 'progress':
      return null;
    case 'run-begun':
      return {
        text: `The plan is accepted: ${count(figures.total, 'unit')} to do, and the first ones begin.`,
        more: [],
      };
    case 'landed':
      return { text: `${count(notice.count, 'unit')} landed. ${figuresText(figures)}`, more: listOf('Landed', notice) };
    case 'failed':
      return {
        text: `${count(notice.count, 'unit')} failed. To begin one anew: coppice retry ${run} UNIT`,
        more: listOf('Failed', notice),
      };
    case 'conflict':
      return {
        text: `${count(notice.count, 'unit')} cannot be landed without people: ${notice.count === 1 ? 'its card is' : 'their cards are'} in the channel.`,
        more: listOf('In conflict', notice),
      };
    case 'host-full':
      return {
        text: `The run stands still: no host has room for ${count(notice.units, 'unit')}. To look: coppice list --hosts`,
        more: [quote('A host says', inert(notice.problem))],
      };
    case 'credential-refused':
      return {
        text: 'The run waits: the model’s server refuses the key. The card is in the channel.',
        more: [quote('It says', inert(notice.problem))],
      };
    case 'run-ended':
      return {
        text: `The run has ended: ${stateOf(figures)} after ${durationText(notice.makespanSeconds)}. ${figuresText(figures)} The report: coppice report ${run}`,
        more: notice.count === 0 ? [] : listOf('Failed', notice),
      };
  }
}

function listOf(
  name: string,
  { units, count: all }: Extract<Notice, { kind: 'landed' }> | Omit<Extract<Notice, { kind: 'failed' }>, 'kind'>,
) {
  const lines = units.map(({ id, title, reason }) =>
    inert(`${id}: ${title}${reason === undefined ? '' : ` (${reason})`}`),
  );
  return [quote(name, [...lines, ...(all > units.length ? [`and ${all - units.length} more`] : [])].join('\n'))];
}

function figuresText({ total, landed, failed, costUsd }: RunFigures): string {
  const bad = failed === 0 ? '' : `, ${failed} did not`;
  return `${landed} of ${count(total, 'unit')} landed${bad}. Cost so far: ${dollars(costUsd)}.`;
}

function stateOf({ status }: RunFigures): string {
  return status;
}

function isOver({ status }: RunFigures): boolean {
  return status !== 'running' && status !== 'paused';
}

/** `2 h 5 min`. */
function durationText(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return `${Math.round(seconds)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
