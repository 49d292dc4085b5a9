import { describe, expect, it } from 'vitest';
import { unitDetails } from '../../workflows/pages/unit.ts';
import { runDetails } from '../../workflows/pages/run.ts';
import { boardDetails } from '../../workflows/pages/board.ts';
import { approvalDetails } from '../../workflows/pages/approval.ts';
import { verificationDetails } from '../../workflows/pages/verification.ts';
import type { ApprovalView } from '../../contracts/approval.ts';
import { beginUnit } from '../../domain/unit/state.ts';
import { beginRun } from '../../domain/run/begin.ts';
import { context, decision, graphOf, node, noon, openView, runSettings, sha, unit } from '../domain/fixtures.ts';
import { emptyBoard } from '../../domain/board/state.ts';
import { decide } from '../../domain/approval/decide.ts';
import { plannerId } from '../../contracts/ids.ts';
import { stepRun } from '../../domain/run/step.ts';
import { unpackGraph } from '../../domain/plan/graph.ts';

it('the page of a run lists its units with links, says what waits, and has no formula in it', () => {
  const settings = { ...runSettings, budgetUsd: 10, maxSeconds: 5400 };
  const packed = graphOf([node('a'), node('b', ['a'])]);
  const graph = unpackGraph(packed);
  const input = { context: context(), slug: 's', goal: 'Durations everywhere', model: 'm', graph: packed, settings };
  const begun = beginRun(graph, settings, Date.parse(noon));
  const state = stepRun(graph, begun, { type: 'started', unit: unit('a') }, Date.parse(noon));
  const text = runDetails({ input, graph, state }, 'running');
  expect(text).toContain(
    '**● running**: 0 of 2 units landed on `main`\n\nDurations everywhere\n\nspent 0.00 of 10 USD\n',
  );
  // The server forgets the static details of a run that continues as new.
  expect(text).toContain('- target: `main` of `');
  expect(text).toContain(' at once, with m; at most 10 USD, 1 h 30 min\n- started by ');
  const page = `/namespaces/{namespace}/workflows/run%3A${input.context.run}%3Aunit%3Aa`;
  expect(text).toContain(`\n- ○ [**a**](${page}) ready since 2026-01-01 12:00 UTC: Title of a\n- · 1 waiting\n`);
  expect(text).toContain('(/namespaces/{namespace}/workflows?query=CoppiceRun%20%3D%20%27');
  expect(text).not.toContain('$');
});

it('the page of a run that plans counts no units', () => {
  const settings = { ...runSettings, planning: { only: false } };
  const packed = graphOf([node('plan')]);
  const graph = unpackGraph(packed);
  const input = { context: context(), slug: 's', goal: '', model: 'm', graph: packed, settings };
  const text = runDetails({ input, graph, state: beginRun(graph, settings, Date.parse(noon)) }, 'planning');
  expect(text).toMatch(/ planning\*\*: a plan for `main`\n\nspent /);
  expect(text).toContain('\n- a plan to be made, ');
});

it('the page of a board links to its run', () => {
  const { run } = context();
  const page = `/namespaces/{namespace}/workflows/run%3A${run}`;
  expect(boardDetails(run, emptyBoard)).toContain(`- what the agents of [run ${run}](${page}) tell each other\n`);
});

it('the page of an approval that nobody may decide says so, and names no command', () => {
  const policy = { rule: 'src: ask the owners', by: ['@ghost'], allowed: { slack: [] } };
  const escalate = { afterSeconds: 3600, to: ['owners'], people: { slack: ['U1'] } };
  const text = approvalDetails(openView({ policy: { ...policy, timing: { escalate } } }));
  expect(text).toContain('rule: src: ask the owners; may decide: nobody\n');
  expect(text).toContain('\n- Nobody may decide yet; owners may from 2026-01-01 13:00 UTC on.');
  expect(text).not.toContain('coppice approve');
});

