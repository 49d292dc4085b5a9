import { expect, it } from 'vitest';
import { approvalsText } from '../../client/cli/present/approvals.ts';
import { openView } from '../domain/fixtures.ts';

it('the list of approvals ends with its address in the Web UI, if that is known', () => {
  const page = 'http://127.0.0.1:8233/namespaces/default/workflows?query=x';
  const text = (known: string | null) => approvalsText([openView()], {}, { user: 'dana', page: known });
  expect(text(page).split('\n').at(-1)).toBe(`Web UI: ${page}`);
  expect(text(null)).not.toContain('Web UI');
});
