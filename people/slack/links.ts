// The line of a card with where to look. These are the only links in it: to pages that this process knows to exist.

import type { ApprovalView } from '../../contracts/approval.ts';
import type { Notice } from '../../contracts/notices.ts';
import { type WebUi, workflowPath } from '../../domain/web-ui.ts';
import type { CardBlock } from './blocks.ts';
import { branchPage, commitPage } from '../../domain/repository/forge.ts';
import { runWorkflowId, unitWorkflowId } from '../../contracts/ids.ts';

export interface CardLinks {
  /** Null = nobody has said where it is. */
  readonly webUi: WebUi | null;
  /** The message in whose thread the run is told of; null = unknown. */
  readonly thread: string | null;
}

export const noLinks: CardLinks = { webUi: null, thread: null };

/** None if nothing is known. */
export function linksLine(view: ApprovalView, { webUi, thread }: CardLinks): CardBlock[] {
  const { run, unit, subject } = view;
  const result = view.kind === 'merge' && view.subject.isOnRepository === true ? view.subject.result : null;
  const workflow = unit === null ? runWorkflowId(run) : unitWorkflowId(run, unit);
  const pages: readonly (readonly [label: string, page: string | null])[] = [
    ['The change', result === null ? null : commitPage(subject.repository, result)],
    ['The target branch', branchPage(subject.repository, subject.branch)],
    [
      unit === null ? 'The run in Temporal' : 'The unit in Temporal',
      webUi === null ? null : webUi.address + workflowPath(webUi.namespace, workflow),
    ],
    ['The run’s thread', thread],
  ];
  return lineOf(pages);
}

/** For the message about a whole run. */
export function runLinks(
  { run, repository, branch }: Pick<Notice, 'run' | 'repository' | 'branch'>,
  { webUi }: Pick<CardLinks, 'webUi'>,
): CardBlock[] {
  return lineOf([
    ['The target branch', branchPage(repository, branch)],
    ['The run in Temporal', webUi === null ? null : webUi.address + workflowPath(webUi.namespace, runWorkflowId(run))],
  ]);
}

function lineOf(pages: readonly (readonly [label: string, page: string | null])[]): CardBlock[] {
  const links = pages.flatMap(([label, page]) => (page === null ? [] : [linkTo(label, page)]));
  return links.length === 0 ? [] : [{ type: 'context', elements: [{ type: 'mrkdwn', text: links.join(' · ') }] }];
}

/** `label` is ours. */
function linkTo(label: string, page: string): string {
  return `<${page.replaceAll('&', '&amp;').replaceAll(/[<>|\s]/g, encodeURIComponent)}|${label}>`;
}
