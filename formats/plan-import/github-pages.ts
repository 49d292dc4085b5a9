// Reads issues out of what `gh api` prints: pages of the GraphQL query in docs/importing-plans.md, or lists of the REST
// API. Both shapes become one.

import { z } from 'zod';
import type { ImportNote } from './item.ts';
import type { Path } from '../yaml/wording.ts';
import { isRecord, readShape, someText } from './shape.ts';
import { noteOf } from './item.ts';

const count = z.number().nullish();
const related = z.looseObject({ number: z.int(), title: someText, state: someText, url: someText });
/** Of GraphQL, or a plain list. */
const relation = z
  .union([
    z.array(related).transform((nodes) => ({ nodes, totalCount: nodes.length })),
    z.looseObject({ nodes: z.array(related), totalCount: count }),
  ])
  .nullish();

const named = z.looseObject({ name: z.string() });
const labels = z
  .union([
    z
      .array(z.union([z.string(), named]))
      .transform((all) => all.map((one) => (typeof one === 'string' ? one : one.name))),
    z.looseObject({ nodes: z.array(named) }).transform(({ nodes }) => nodes.map(({ name }) => name)),
  ])
  .nullish();

const issueSchema = z.looseObject({
  number: z.int(),
  title: z.string(),
  body: someText,
  state: z.string(),
  url: someText,
  html_url: someText,
  __typename: someText,
  pull_request: z.unknown().optional(),
  labels,
  subIssues: relation,
  blockedBy: relation,
  parent: related.nullish(),
  parent_issue_url: someText,
  sub_issues_summary: z.looseObject({ total: count, completed: count }).nullish(),
  issue_dependencies_summary: z.looseObject({ blocked_by: count }).nullish(),
});

export type Related = z.output<typeof related>;
export type Issue = z.output<typeof issueSchema>;

export interface IssuePages {
  readonly issues: readonly Issue[];
  /** The query asked for further pages that are not in the file. */
  readonly incomplete: boolean;
}

/** The lists of issues in a file, and where they stand; null = it is something else. */
export function issueLists(
  value: unknown,
): { readonly lists: readonly (readonly [Path, unknown])[]; readonly incomplete: boolean } | null {
  const pages = Array.isArray(value) ? (value as unknown[]) : [value];
  const connections = pages.map(connectionOf);
  if (pages.length > 0 && connections.every((found) => found !== null)) {
    const lists = connections.map((found, n) => [[n, ...found.path], found.nodes] as const);
    return { lists, incomplete: connections.at(-1)?.more === true };
  }
  if (!Array.isArray(value)) return null;
  if (pages.length > 0 && pages.every((page) => Array.isArray(page)))
    return { lists: pages.map((page, n) => [[n], page] as const), incomplete: false };
  return { lists: [[[], value]], incomplete: false };
}

function connectionOf(page: unknown): { path: Path; nodes: unknown; more: boolean } | null {
  const data = isRecord(page) ? page['data'] : undefined;
  const repository = isRecord(data) ? data['repository'] : undefined;
  const issues = isRecord(repository) ? repository['issues'] : undefined;
  if (!isRecord(issues)) return null;
  const { pageInfo } = issues;
  const more = isRecord(pageInfo) && pageInfo['hasNextPage'] === true;
  return { path: ['data', 'repository', 'issues', 'nodes'], nodes: issues['nodes'], more };
}

export function readPages(value: unknown): IssuePages | { readonly errors: readonly ImportNote[] } {
  const found = issueLists(value);
  if (found === null)
    return { errors: [noteOf(refusal(value) ?? 'it has no issues: neither `data.repository.issues` nor a list')] };
  const lists = found.lists.map(([root, list]) => readShape(z.array(issueSchema), list, { root }));
  const errors = lists.flatMap((list) => list.errors ?? []);
  if (errors.length > 0) return { errors };
  return { issues: lists.flatMap((list) => list.value ?? []), incomplete: found.incomplete };
}

/** What GitHub said in place of issues. */
function refusal(value: unknown): string | null {
  const errors = isRecord(value) ? value['errors'] : undefined;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const message = isRecord(first) ? first['message'] : undefined;
  return typeof message === 'string' ? `GitHub’s answer is an error: ${message}` : null;
}
