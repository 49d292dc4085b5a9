// Judges a candidate before it is verified: the paths that the merge changes on the target, by the rules of the target
// commit that the candidate is built on.
// Safe to run twice: reads only.

import { createHash } from 'node:crypto';
import type { BuildResult, LandingSubject } from '../../../contracts/activities/landing.ts';
import type { PlanReader, TargetReader } from '../../repository/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { askingFirst, globsOfMerge } from '../../../formats/policy/judge.ts';
import { conflictsShown } from '../../../domain/queue/conflicts.ts';
import { diffTrees, entryId } from '../../../git/tree-reader.ts';
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
  { target, tree, regenerated }: { readonly target: Sha; readonly tree: Sha; readonly regenerated: readonly string[] },
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
  const unseen = await unseenOf(state, { tree, result, own: ownPaths }, regenerated);
  const covers = digestOf([
    ...change.changed.filter((path) => !ownPaths.has(path) && !unseen.has(path)),
    ...[...unseen].map(([path, id]) => `${path}\n${id ?? ''}`),
  ]);
  const made = new Set(unseen.keys());
  const verdict = judgeLanding(config, { ...change, own: ownPaths, made, covers, agreed: subject.consents });
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

/** Of paths that were made again, those that nobody has seen as they are now, with their ids. */
async function unseenOf(
  state: string,
  { tree, result, own }: { readonly tree: Sha; readonly result: Sha; readonly own: ReadonlySet<string> },
  regenerated: readonly string[],
): Promise<Map<string, Sha | null>> {
  const unseen = new Map<string, Sha | null>();
  for (const path of regenerated) {
    const now = await entryId(state, tree, path);
    if (!own.has(path) || now !== (await entryId(state, result, path))) unseen.set(path, now);
  }
  return unseen;
}

function digestOf(paths: readonly string[]): string {
  return createHash('sha256').update(paths.toSorted().join('\0')).digest('hex').slice(0, 32);
}
