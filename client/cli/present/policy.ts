// `coppice policy test` for people.

import type { TextStream } from './colour.ts';
import type { TriedPolicy } from '../../../formats/policy/try-samples.ts';
import { type Cell, tableLines } from './table.ts';
import { count } from './amounts.ts';
import { inertLine } from './columns.ts';
import { painterFor, widthOf } from './colour.ts';

/** One line per sample: the verdict, who is asked, the rule; then what was not met. */
export function triedPolicyText({ samples, unmet }: TriedPolicy, stream: TextStream): string {
  const paint = painterFor(stream);
  const rows = samples.map(({ name, decide, asks, rule, unexpected }): Cell[] => [
    { text: unexpected === null ? decide : `${decide} !`, style: unexpected === null ? null : 'red' },
    name,
    asks.join(' and '),
    { text: unexpected ?? rule ?? '', style: unexpected === null ? 'dim' : 'red' },
  ]);
  const bad = samples.filter(({ unexpected }) => unexpected !== null).length;
  return [
    ...tableLines(rows, { width: widthOf(stream), paint, shrink: [3, 1, 2] }),
    ...(unmet.length === 0 ? [] : ['', `${count(unmet.length, 'rule')} that no sample meets:`]),
    ...unmet.map(({ index, rule }) => inertLine(`  policy[${index}]: ${rule}`)),
    ...(bad === 0 ? [] : ['', paint('red', `${count(bad, 'sample')} not as expected`)]),
  ].join('\n');
}
