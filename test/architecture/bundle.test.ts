// The bundle that the worker sends into Temporal's deterministic isolate: the real workflows, bundled as a worker does.
// Every cached workflow keeps a heap made from this code, so its content and size are a cost per workflow.

import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const packagesAllowed = ['@temporalio/common', '@temporalio/workflow', 'long', 'ms', 'nexus-rpc'];
const bytesAllowed = 960_000;

let code: string;
let sources: string[];

beforeAll(async () => {
  const bundle = await bundleWorkflowCode({
    workflowsPath: path.join(root, 'workflows/index.ts'),
    logger: new DefaultLogger('WARN'),
  });
  const [before = '', map = ''] = bundle.code.split('//# sourceMappingURL=data:application/json;charset=utf-8;base64,');
  code = before;
  const parsed = JSON.parse(Buffer.from(map, 'base64').toString()) as { sources: string[] };
  sources = parsed.sources.filter((source) => !source.startsWith('webpack/'));
});

test('only contracts, the domain, the workflows and what Temporal brings go into the workflow bundle', () => {
  const own = sources.filter((source) => !source.includes('/node_modules/')).map((file) => path.relative(root, file));
  expect(own).toContain('workflows/run/run.ts');
  expect(own.filter((file) => !/^(?:contracts|domain|workflows)\//.test(file))).toEqual([]);
  const packages = sources.flatMap((source) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []);
  expect([...new Set(packages)].toSorted()).toEqual(packagesAllowed);
});

test('the workflow bundle stays small', () => {
  expect(code.length).toBeLessThan(bytesAllowed);
});
