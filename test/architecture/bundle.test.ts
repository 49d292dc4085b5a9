// The bundle that the worker sends into Temporal's deterministic isolate: the real workflows, bundled as a worker does.
// Every cached workflow keeps a heap made from this code, so its content and size are a cost per workflow.

import path from 'node:path';
import { readFileSync } from 'node:fs';
import { bundleWorkflowCode } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { bundleOptions } from '../../scripts/workflow-bundle.ts';

const root = path.resolve(import.meta.dirname, '../..');
const packagesAllowed = ['@temporalio/common', '@temporalio/workflow', 'long', 'ms', 'nexus-rpc'];
const bytesAllowed = 1_500_000;

let code: string;
let sources: string[];

beforeAll(async () => {
  const bundle = await bundleWorkflowCode(bundleOptions(path.join(root, 'workflows/index.ts')));
  const [before = '', map = ''] = bundle.code.split('//# sourceMappingURL=data:application/json;charset=utf-8;base64,');
  code = before;
  const parsed = JSON.parse(Buffer.from(map, 'base64').toString()) as { sources: string[] };
  sources = parsed.sources.filter((source) => !source.startsWith('webpack/'));
});

function ownSources(): string[] {
  return sources.filter((source) => !source.includes('/node_modules/')).map((file) => path.relative(root, file));
}

test('only contracts, the domain, the workflows and what Temporal brings go into the workflow bundle', () => {
  const own = ownSources();
  expect(own).toContain('workflows/run/run.ts');
  expect(own.filter((file) => !/^(?:contracts|domain|workflows)\//.test(file))).toEqual([]);
  const packages = sources.flatMap((source) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []);
  expect([...new Set(packages)].toSorted()).toEqual(packagesAllowed);
});

test('the workflow bundle stays small', () => {
  expect(code.length).toBeLessThan(bytesAllowed);
});

/** What is wrong with a statement at the top level of a module that all workflows share; null = nothing. */
function stateIn(statement: string): string | null {
  if (/^(?:export )?(?:let|var) /.test(statement)) return 'a variable';
  const [, declared, value] = /^(?:export )?const ([^=]*)=(?!>)(.*)$/s.exec(statement) ?? [];
  if (declared === undefined || value === undefined || value.includes('=>')) return null;
  if (/\bnew (?:Map|Set)\b/.test(value) && !/\bReadonly(?:Map|Set)\b/.test(declared))
    return 'a collection that can change';
  if (/\bnew Weak/.test(value)) return 'a weak collection';
  if (/\/[a-z]*[gy][a-z]*(?=[;,.)\n])/.test(value)) return 'a regular expression with a position';
  if (/\bnew RegExp\(.*'[a-z]*[gy][a-z]*'\)/s.test(value)) return 'a regular expression with a position';
  return null;
}

test('modules that workflows share have no state', () => {
  const found = ownSources()
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const statements = readFileSync(path.join(root, file), 'utf8').split(/\n(?=[a-z])/);
      return statements.flatMap((each) => (stateIn(each) === null ? [] : [[file, stateIn(each), each.slice(0, 80)]]));
    });
  expect(found).toEqual([]);
});

test.each([
  ['let count = 0;', 'a variable'],
  ['export const seen = new Set<string>();', 'a collection that can change'],
  ['const known: ReadonlySet<string> = new Set([]);', null],
  ['const cache = new WeakMap();', 'a weak collection'],
  ['const breaks = /[a/]+/gu;', 'a regular expression with a position'],
  ["const unseen = new RegExp(`[a]`, 'gu');", 'a regular expression with a position'],
  ["const all = (): RegExp => new RegExp(unseen, 'gu');", null],
  ['const parted = /a\\/g/;', null],
])('%s', (statement, state) => {
  expect(stateIn(statement)).toBe(state);
});
