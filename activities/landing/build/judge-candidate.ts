// Judges a candidate before it is verified: the paths that the merge changes on the target, by the rules of the target
// commit that the candidate is built on.
// Safe to run twice: reads only.

import { createHash } from 'node:crypto';
import type { BuildResult, LandingSubject } from '../../../contracts/activities/landing.ts';
import type { PlanReader, TargetReader } from '../../repository/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { askingFirst, globsOfMerge } from '../../../formats/policy/judge.ts';
import { conflictsShown } from '../../../domain/queue/conflicts.ts';
import { diffTrees } from '../../../git/tree-reader.ts';
import { judgeLanding } from '../../../formats/policy/landing-consent.ts';
import { sizeOfChange } from '../../../git/count-lines.ts';
import { namesOfTarget, readConfigAt } from '../../repository/target-rules.ts';

/** Where the rules are read from. */
export type RulesReader = PlanReader & Pick<TargetReader, 'readConfigText' | 'ambiguousNames'>;

/** Same number as on a unit's own host. */
const pathsShown = 50;

/** Null = it may land. */
export async function judgeCandidate(
  { state, reader }: { readonly state: string; readonly reader: RulesReader },
  subject: LandingSubject,
  { target, tree }: { readonly target: Sha; readonly tree: Sha },
): Promise<BuildResult | null> {
  const { context, unit, base, result } = subject;
  const config = await readConfigAt(reader, target);
  const { plan } = await reader.readPlan(context);
  const scope = plan.units.find(({ id }) => id === unit)?.scope ?? null;
  const [changes, own] = await Promise.all([diffTrees(state, target, tree), diffTrees(state, base, result)]);
  const change = {
    changed: changes.map(({ path }) => path),
    scope,
    target: await namesOfTarget(reader, target, globsOfMerge(config, scope)),
  };
  const ownPaths = new Set(own.map(({ path }) => path));
  const covers = digestOf(change.changed.filter((path) => !ownPaths.has(path)));
  const verdict = judgeLanding(config, { ...change, own: ownPaths, covers, agreed: subject.consents });
  switch (verdict.decide) {
    case 'allow':
      return null;
    case 'deny':
      return { status: 'denied', rule: verdict.rule };
    case 'moved': {
      const paths = verdict.paths.slice(0, conflictsShown);
      return { status: 'conflict', target, paths, conflicts: paths.map((path) => ({ path, kind: 'moved' })) };
    }
    case 'ask':
      return {
        status: 'consent-missing',
        policy: verdict.policy,
        covers,
        changed: askingFirst(config, change).slice(0, pathsShown),
        changedCount: change.changed.length,
        size: await sizeOfChange(state, target, tree),
      };
  }
}

function digestOf(paths: readonly string[]): string {
  return createHash('sha256').update(paths.toSorted().join('\0')).digest('hex').slice(0, 32);
}
