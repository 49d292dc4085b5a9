import { expect, it } from 'vitest';
import { approvalsText } from '../../client/cli/present/approvals.ts';
import type { ApprovalView } from '../../contracts/approval.ts';
import { noon, openView } from '../domain/fixtures.ts';

it('the list of approvals ends with its address in the Web UI, if that is known', () => {
  const page = 'http://127.0.0.1:8233/namespaces/default/workflows?query=x';
  const text = (known: string | null) => approvalsText([openView()], {}, { user: 'dana', page: known });
  expect(text(page).split('\n').at(-1)).toBe(`Web UI: ${page}`);
  expect(text(null)).not.toContain('Web UI');
});

it('says where nobody may decide, who may later, and no command that could not count', () => {
  const policy = { rule: 'src: ask the owners', by: ['@ghost'], allowed: { users: [] } };
  const escalate = { afterSeconds: 3600, to: ['owners'], people: { users: ['kim'] } };
  const text = (asked: ApprovalView['policy']) =>
    approvalsText([openView({ policy: asked })], {}, { user: 'dana', now: new Date(noon) });
  expect(text(policy).split('\n')[0]).toMatch(/^\? a asks, and nobody may decide: /);
  expect(text(policy)).toContain('\n  Nobody may decide, so it cannot be approved: correct people in coppice.yaml');
  expect(text(policy)).not.toContain('coppice approve');
  expect(text({ ...policy, timing: { escalate } })).toContain('\n  Nobody may decide yet; owners may in 1h 00m.');
});
