// Issues of beads (`bd export`), as `bd ready` reads them: `blocks` holds until the other is closed; a parent's blockers
// hold its children too, though an open parent does not; `waits-for` waits for the other's children, and
// `conditional-blocks` for its failure, which no plan can say.

import type { Dependency, Issue } from './beads-records.ts';
import type { ImportNote, Item, ItemState, ItemsRead } from './item.ts';
import { isRecord, readJson } from './shape.ts';
import { listed, promptFrom } from './wording.ts';
import { noteOf } from './item.ts';
import { readIssues } from './beads-records.ts';

export interface BeadsOptions {
  /** Issues that are deferred until a later time are left out. */
  readonly now: Date;
}

interface Graph {
  readonly byId: ReadonlyMap<string, Issue>;
  readonly children: ReadonlyMap<string, readonly Issue[]>;
  readonly now: Date;
}

export function readBeads(text: string, { now }: BeadsOptions): ItemsRead {
  const { issues, errors } = readIssues(text);
  if (errors.length > 0) return { errors };
  const graph = { byId: new Map(issues.map((issue) => [issue.id, issue])), children: childrenOf(issues), now };
  const items = issues.flatMap((issue) => itemsOf(issue, graph));
  return { items, notes: [...unknownTargets(issues, graph), ...summaries(issues, graph)] };
}

function childrenOf(issues: readonly Issue[]): ReadonlyMap<string, readonly Issue[]> {
  const pairs = issues.flatMap((child) => parentIds(child).map((parent) => ({ parent, child })));
  const grouped = Map.groupBy(pairs, ({ parent }) => parent);
  return new Map([...grouped].map(([parent, all]) => [parent, all.map(({ child }) => child)]));
}

function parentIds({ id, dependencies }: Issue): string[] {
  return (dependencies ?? [])
    .filter(({ type, depends_on_id: to }) => type === 'parent-child' && to !== id)
    .map(({ depends_on_id: to }) => to);
}

function itemsOf(issue: Issue, graph: Graph): Item[] {
  const { id, line } = issue;
  const own = { name: id, line };
  const blockers = (issue.dependencies ?? []).map((dependency) => blockerOf(dependency, graph));
  const never = blockers.find((blocker) => typeof blocker === 'object' && 'out' in blocker);
  const starts: Item = {
    ...own,
    key: startOf(id),
    state: never ?? 'open',
    work: null,
    needs: [
      ...blockers.flatMap((blocker) => ('needs' in blocker ? blocker.needs : [])),
      ...openParents(issue, graph).map(startOf),
    ],
  };
  const members = isGroup(issue, graph) ? (graph.children.get(id) ?? []).map((child) => child.id) : [];
  const item: Item = {
    ...own,
    key: id,
    state: stateOf(issue, graph),
    work: isGroup(issue, graph) ? null : { id, title: issue.title ?? '', prompt: promptOf(issue, graph) },
    needs: [startOf(id), ...members],
  };
  return [starts, item];
}

/** Key of the group whose needs hold an issue and its children. */
function startOf(id: string): string {
  return `start of ${id}`;
}

/** Only an open parent can be blocked. */
function openParents(issue: Issue, { byId }: Graph): string[] {
  return parentIds(issue).filter((parent) => byId.has(parent) && !isClosed(byId.get(parent)));
}

type Blocker = { readonly needs: readonly string[] } | { readonly out: string };
const free: Blocker = { needs: [] };

/** What is not in the file, and what is closed, holds nothing. */
function blockerOf({ depends_on_id: id, type, metadata }: Dependency, graph: Graph): Blocker {
  const other = graph.byId.get(id);
  if (other === undefined) return free;
  if (type === 'blocks') return { needs: [id] };
  if (type === 'conditional-blocks') return conditional(other);
  return type === 'waits-for' ? gate(other, metadata, graph) : free;
}

/** The words of beads for a close reason that is a failure. */
const failures = /failed|rejected|wontfix|won't fix|cancell?ed|abandoned|blocked|error|timeout|aborted/i;

function conditional(other: Issue): Blocker {
  if (!isClosed(other)) return { out: `runs only if ${other.id} fails (conditional-blocks)` };
  if (failures.test(other.close_reason ?? '')) return free;
  return { out: `runs only if ${other.id} fails (conditional-blocks), and that is closed without a failure` };
}

function gate(other: Issue, metadata: unknown, { children }: Graph): Blocker {
  const all = children.get(other.id) ?? [];
  const open = all.filter((child) => !isClosed(child));
  if (gateOf(metadata) === 'any-children' && open.length > 1 && open.length === all.length)
    return { out: `waits for any one of the ${open.length} children of ${other.id} (waits-for)` };
  if (gateOf(metadata) === 'any-children' && open.length < all.length) return free;
  return { needs: open.map(({ id }) => id) };
}

/** Metadata is JSON in a text. */
function gateOf(metadata: unknown): unknown {
  const value = typeof metadata === 'string' ? readJson(metadata).value : metadata;
  return isRecord(value) ? value['gate'] : undefined;
}

