import { describe, expect, it } from 'vitest';
import { imported } from './imported.ts';

type Fields = Readonly<Record<string, unknown>>;

const address = (number: number, repository = 'team/app') => `https://github.com/${repository}/issues/${number}`;
const link = (number: number, fields: Fields = {}) => ({ number, state: 'OPEN', url: address(number), ...fields });
const links = (...nodes: readonly object[]) => ({ totalCount: nodes.length, nodes });
const issue = (number: number, blockedBy: readonly number[] = [], fields: Fields = {}) => ({
  number,
  title: `Part ${number}`,
  body: `What to do ${number}`,
  state: 'OPEN',
  url: address(number),
  labels: { nodes: [] },
  parent: null,
  subIssues: links(),
  blockedBy: links(...blockedBy.map((blocker) => link(blocker))),
  ...fields,
});
const page = (nodes: readonly object[], hasNextPage = false) => ({
  data: { repository: { issues: { pageInfo: { hasNextPage, endCursor: 'x' }, nodes } } },
});
const read = (...nodes: readonly object[]) => imported('github', JSON.stringify(page(nodes)));

describe('issues of GitHub by GraphQL', () => {
  it('maps blocked-by and sub-issues; closed ones are done', () => {
    const { needs } = read(
      issue(1, [], { state: 'CLOSED' }),
      issue(2, [1]),
      issue(3, [2], { subIssues: links(link(4), link(1, { state: 'CLOSED' })) }),
      issue(4, [], { parent: link(3, { title: 'Part 3' }) }),
    );
    expect(needs).toEqual({ 'issue-2': [], 'issue-3': ['issue-2', 'issue-4'], 'issue-4': [] });
  });

  it('puts title, body and labels into the prompt', () => {
    const labels = { nodes: [{ name: 'bug' }] };
    expect(read(issue(7, [], { labels, parent: link(6, { title: 'All' }) })).units['issue-7']).toEqual({
      id: 'issue-7',
      title: 'Part 7',
      prompt: 'Part 7\n\nWhat to do 7\n\n(Issue #7, labels: bug, part of #6 “All”)',
    });
    expect(read(issue(7, [], { body: null })).units['issue-7']?.prompt).toBe('Part 7\n\n(Issue #7)');
  });

  it('what waits for an open issue that is not in the file is left out, and a closed one holds nobody', () => {
    const elsewhere = links(link(2, { url: address(2, 'team/other') }));
    const { needs, notes } = read(
      issue(2),
      issue(3, [], { blockedBy: elsewhere }),
      issue(4, [99]),
      issue(5, [4]),
      issue(6, [], { blockedBy: links(link(98, { state: 'CLOSED' })) }),
    );
    expect(needs).toEqual({ 'issue-2': [], 'issue-6': [] });
    expect(notes).toEqual([
      '#3 is left out: it waits for https://github.com/team/other/issues/2, which is open and not in the file',
      '#4 is left out: it waits for #99, which is open and not in the file',
      '#5 is left out: it waits for #4, which waits for #99, which is open and not in the file',
    ]);
  });

  it('relations that are cut off are not guessed', () => {
    const { needs, notes } = read(issue(1), issue(2, [], { blockedBy: { totalCount: 60, nodes: [link(1)] } }));
    expect([needs, notes]).toEqual([
      { 'issue-1': [] },
      ['#2 is left out: it is blocked by more issues than the file names'],
    ]);
  });

  it('reads all pages, and says when some are missing', () => {
    const text = (more: boolean) => JSON.stringify([page([issue(1)], true), page([issue(2, [1]), issue(1)], more)]);
    expect(imported('github', text(false))).toMatchObject({
      needs: { 'issue-1': [], 'issue-2': ['issue-1'] },
      notes: [],
    });
    expect(imported('github', text(true)).notes).toEqual([expect.stringContaining('more issues than the file')]);
  });

  it('a cycle is an error with its members', () => {
    const { errors } = read(issue(1, [2]), issue(2, [], { subIssues: links(link(1)) }));
    expect(errors).toEqual(['they need each other in a cycle: #1 → #2 → #1']);
  });

  it.each([
    [
      JSON.stringify({ data: null, errors: [{ message: 'Could not resolve to a Repository' }] }),
      /error: Could not resolve/,
    ],
    ['{}', /it has no issues/],
    [`${JSON.stringify(page([]))}${JSON.stringify(page([]))}`, /--paginate --slurp/],
    [JSON.stringify([issue(1), { number: 'x' }]), /^\[1\]\.number must be a/],
    [
      JSON.stringify([issue(1), issue(2, [], { url: address(2, 'team/other') })]),
      /several repositories: team\/app, team\/other/,
    ],
  ])('%j is an error', (text, message) => {
    expect(imported('github', text).errors).toContainEqual(expect.stringMatching(message));
  });
});

describe('issues of GitHub by the REST API', () => {
  const api = (number: number) => `https://api.github.com/repos/team/app/issues/${number}`;
  const rest = (number: number, fields: Fields = {}) => ({
    ...{
      number,
      title: `Part ${number}`,
      body: 'Do it',
      state: 'open',
      labels: [{ name: 'bug' }],
      url: api(number),
      html_url: address(number),
    },
    sub_issues_summary: { total: 0, completed: 0 },
    issue_dependencies_summary: { blocked_by: 0, total_blocked_by: 1 },
    ...fields,
  });

  it('skips pull requests, knows parents, and says that relations are missing', () => {
    const request = rest(9, { pull_request: { url: 'x' }, html_url: 'https://github.com/team/app/pull/9' });
    const parent = rest(1, { sub_issues_summary: { total: 2, completed: 1 } });
    const { needs, notes } = imported(
      'github',
      JSON.stringify([[parent], [rest(2, { parent_issue_url: api(1) }), request]]),
    );
    expect(needs).toEqual({ 'issue-1': ['issue-2'], 'issue-2': [] });
    expect(notes).toEqual(['a pull request was skipped', expect.stringContaining('does not say what blocks what')]);
  });

  it('leaves out what waits for issues that the file does not name', () => {
    const blocked = rest(1, { issue_dependencies_summary: { blocked_by: 2 } });
    const parent = rest(2, { sub_issues_summary: { total: 3, completed: 1 } });
    const { needs, notes } = imported(
      'github',
      JSON.stringify([blocked, parent, rest(3, { parent_issue_url: api(2) })]),
    );
    expect(needs).toEqual({ 'issue-3': [] });
    expect(notes.slice(1)).toEqual([
      '#1 is left out: it is blocked by open issues that the file does not name',
      '#2 is left out: it has open sub-issues that the file does not name',
    ]);
  });
});
