import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../client/api.ts';
import { began, harmless, hostile, now } from './documents.ts';
import { columnsOf } from '../../client/cli/present/columns.ts';
import { listText } from '../../client/cli/present/list.ts';

const run: RunSummary = {
  run: '261124-k3x9',
  status: 'running',
  repository: 'git@example.com:team/app.git',
  branch: 'main',
  goal: 'Durations everywhere',
  startedBy: 'dana',
  startedAt: began,
  endedAt: null,
  units: { total: 6, landed: 1, failed: 2 },
  costUsd: 1.234,
};
const unsaid: RunSummary = { ...run, run: 'older', status: 'cancelled', endedAt: began, units: null, costUsd: null };

describe('the list of runs', () => {
  it('is aligned, and leaves empty what a run does not say', () => {
    expect(listText([run, unsaid], {}, now)).toMatchInlineSnapshot(`
      "261124-k3x9  ●  running    1/6 landed, 2 failed  $1.23  3m 12s ago  dana  main of git@example.com:team/app.git  Durations everywhere
      older        –  cancelled                               3m 12s ago  dana  main of git@example.com:team/app.git  Durations everywhere"
    `);
  });

  it('keeps to the width of a terminal', () => {
    const lines = listText([run, unsaid], { isTTY: true, columns: 60, getColorDepth: () => 1 }, now).split('\n');
    expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(60);
    expect(lines[0]).toMatch(/^261124-k3x9 {2}● {2}running .*Dura/);
  });

  it('shows nothing that a terminal would obey', () => {
    expect(
      listText([{ ...run, goal: hostile, branch: hostile, startedBy: hostile }], {}, now).split(harmless),
    ).toHaveLength(4);
  });

  it('says how to start one when there is none', () => {
    expect(listText([], {}, now)).toContain('coppice run');
  });
});
