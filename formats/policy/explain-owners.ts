// Warnings before a run starts: what CODEOWNERS gives to people whom `people` does not know. Nobody could agree to it, and
// that would be seen only when work waits for them.

import type { Config } from '../../contracts/documents/config.ts';
import { isAnybodyIn } from '../../contracts/people.ts';
import { ambiguousNames } from '../globs/path-globs.ts';
import type { CodeownersFile } from '../codeowners/file.ts';
import { type OwnersOfPaths, readCodeowners } from '../codeowners/parse.ts';
import { askOwners, asksOwners, needsOwners } from './code-owners.ts';
import { judgePaths } from './judge.ts';
import { andMore } from '../../domain/text/shown-paths.ts';

const shown = 5;

/** `paths`: all of the target's, since nobody knows yet what will change. */
export function explainOwners(config: Config, found: CodeownersFile | null, paths: readonly string[]): string[] {
  if (!needsOwners(config.policy)) return [];
  const owners = readCodeowners(found);
  const lines = askingRules(config, owners, paths).flatMap(({ rule, paths: about }) =>
    askOwners(config, rule, about, owners)
      .filter(({ allowed }) => !isAnybodyIn(allowed))
      .map((each) => [`policy: ${each.rule}`, ...(about.length === 0 ? [] : [andMore(each.paths, 2)])].join(': ')),
  );
  const more = lines.length - shown;
  return more > 0 ? [...lines.slice(0, shown), `policy: nobody may decide for ${more} more sets of owners`] : lines;
}

/** Without a CODEOWNERS that can be read, each of the rules is in vain, whatever changes. */
function askingRules(config: Config, owners: OwnersOfPaths, paths: readonly string[]) {
  if (owners.problem !== undefined) return config.policy.filter(asksOwners).map((rule) => ({ rule, paths: [] }));
  const asking = judgePaths(config, { changed: paths, scope: null, target: ambiguousNames(paths), owners });
  return asking.flatMap(({ rule, paths: about }) =>
    typeof rule === 'string' || !asksOwners(rule) ? [] : [{ rule, paths: about }],
  );
}
