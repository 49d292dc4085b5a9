import { expect, it } from 'vitest';
import { auditText } from '../../client/cli/present/audit.ts';
import type { RunAudit } from '../../client/audit/entries.ts';
import { harmless, hostile } from './documents.ts';
import { unit } from '../domain/fixtures.ts';

const of = { at: '2026-11-24T11:00:00.123Z', approval: 'run:r:unit:a:approval:2', unit: unit('a') } as const;
const ulla = { channel: 'slack', id: 'U1', name: 'Ulla' } as const;
const source = 'history';
const ofPlan = {
  ...of,
  source,
  approval: null,
  unit: null,
  kind: 'acted',
  accepted: true,
  answer: null,
  sender: null,
} as const;

const audit: RunAudit = {
  run: 'r',
  status: 'running',
  complete: true,
  missing: [],
  entries: [
    {
      ...of,
      source,
      by: ulla,
      kind: 'voted',
      decisionId: 'd',
      decision: 'approve',
      reason: null,
      usd: 5,
      sender: null,
    },
    {
      ...of,
      source,
      by: ulla,
      kind: 'voted',
      decisionId: 'e',
      decision: 'approve',
      reason: null,
      remember: 'run',
      sender: null,
    },
    { ...of, source, by: null, kind: 'decided', outcome: 'expired', summary: 'nobody decided in time' },
    {
      ...of,
      source,
      by: { channel: 'cli', id: 'dana', name: 'dana' },
      approval: null,
      unit: null,
      kind: 'acted',
      act: 'pause',
      accepted: false,
      text: null,
      answer: 'the run is paused already',
      sender: null,
    },
    { ...ofPlan, by: { channel: 'cli', id: 'dana', name: 'dana' }, act: 'edit-plan', text: '1f6c2d90 → 9ab01234' },
    {
      ...ofPlan,
      by: { channel: 'agent', id: 'a', name: 'the agent of a' },
      act: 'propose-units',
      text: '2, 1f6c2d90 → 9ab01234: the rest of the parser',
    },
  ],
};

it('the audit has a line for each entry, with its time, its place, who it was and what they did', () => {
  expect(auditText(audit, {}).split('\n')).toEqual([
    '2026-11-24T11:00:00Z a #2  Ulla U1 (slack) approved: $5.00 more',
    '2026-11-24T11:00:00Z a #2  Ulla U1 (slack) approved: allowed for the rest of the run',
    '2026-11-24T11:00:00Z a #2  expired: nobody decided in time',
    '2026-11-24T11:00:00Z run  dana (cli) pause the run; refused: the run is paused already',
    '2026-11-24T11:00:00Z run  dana (cli) changed the plan: 1f6c2d90 → 9ab01234',
    '2026-11-24T11:00:00Z run  the agent of a proposed units: 2, 1f6c2d90 → 9ab01234: the rest of the parser',
  ]);
});

it('what the audit lacks stands first', () => {
  const missing = [{ workflow: 'run:r', text: 'run:r: its history has gone' }];
  const [first, second] = auditText({ ...audit, complete: false, missing }, {}).split('\n');
  expect([first, second]).toEqual(['this is not everything about r:', '! run:r: its history has gone']);
});

it('texts of people and models cannot control a terminal or begin a line', () => {
  const entries: RunAudit['entries'] = [
    { ...of, source, by: { ...ulla, name: hostile }, kind: 'decided', outcome: 'denied', summary: hostile },
  ];
  expect(auditText({ ...audit, entries }, {})).toBe(`2026-11-24T11:00:00Z a #2  ${harmless} U1 (slack) ${harmless}`);
});
