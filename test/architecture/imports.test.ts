// Checks the import directions of the project, by reading the import statements of every source file:
// contracts ← domain ← workflows; domain ← formats ← git ← activities ← workers; git ← client; client/cli composes
// processes. Code that both workers and client need for Temporal is in temporal/.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/** `packages` absent = any package, and Node's own modules. */
interface Layer {
  readonly folders: readonly string[];
  readonly packages?: readonly string[];
}

/** What the client's side and the hosts' side have in common. */
const shared = ['contracts', 'domain', 'formats', 'git', 'people'];

const layers: Readonly<Record<string, Layer>> = {
  contracts: { folders: ['contracts'], packages: ['@temporalio/common'] },
  domain: { folders: ['contracts', 'domain'], packages: [] },
  formats: {
    folders: ['contracts', 'domain', 'formats'],
    packages: ['csv-parse', 'fastest-levenshtein', 'picomatch', 'unbash', 'yaml', 'zod'],
  },
  workflows: {
    folders: ['contracts', 'domain', 'workflows'],
    packages: ['@temporalio/common', '@temporalio/workflow'],
  },
  git: { folders: ['contracts', 'domain', 'formats', 'git'] },
  people: { folders: ['contracts', 'domain', 'people'] },
  temporal: { folders: ['contracts', 'domain', 'temporal'] },
  activities: { folders: [...shared, 'activities'] },
  workers: { folders: [...shared, 'temporal', 'activities', 'workers'] },
  client: { folders: [...shared, 'temporal', 'client'] },
  // Looks at this machine as a host, too.
  'client/doctor': { folders: [...shared, 'temporal', 'client', 'activities', 'workers'] },
  'client/cli': { folders: [...shared, 'temporal', 'client', 'workers'] },
  examples: { folders: ['client'] },
  // Benches measure whatever there is, on the stage that the demo and the tests have.
  bench: {
    folders: [...shared, 'temporal', 'activities', 'client', 'workers', 'workflows', 'scripts', 'test', 'bench'],
  },
  // The demo's scripted model plays on the same loopback server as the tests' models.
  'examples/demo': { folders: ['examples', 'test'] },
};

const statement = /^(?:import|export)\b(?! type\b)(?:[^'"`;]*?\bfrom)?\s*['"]([^'"]+)['"]/gm;
const typeStatement = /^(?:import|export) type\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm;
const expression = /\bimport\(\s*['"]([^'"]+)['"]/g;

/** The modules a source names: `import … from`, `export … from`, `import '…'` and `import('…')`. */
function importsOf(text: string, forms: readonly RegExp[] = [statement, typeStatement, expression]): string[] {
  // Sources in template literals are somebody else's.
  const source = text.replaceAll(/`(?:\\[^]|[^`\\])*`/g, '``');
  return forms.flatMap((form) => [...source.matchAll(form)]).map(([, name = '']) => name);
}

/** Packages that are loaded before anything of `file` runs, its own imports' included. */
function packagesLoadedBy(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  for (const name of importsOf(readFileSync(path.join(root, file), 'utf8'), [statement])) {
    if (!name.startsWith('.')) packages.add(name);
    else for (const own of packagesLoadedBy(path.join(path.dirname(file), name), seen)) packages.add(own);
  }
  return packages;
}

function layerOf(file: string): Layer {
  const folders = path.dirname(file).split('/');
  const name = [folders.slice(0, 2).join('/'), folders[0] ?? ''].find((candidate) => candidate in layers);
  const layer = layers[name ?? ''];
  if (layer === undefined) throw new Error(`${file} is in no layer`);
  return layer;
}

function isAllowed(layer: Layer, file: string, name: string): boolean {
  if (name.startsWith('.')) {
    const target = path.join(path.dirname(file), name);
    return layer.folders.some((folder) => target.startsWith(`${folder}/`));
  }
  return layer.packages === undefined || layer.packages.some((own) => name === own || name.startsWith(`${own}/`));
}

function violations(file: string, source: string): string[] {
  const layer = layerOf(file);
  return importsOf(source)
    .filter((name) => !isAllowed(layer, file, name))
    .map((name) => `${file} imports ${name}`);
}

test('every source file imports only what its layer may', () => {
  const tops = [...new Set(Object.keys(layers).map((name) => name.split('/')[0]))];
  const files = globSync(`{${tops.join(',')}}/**/*.{ts,mjs}`, { cwd: root, exclude: ['examples/library/**'] });
  expect(files.length).toBeGreaterThan(30);
  expect(files.flatMap((file) => violations(file, readFileSync(path.join(root, file), 'utf8')))).toEqual([]);
});

test.each([
  ['domain/x.ts', "import { readFile } from 'node:fs/promises';"],
  ['domain/x.ts', "import type { Sandbox } from '../activities/sandbox/contract.ts';"],
  ['domain/x.ts', "import type { Codec } from '../formats/state-documents/codec.ts';"],
  ['contracts/x.ts', "import type { RunState } from '../domain/run/state.ts';"],
  ['workflows/x.ts', "import {\n  z,\n} from 'zod';"],
  ['workflows/x.ts', "export * from '../git/run-git.ts';"],
  ['workflows/x.ts', "import { judgeMerge } from '../formats/policy/judge.ts';"],
  ['git/x.ts', "import '../activities/worktrees/x.ts';"],
  ['activities/worktrees/x.ts', "const client = await import('../../client/api.ts');"],
  ['activities/worktrees/x.ts', "import { start } from '../../workflows/run/run.ts';"],
  ['client/gateway/x.ts', "import { worker } from '../../workers/worker.ts';"],
  ['client/cli/x.ts', "import { land } from '../../activities/landing/x.ts';"],
])('%s may not say %j', (file, source) => {
  expect(violations(file, source)).toHaveLength(1);
});

test.each([
  [
    'workflows/x.ts',
    "import { proxyActivities } from '@temporalio/workflow';\nimport type { RunId } from '../contracts/ids.ts';",
  ],
  ['client/cli/x.ts', "import { worker } from '../../workers/worker.ts';"],
  ['activities/agent/x.ts', "import path from 'node:path';\nimport { run } from '../../git/run-git.ts';"],
])('%s may say %j', (file, source) => {
  expect(violations(file, source)).toEqual([]);
});

// They cost each command most of a second, and only processes that serve need them. Temporal's client is half of what
// is left, and help, completion, `plan` and `init` do without.
test('a command loads no client of Temporal, no worker, no Slack app and no MCP server before it runs', () => {
  const loaded = packagesLoadedBy('client/cli/command.ts');
  expect(loaded).toContain('commander');
  const costly = [
    ...['@temporalio/client', '@temporalio/proto', '@temporalio/worker'],
    ...['@slack/bolt', '@modelcontextprotocol/server', '@modelcontextprotocol/server/stdio'],
  ];
  expect([...loaded].filter((name) => costly.includes(name))).toEqual([]);
  expect(packagesLoadedBy('client/api.ts')).toContain('@temporalio/client');
  expect(packagesLoadedBy('client/cli/processes/dev.ts')).toContain('@temporalio/worker');
  expect(packagesLoadedBy('client/cli/processes/mcp.ts')).toContain('@modelcontextprotocol/server');
});
