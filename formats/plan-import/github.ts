// Issues of GitHub: an open issue needs those that block it, and its sub-issues, so a parent is finished last. Closed
// ones are done, for whatever reason.

import type { ImportNote, Item, ItemState, ItemsRead } from './item.ts';
import type { Issue, Related } from './github-pages.ts';
import { listed, promptFrom } from './wording.ts';
import { noteOf } from './item.ts';
import { readJson } from './shape.ts';
import { readPages } from './github-pages.ts';

export function readGithub(text: string): ItemsRead {
  const json = readJson(text);
  if (json.errors !== undefined) {
    const [at] = json.errors;
    const message = `${at?.message ?? 'it is not JSON'}; several pages need \`--paginate --slurp\``;
    return { errors: [noteOf(message, at?.line ?? null)] };
  }
  const pages = readPages(json.value);
  if ('errors' in pages) return pages;
  const all = pages.issues.filter((issue) => !isPullRequest(issue));
  const repositories = new Set(all.flatMap((issue) => repositoryOf(linkOf(issue)) ?? []));
  if (repositories.size > 1)
    return { errors: [noteOf(`its issues are of several repositories: ${listed([...repositories])}`)] };
  const issues = [...new Map(all.map((issue) => [issue.number, issue])).values()];
  const known = new Map(issues.map((issue) => [issue.number, issue]));
  const parents = parentsOf(issues);
  const items = issues.map((issue) => itemOf(issue, known, parents));
  const skipped = pages.issues.length - all.length;
  return { items, notes: [...notesOn(issues, skipped), ...(pages.incomplete ? [noteOf(unfinished)] : [])] };
}

const unfinished = 'GitHub has more issues than the file: `gh api graphql --paginate --slurp` gets all pages';

function isPullRequest({ __typename: type, pull_request: request, url }: Issue): boolean {
  return type === 'PullRequest' || (request !== undefined && request !== null) || /\/pull\/\d+$/.test(url ?? '');
}

function linkOf({ html_url: page, url }: Issue): string | null | undefined {
  return page ?? url;
}

/** `owner/name` of an issue's address. */
function repositoryOf(address: string | null | undefined): string | null {
  return (
    /^https?:\/\/[^/]+\/(?:api\/v3\/)?(?:repos\/)?([^/]+\/[^/]+)\/(?:issues|pull)\/\d+$/.exec(address ?? '')?.[1] ??
    null
  );
}

/** Sub-issues whose own record names their parent: all that the REST API says. */
function parentsOf(issues: readonly Issue[]): ReadonlyMap<number, readonly number[]> {
  const pairs = issues.flatMap((issue) => {
    const parent = parentOf(issue);
    return parent === null ? [] : [{ parent, child: issue.number }];
  });
  const grouped = Map.groupBy(pairs, ({ parent }) => parent);
  return new Map([...grouped].map(([parent, all]) => [parent, all.map(({ child }) => child)]));
}

function parentOf(issue: Issue): number | null {
  const address = issue.parent?.url ?? issue.parent_issue_url;
  if (address !== undefined && address !== null && isElsewhere(address, issue)) return null;
  const number = issue.parent?.number ?? Number(/\/(\d+)$/.exec(address ?? '')?.[1] ?? Number.NaN);
  return Number.isInteger(number) ? number : null;
}

function isElsewhere(address: string | null | undefined, from: Issue): boolean {
  const [there, here] = [repositoryOf(address), repositoryOf(linkOf(from))];
  return there !== null && here !== null && there.toLowerCase() !== here.toLowerCase();
}

function itemOf(
  issue: Issue,
  known: ReadonlyMap<number, Issue>,
  parents: ReadonlyMap<number, readonly number[]>,
): Item {
  const { number } = issue;
  const relations = [...(issue.blockedBy?.nodes ?? []), ...(issue.subIssues?.nodes ?? [])];
  const children = new Set([
    ...(issue.subIssues?.nodes ?? []).map((node) => node.number),
    ...(parents.get(number) ?? []),
  ]);
  const outside = relations.find(
    (node) => isOpen(node.state) && (isElsewhere(node.url, issue) || !known.has(node.number)),
  );
  const here = relations.filter((node) => !isElsewhere(node.url, issue)).map((node) => node.number);
  return {
    key: String(number),
    name: `#${number}`,
    line: null,
    state: stateOf(issue, outside, children.size),
    work: { id: `issue-${number}`, title: issue.title, prompt: promptOf(issue, known) },
    needs: [...new Set([...here, ...(parents.get(number) ?? [])])].map(String),
  };
}

/** A state that is not said counts as open. */
function isOpen(state: string | null | undefined): boolean {
  return (state ?? '').toLowerCase() !== 'closed';
}

function stateOf(issue: Issue, outside: Related | undefined, children: number): ItemState {
  if (!isOpen(issue.state)) return 'done';
  if (outside !== undefined) {
    const name = isElsewhere(outside.url, issue) ? (outside.url ?? '') : `#${outside.number}`;
    return { out: `waits for ${name}, which is open and not in the file` };
  }
  return unnamed(issue, children);
}

/** Relations that GitHub counts and the file does not name. */
function unnamed(
  { blockedBy, subIssues, issue_dependencies_summary: blocks, sub_issues_summary: subs }: Issue,
  children: number,
): ItemState {
  const missing = (relation: Issue['subIssues']): boolean =>
    (relation?.totalCount ?? 0) > (relation?.nodes.length ?? 0);
  if (missing(blockedBy)) return { out: 'is blocked by more issues than the file names' };
  if (missing(subIssues)) return { out: 'has more sub-issues than the file names' };
  if (!blockedBy && (blocks?.blocked_by ?? 0) > 0)
    return { out: 'is blocked by open issues that the file does not name' };
  const open = (subs?.total ?? 0) - (subs?.completed ?? 0);
  return !subIssues && open > children ? { out: 'has open sub-issues that the file does not name' } : 'open';
}

function promptOf(issue: Issue, known: ReadonlyMap<number, Issue>): string {
  const { title, body, labels, number } = issue;
  const parent = known.get(parentOf(issue) ?? Number.NaN) ?? issue.parent;
  return promptFrom([
    ['', title],
    ['', body],
    [
      '',
      `(Issue #${number}${labels?.length ? `, labels: ${labels.join(', ')}` : ''}${parent ? `, part of #${parent.number} “${parent.title ?? ''}”` : ''})`,
    ],
  ]);
}

function notesOn(issues: readonly Issue[], pullRequests: number): ImportNote[] {
  const without = issues.some(({ subIssues, blockedBy }) => !subIssues && !blockedBy);
  return [
    ...(pullRequests === 0
      ? []
      : [noteOf(`${pullRequests === 1 ? 'a pull request was' : `${pullRequests} pull requests were`} skipped`)]),
    ...(without
      ? [
          noteOf(
            'the file does not say what blocks what, so no issue waits for another unless it is its parent: the GraphQL query in docs/importing-plans.md says it',
          ),
        ]
      : []),
  ];
}
