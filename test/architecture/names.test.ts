// Checks that names which cross a process border are written once, in contracts/: no source retypes the name of a
// message, a workflow type, a task queue or a search attribute.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import * as approval from '../../contracts/messages/approval.ts';
import * as attributes from '../../contracts/search-attributes.ts';
import * as hosts from '../../contracts/messages/hosts.ts';
import * as queue from '../../contracts/messages/queue.ts';
import * as run from '../../contracts/messages/run.ts';
import * as unit from '../../contracts/messages/unit.ts';
import { taskQueues } from '../../contracts/task-queues.ts';

const root = path.resolve(import.meta.dirname, '../..');
const sources = globSync('**/*.{ts,mjs}', {
  cwd: root,
  exclude: (name) => ['node_modules', 'dist', 'contracts', '.git'].includes(name),
});

/** Names that are only ever names of ours, wherever they stand. */
const own = [
  ...[approval, hosts, queue, run, unit].flatMap((messages) =>
    Object.values(messages).filter((value) => typeof value === 'string'),
  ),
  ...Object.values(taskQueues),
  ...Object.values(attributes).flatMap((key) => (typeof key === 'object' && 'name' in key ? [key.name] : [])),
];

/** A message that is sent by a name in quotes. Temporal's own names begin with two underscores. */
const sentByName =
  /\.(?:signal|query|executeUpdate|startUpdate|signalWithStart)(?:<[^()]*>)?\(\s*['"`]((?!__)[^'"`]+)['"`]|\b(?:signal|update|query)Name: ['"`]([^'"`]+)/g;

test('no source outside contracts/ retypes a name that crosses a process border', () => {
  expect(own.length).toBeGreaterThan(8);
  const found = sources.flatMap((file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    const typed = own.filter((name) => text.includes(`'${name}'`) || text.includes(`"${name}"`));
    const sent = [...text.matchAll(sentByName)].map(([, first, second]) => first ?? second ?? '');
    return [...typed, ...sent].map((name) => `${file}: ${name}`);
  });
  expect(found).toEqual([]);
});
