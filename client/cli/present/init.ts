// `coppice init` for people: what was written, and what to do next.

import type { FirstConfig } from '../../../formats/config-file/text.ts';
import type { Need } from '../../../formats/project/needs/need.ts';
import type { TextStream } from './colour.ts';
import { inertLine } from './columns.ts';
import { painterFor } from './colour.ts';

export interface Written {
  readonly path: string;
  readonly config: FirstConfig;
  readonly needs: readonly Need[];
  readonly stream: TextStream;
}

export function writtenText({ path, config, needs, stream }: Written): string {
  const paint = painterFor(stream);
  const { branch, env, setup, verify, regenerate } = config;
  const target = branch ?? 'the target branch';
  const lines = [
    `wrote ${inertLine(path)}`,
    '',
    ...rows('branch', [branch ?? 'the one that the remote’s HEAD names']),
    ...rows(
      'env',
      Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ),
    ...rows(
      'setup',
      setup === null ? ['nothing'] : [...setup.run.split('\n'), ...(setup.network ? ['with the network'] : [])],
    ),
    ...rows('verify', verify.length === 0 ? ['NOTHING: what lands is not tested'] : verify.map(({ run }) => run)),
    ...rows(
      'queue',
      regenerate.map((rule) => `makes ${rule.path} again: ${rule.run}`),
    ),
    '',
  ];
  if (verify.length === 0)
    lines.push(paint('yellow', 'Nothing was found that verifies this project: fill in `verify`.'));
  if (needs.length > 0) {
    lines.push(paint('yellow', 'This repository needs what a sandbox does not give it by itself:'));
    lines.push(...needs.flatMap(({ what, hint }) => [`! ${inertLine(what)}`, `  → ${inertLine(hint)}`]), '');
  }
  lines.push(
    `Read it, then commit it and push it to ${inertLine(target)}, where runs read it:`,
    `  git add coppice.yaml && git commit -m "Configure Coppice" && git push`,
    'Then see what else a run needs:',
    '  coppice doctor',
  );
  return lines.join('\n');
}

function rows(title: string, values: readonly string[]): string[] {
  return values.map((value, i) => `  ${(i === 0 ? title : '').padEnd(8)}${inertLine(value)}`);
}
