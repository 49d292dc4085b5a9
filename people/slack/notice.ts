// A run as Slack tells of it: the first message, which shows how far the run is, and the messages in its thread. As on cards, all
// foreign text is inert and plain.

import { isOpenStatus } from '../../contracts/documents/report.ts';
import type { Notice, RunFigures } from '../../contracts/notices.ts';
import type { Card } from './blocks.ts';
import { describeNotice, figuresText } from '../describe-notice.ts';
import { drawPart } from './subject.ts';
import { type CardLinks, runLinks } from './links.ts';
import { context, fields, inert, quote, section } from './blocks.ts';
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
  const said = describeNotice(notice);
  return said === null ? null : { text: said.text, blocks: [section(said.text), ...said.parts.map(drawPart)] };
}

function stateOf({ status }: RunFigures): string {
  return status;
}

function isOver({ status }: RunFigures): boolean {
  return !isOpenStatus(status);
}
