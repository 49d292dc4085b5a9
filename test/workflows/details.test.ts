import { describe, expect, it } from 'vitest';
import { unitDetails } from '../../workflows/pages/unit.ts';
import { runDetails } from '../../workflows/pages/run.ts';
import { boardDetails } from '../../workflows/pages/board.ts';
import { approvalDetails } from '../../workflows/pages/approval.ts';
import { verificationDetails } from '../../workflows/pages/verification.ts';
import { beginUnit } from '../../domain/unit/state.ts';
import { beginRun } from '../../domain/run/begin.ts';
import { context, decision, graphOf, node, noon, openView, runSettings, sha, unit } from '../domain/fixtures.ts';
import { emptyBoard } from '../../domain/board/state.ts';
import { decide } from '../../domain/approval/decide.ts';
import { stepRun } from '../../domain/run/step.ts';
import { unpackGraph } from '../../domain/plan/graph.ts';

it('the page of a run lists its units with links, says what waits, and has no formula in it', () => {
  const settings = { ...runSettings, budgetUsd: 10 };
  const packed = graphOf([node('a'), node('b', ['a'])]);
  const graph = unpackGraph(packed);
  const input = { context: context(), slug: 's', goal: 'Durations everywhere', model: 'm', graph: packed, settings };
  const begun = beginRun(graph, settings, Date.parse(noon));
  const state = stepRun(graph, begun, { type: 'started', unit: unit('a') }, Date.parse(noon));
  const text = runDetails({ input, graph, state }, 'running');
  expect(text).toContain('**● running**: 0 of 2 units landed on `main`\n\nspent 0.00 of 10 USD\n');
  const page = `/namespaces/{namespace}/workflows/run%3A${input.context.run}%3Aunit%3Aa`;
  expect(text).toContain(`\n- ○ [**a**](${page}) ready since 2026-01-01 12:00 UTC: Title of a\n- · 1 waiting\n`);
  expect(text).toContain('(/namespaces/{namespace}/workflows?query=CoppiceRun%20%3D%20%27');
  expect(text).not.toContain('$');
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
