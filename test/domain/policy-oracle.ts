// The policy as a reader of docs/config.md would say it, by another way of matching globs: what properties compare with.

import picomatch from 'picomatch';
import type { Config, PolicyRule } from '../../domain/config.ts';
import * as policy from '../../domain/policy.ts';

/** Only for globs without brackets or parentheses; those mean the same to everybody. */
export function matchesRule({ paths }: PolicyRule, path: string): boolean {
  return paths.length === 0 || picomatch([...paths], { dot: true })(path);
}

export function judgeMerge(config: Config, changed: readonly string[]): policy.MergeVerdict {
  return policy.judgeMerge(config, { changed, scope: null, target: [] });
}