describe('the page of an approval of a plan', () => {
  const { kind: _kind, subject, ...others } = openView();
  const { repository, branch, title, requestedBy } = subject;
  const view: ApprovalView = {
    ...others,
    kind: 'plan',
    unit: plannerId,
    id: 'run:r1:unit:plan:approval:1',
    summary: 'Begin "Durations everywhere": 22 units, at most $5.00?',
    subject: {
      ...{ repository, branch, title, requestedBy },
      plan: sha(7),
      units: [{ id: 'parse', title: 'Parse *durations*' }],
      unitCount: 22,
      parallel: 4,
      model: 'm',
      budgetUsd: 5,
      made: { why: 'The parser comes first.\n\n# The rest follows.', costUsd: 0.1 },
      warnings: ['parse and use may both change src/a.ts'],
      estimate: { chain: 2 },
    },
  };

  it('says what is in it and why, what is doubtful, and how to answer and change it', () => {
    const text = approvalDetails(view);
    expect(text).toContain('- `coppice approve run:r1:unit:plan:approval:1` or `coppice deny');
    expect(text).toContain('- to send it back: `coppice answer run:r1:unit:plan:approval:1 "what should change"`\n');
    expect(text).toContain('- to change it: `coppice plan edit r1`\n');
    expect(text).toContain('\n22 units, 4 at once, with m; at most 5.00 USD. The longest chain has 2 units.\n');
    expect(text).toContain('\n- The parser comes first.\n- \\# The rest follows.\n');
    expect(text).toContain('\n- **parse**: Parse \\*durations\\*\n- … and 21 more\n');
    expect(text).toContain('To be known:\n\n- parse and use may both change src/a.ts');
    expect(text).not.toContain('$');
  });

  it('no longer says that it waits, or how to answer, once it is decided', () => {
    const { view: decided } = decide(view, decision(), noon);
    expect(decided.status).toBe('approved');
    const text = approvalDetails(decided);
    expect(text).toContain('**approved by Ulla');
    expect(text).not.toMatch(/waits|expires|coppice (?:approve|deny|answer|plan edit)/i);
    expect(text).toContain('- **parse**: ');
  });

  it('that people wrote cannot be sent back to a session', () => {
    const { made: _made, ...written } = view.subject;
    expect(approvalDetails({ ...view, subject: written })).not.toContain('coppice answer');
  });
});

/** Ends a line, opens a list, a heading and a link, shows an address, and hides words. */
const hostile = '`\n\n# Approved by dana\n- [ok](https://evil.example) <b>x</b> $x$ www.evil.example @all \u202etxt';

describe('what an agent or a plan says', () => {
  const expectInert = (page: string): void => {
    // Code is shown as it is.
    expect(page.replaceAll(/(?<!\\)`[^`]*`/g, '')).not.toMatch(
      /^# |^- \[|(?<!\\)<b>|(?<!\\)\[ok|:\/\/|www\.|\$|\u202e/m,
    );
  };

  it('stays a line of the page of an approval, open and decided', () => {
    const { subject, policy } = openView();
    const view = openView({
      summary: `Land "${hostile}" on main`,
      subject: { ...subject, title: hostile, branch: hostile, repository: hostile },
      policy: { ...policy, rule: hostile, by: [], allowed: null },
    });
    expectInert(approvalDetails(view));
    expect(approvalDetails(view)).toContain('\n\nLand "\\` \\# Approved by dana - \\[ok\\]');
    const by = { channel: 'cli', id: hostile, name: hostile } as const;
    const decided = decide(view, decision({ by, decision: 'deny', reason: hostile }), noon).view;
    expect(decided.status).toBe('denied');
    expectInert(approvalDetails(decided));
  });

  it('stays a line of the page of a unit and of its run', () => {
    const failed = { ...beginUnit(0), state: { status: 'failed' as const, reason: `error: ${hostile}` } };
    const shown = { context: { ...context(), branch: hostile }, unit: unit('a'), title: hostile };
    expectInert(unitDetails(shown, failed));
    expect(unitDetails(shown, failed)).toContain('**✗ failed**: \\` \\# Approved');
    const packed = graphOf([node('a')]);
    const input = { context: { ...context(), branch: hostile }, slug: 's', goal: hostile, model: 'm', graph: packed };
    const graph = unpackGraph(packed);
    const state = beginRun(graph, runSettings, Date.parse(noon));
    expectInert(runDetails({ input: { ...input, settings: runSettings }, graph, state }, 'running'));
  });

  it('stays a line of the page of a verification', () => {
    const source = { repository: hostile, stateRemote: '/srv/s.git', ref: 'refs/coppice/queues/x', commit: sha(1) };
    const shown = { key: 'a1', source, queues: ['queue:x-12345678'] };
    expectInert(verificationDetails(shown));
    expect(verificationDetails({ ...shown, source: undefined, queues: [] })).toContain('no queue waits for it');
  });
});
