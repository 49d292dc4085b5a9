import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { workflowCode } from '../../workers/workflow-code.ts';

it('is kept in a checkout, as bundling its sources makes it', async () => {
  await workflowCode();
  const { workflowBundle } = await workflowCode();
  if (workflowBundle === undefined || !('codePath' in workflowBundle)) throw new Error('it was not kept');
  const script = fileURLToPath(new URL('../../scripts/bundle-workflows.ts', import.meta.url));
  const made = execFileSync(process.execPath, [script], { maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' });
  expect(withoutMap(readFileSync(workflowBundle.codePath, 'utf8'))).toBe(withoutMap(made));
});

function withoutMap(code: string): string {
  return code.replace(/^\/\/# sourceMappingURL=.*$/m, '');
}
