import { describe, expect, it } from 'vitest';
import type { Plan, PlanUnit } from '../../contracts/documents/plan.ts';
import { harmless, hostile } from './documents.ts';
import { planDot, planGraph, planMermaid, planText } from '../../client/cli/present/plan-graph.ts';
import { unit as unitId } from '../domain/fixtures.ts';

function unit(id: string, needs: readonly string[] = [], title = `Title of ${id}`): PlanUnit {
  return {
    id: unitId(id),
    title,
    prompt: 'A long story',
    needs: needs.map(unitId),
    scope: null,
    verify: null,
    labels: [],
    budgetUsd: null,
    maxTurns: null,
  };
}

const diamond: Plan = {
  version: 1,
  goal: 'Durations\neverywhere',
  units: [
    unit('cli', ['format', 'parse']),
    unit('parse'),
    unit('docs'),
    unit('format', ['parse']),
    unit('end', ['cli']),
  ],
};
/** One title for each way out of a label. */
const titles = [
  'a"]; b --> c',
  'x\\" y\\',
  '<script>alert(1)</script> & &lt;',
  '"] click u0 "javascript:x"',
  '`md` #35; ;',
  hostile,
];
const nasty: Plan = {
  version: 1,
  goal: '',
  units: titles.map((title, i) => unit(`u${i}`, i === 0 ? [] : ['u0'], title)),
};

describe('a plan as text', () => {
  it('has a block for each level, with needs, and marks the critical path', () => {
    expect(planText(diamond, {})).toMatchInlineSnapshot(`
      "Durations everywhere
      5 units; the critical path (*) has 4

      1  *  parse   Title of parse
            docs    Title of docs
      2  *  format  Title of format  needs parse
      3  *  cli     Title of cli     needs format, parse
      4  *  end     Title of end     needs cli"
    `);
  });

  it('names a few of the needs of a unit and counts the others', () => {
    const made = Array.from({ length: 1000 }, (_, at) => unit(`made-${at + 1}`));
    const last = unit(
      'last',
      made.map(({ id }) => id),
    );
    const plan: Plan = { version: 1, goal: '', units: [...made, last] };
    const line = planText(plan, {}).split('\n').at(-1);
    expect(line).toMatch(/needs made-1, made-2, made-3, made-4, made-5 and 995 more$/);
    expect(planGraph(plan).units.at(-1)?.needs).toHaveLength(1000);
  });

  it('shows nothing that a terminal would obey', () => {
    const text = planText(nasty, {});
    expect(text).toContain(harmless);
    expect(text.split('\n')).toHaveLength(2 + titles.length);
  });
});

describe('a plan as Mermaid', () => {
  it('has numbered nodes and an arrow from each need', () => {
    expect(planMermaid(diamond)).toMatchInlineSnapshot(`
      "graph LR
        u0["cli#58; Title of cli"]
        u1["parse#58; Title of parse"]
        u2["docs#58; Title of docs"]
        u3["format#58; Title of format"]
        u4["end#58; Title of end"]
        u3 --> u0
        u1 --> u0
        u1 --> u3
        u0 --> u4
        classDef critical stroke-width:3px
        class u1,u3,u0,u4 critical"
    `);
  });

  it('keeps every sign of a title that could end its label', () => {
    const lines = planMermaid(nasty)
      .split('\n')
      .slice(1, 1 + titles.length);
    for (const line of lines) expect(line).toMatch(/^ {2}u\d\["[\p{L}\p{M}\p{N} ,._#;-]*"\]$/u);
    expect(lines.map(read)).toEqual([...titles.slice(0, -1), harmless].map((title, i) => `u${i}: ${title}`));
  });

  /** What Mermaid shows for a node’s line. */
  function read(line: string): string {
    return line.slice(6, -2).replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
  }
});

describe('a plan as Graphviz', () => {
  it('has a box for each unit, and the critical path in bold', () => {
    expect(planDot(diamond)).toMatchInlineSnapshot(`
      "digraph plan {
        rankdir=LR;
        node [shape=box];
        "cli" [label="cli\\nTitle of cli", style=bold];
        "parse" [label="parse\\nTitle of parse", style=bold];
        "docs" [label="docs\\nTitle of docs"];
        "format" [label="format\\nTitle of format", style=bold];
        "end" [label="end\\nTitle of end", style=bold];
        "format" -> "cli" [style=bold];
        "parse" -> "cli";
        "parse" -> "format" [style=bold];
        "cli" -> "end" [style=bold];
      }"
    `);
  });

  it('keeps every sign of a title that could end its label', () => {
    const lines = planDot(nasty)
      .split('\n')
      .slice(3, 3 + titles.length);
    for (const line of lines) expect(line).toMatch(/^ {2}"u\d" \[label="(?:[^"\\]|\\["\\n])*"(?:, style=bold)?\];$/);
    expect(lines[0]).toContain('label="u0\\na\\"]; b --> c"');
    expect(lines[1]).toContain('label="u1\\nx\\\\\\" y\\\\"');
    expect(lines[2]).toContain('&amp; &amp;lt;');
  });
});

it('a plan as JSON has the titles as they are, the edges from need to unit, and no prompts', () => {
  const { goal, units, edges, criticalPath } = planGraph(diamond);
  expect(goal).toBe(diamond.goal);
  expect(units[0]).toEqual({
    id: 'cli',
    title: 'Title of cli',
    needs: ['format', 'parse'],
    scope: null,
    verify: null,
    labels: [],
    budgetUsd: null,
    maxTurns: null,
  });
  expect(edges).toEqual([
    ['format', 'cli'],
    ['parse', 'cli'],
    ['parse', 'format'],
    ['cli', 'end'],
  ]);
  expect(criticalPath).toEqual(['parse', 'format', 'cli', 'end']);
  expect(planGraph(nasty).units.map(({ title }) => title)).toEqual(titles);
});