/** A tombstone is what older versions left of a deleted issue; a pinned one stays open and holds nothing. */
function isClosed(issue: Issue | undefined): boolean {
  return ['closed', 'tombstone', 'pinned'].includes(issue?.status ?? 'open');
}

/** It is closed once its children are, and is no work by itself. */
function isGroup({ id, issue_type: type }: Issue, { children }: Graph): boolean {
  return type === 'milestone' || (['epic', 'molecule'].includes(type ?? '') && (children.get(id) ?? []).length > 0);
}

/** What `bd ready` never lists, and events, which record what was done. */
const noWork = ['agent', 'event', 'gate', 'merge-request', 'message', 'molecule', 'rig', 'role'];

function stateOf(issue: Issue, graph: Graph): ItemState {
  const { status } = issue;
  if (isClosed(issue)) return 'done';
  if (isGroup(issue, graph)) return status === 'deferred' ? { out: 'is deferred' } : 'open';
  const nothing = nothingToDo(issue);
  if (nothing !== null) return { noWork: nothing };
  const later = deferredUntil(issue, graph);
  if (later !== null) return { out: `is deferred until ${later}` };
  if (['open', 'in_progress'].includes(status ?? 'open')) return 'open';
  return { out: `has the status “${status ?? ''}”` };
}

const pinnedState = 'is pinned';

function nothingToDo({ issue_type: type, ephemeral, is_template: template, pinned }: Issue): string | null {
  if (noWork.includes(type ?? '')) return `is of the type “${type ?? ''}”`;
  if (template === true) return 'is a template';
  if (ephemeral === true) return 'is ephemeral';
  return pinned === true ? pinnedState : null;
}

/** Its own time, or that of a parent. */
function deferredUntil(issue: Issue, graph: Graph): string | null {
  const parents = parentIds(issue).flatMap((parent) => graph.byId.get(parent) ?? []);
  const times = [issue, ...parents].flatMap(({ defer_until: until }) => until ?? []);
  return times.find((until) => Date.parse(until) > graph.now.getTime()) ?? null;
}

function promptOf(issue: Issue, graph: Graph): string {
  const groups = parentIds(issue).flatMap((id) => graph.byId.get(id) ?? []);
  const comments = (issue.comments ?? []).map(({ author, text }) => `${author ?? 'somebody'}: ${text ?? ''}`);
  return promptFrom([
    ['', issue.title],
    ['', issue.description],
    ['Design', issue.design],
    ['Acceptance criteria', issue.acceptance_criteria],
    ['Notes', issue.notes],
    ['Comments', comments.join('\n\n')],
    ...groups.map((group) => [`What this is a part of: ${group.id} ${group.title ?? ''}`, group.description] as const),
  ]);
}

const blocking = ['blocks', 'conditional-blocks', 'waits-for'];

/** Dependencies on what is not in the file: of another project, or not exported. */
function unknownTargets(issues: readonly Issue[], graph: Graph): ImportNote[] {
  return issues.flatMap((issue) => {
    const missing = (issue.dependencies ?? []).filter(
      ({ type, depends_on_id: id }) => blocking.includes(type) && !graph.byId.has(id),
    );
    if (isClosed(issue) || missing.length === 0) return [];
    const names = listed(missing.map(({ depends_on_id: id }) => id));
    const [are, them] = missing.length === 1 ? ['is', 'it'] : ['are', 'them'];
    const message = `${issue.id} depends on ${names}, which ${are} not in the file: it does not wait for ${them}, as in \`bd ready\``;
    return [noteOf(message, issue.line)];
  });
}

function summaries(issues: readonly Issue[], graph: Graph): ImportNote[] {
  const open = issues.filter((issue) => !isClosed(issue));
  const note = (which: readonly Issue[], words: string): ImportNote[] =>
    which.length === 0 ? [] : [noteOf(`${words}: ${listed(which.map(({ id }) => id))}`)];
  const work = open.filter((issue) => !isGroup(issue, graph));
  const others = work.filter((issue) => nothingToDo(issue) !== null);
  const isPinned = (issue: Issue): boolean => nothingToDo(issue) === pinnedState;
  const parents = work.filter(
    (issue) => !others.includes(issue) && (graph.children.get(issue.id) ?? []).some((child) => !isClosed(child)),
  );
  const finished = open.filter(
    (issue) => isGroup(issue, graph) && (graph.children.get(issue.id) ?? []).every(isClosed),
  );
  return [
    ...note(finished, 'nothing is left of them, so they count as closed'),
    ...note(
      issues.filter(({ status }) => status === 'pinned'),
      'left out, because their status is “pinned”; other issues do not wait for them',
    ),
    ...note(others.filter(isPinned), 'left out, because they are pinned'),
    ...note(
      others.filter((issue) => !isPinned(issue)),
      'left out, because they are no work (events, messages, gates, templates, …)',
    ),
    ...note(
      work.filter(({ status }) => status === 'in_progress'),
      'the plan begins anew what is in progress',
    ),
    ...note(
      parents,
      'they have children and are no epics, so they are work of their own beside them, as in `bd ready`',
    ),
  ];
}
