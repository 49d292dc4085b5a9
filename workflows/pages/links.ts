// Links between the pages in Temporal's Web UI, which puts the namespace of the page where `{namespace}` stands.

import { type View, viewOfRun, viewPath, views, workflowPath } from '../../domain/web-ui.ts';

const namespace = '{namespace}';

/** `text` is ours or an id: it is not made inert here. */
export function workflowLink(text: string, workflowId: string): string {
  return `[${text}](${workflowPath(namespace, workflowId)})`;
}

function viewLink(view: View): string {
  return `[${view.name}](${viewPath(namespace, view)})`;
}

/** What an operator may want to see next. */
export function viewLinks(run: string): string {
  const next = [viewOfRun(run), views.runs, views.people, views.agents, views.landing, views.queues, views.failed];
  return `lists: ${next.map(viewLink).join(' · ')}`;
}

/** `2026-11-29 11:33 UTC`, from ISO 8601 or milliseconds since the epoch. */
export function timeText(at: string | number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
