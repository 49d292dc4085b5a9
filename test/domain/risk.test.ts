import { expect, it } from 'vitest';
import { explainRisk, riskOf } from '../../domain/approval/risk.ts';
import { type MergeView, openView } from './fixtures.ts';

function riskWith(change: Partial<MergeView['subject']>, policy: Partial<MergeView['policy']> = {}): string | null {
  const view = openView();
  const { paths = view.subject.paths } = change;
  const subject = { ...view.subject, pathCount: paths.length, ...change };
  const risk = riskOf({ ...view, subject, policy: { ...view.policy, ...policy } });
  return risk === null ? null : explainRisk(risk);
}

const lines = (additions: number) => ({ size: { files: 1, additions, deletions: 0 } });

it.each([
  ['low: nothing that stands out', {}],
  ['high: touches CI files, 800 lines', { paths: ['src/a.ts', '.github/workflows/ci.yml'], ...lines(800) }],
  ['medium: touches lock files', { paths: ['web/package-lock.json'] }],
  ['high: touches who may decide, or what is verified', { paths: ['coppice.yaml'] }],
  ['medium: touches access or secrets', { paths: ['src/auth/login.ts'] }],
  ['low: nothing that stands out', { paths: ['src/authors.ts'] }],
  ['medium: 200 lines', lines(200)],
  ['low: nothing that stands out', lines(199)],
  ['medium: was red on the target once', { returned: { conflicts: 0, red: 1 } }],
  ['high: was red on the target 2 times, had 1 conflict', { returned: { conflicts: 1, red: 2 } }],
  [
    'high: touches lock files, 20 files, 1 large or binary file',
    {
      paths: ['go.sum'],
      pathCount: 20,
      largeFiles: [{ path: 'a.bin', bytes: 5_000_000, binary: true }],
    },
  ],
] as const)('the risk is %s', (said, change) => {
  expect(riskWith(change)).toBe(said);
});

it('a protected path is a reason, whatever it is called', () => {
  const guarded = { rule: 'x is protected', by: [], allowed: null, guarded: true, paths: ['x'], pathCount: 1 } as const;
  expect(riskWith({ paths: ['x'] }, { required: [guarded] })).toBe('high: touches protected paths');
});

const asked = { rule: 'r', by: [], allowed: null, paths: ['x'], pathCount: 1 } as const;

it.each([
  ['medium: touches lock files', { required: [{ ...asked, lockFiles: true }] }],
  ['high: changes what setup runs, touches lock files', { required: [{ ...asked, setup: true }] }],
  ['high: critical by a rule, touches lock files', { tier: 'critical' }],
] as const)('what the rules ask about is a reason of its own: %s', (said, policy) => {
  expect(riskWith({ paths: ['package-lock.json'] }, policy)).toBe(said);
});

it('questions and money have no risk of this kind', () => {
  const { subject, ...rest } = openView();
  expect(riskOf({ ...rest, kind: 'question', subject: { ...subject, question: 'Weeks?' } })).toBeNull();
});
