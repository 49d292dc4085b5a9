// The policy as a reader of docs/config.md would state it, with another way of matching globs: the reference for
// property tests.

import picomatch from 'picomatch';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import type { MergeVerdict } from '../../contracts/approval.ts';
import * as policy from '../../formats/policy/judge.ts';

/** Only for globs without brackets or parentheses; those mean the same to everybody. */
export function matchesRule({ paths }: PolicyRule, path: string): boolean {
  return paths.length === 0 || picomatch([...paths], { dot: true })(path);
}

export function judgeMerge(config: Config, changed: readonly string[]): MergeVerdict {
  return policy.judgeMerge(config, { changed, scope: null, target: [] });
}
