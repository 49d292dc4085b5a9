// Judges a candidate before it is verified: the paths that the merge changes on what it is built on, by the rules of the
// branch's tip.
// Safe to run twice: reads only.

import { createHash } from 'node:crypto';
import type { Config } from '../../../contracts/documents/config.ts';
import type { LandingSubject, MemberResult } from '../../../contracts/activities/landing.ts';
import type { PlanReader, TargetReader } from '../../repository/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';
import {
  askingFirst,
  asksForSize,
  factsOfSize,
  globsOfMerge,
  touchesProtected,
} from '../../../formats/policy/judge.ts';
import { conflictsShown } from '../../../domain/queue/conflicts.ts';
import { type CompareTrees, textOf } from '../../../git/trees.ts';
import { entryId } from '../../../git/tree-reader.ts';
import { judgeLanding } from '../../../formats/policy/landing-consent.ts';
import { sizeOfChange } from '../../../git/count-lines.ts';
import { ownersOfTarget } from '../../repository/target-owners.ts';
import { namesOfTarget } from '../../repository/target-rules.ts';

/** Where plans, names and owners are read from. */
export type RulesReader = PlanReader & Pick<TargetReader, 'ambiguousNames' | 'findCodeowners'>;

/** The part of an entry that judging needs. */
type JudgedSubject = Pick<LandingSubject, 'context' | 'unit' | 'consents' | 'costUsd' | 'review'>;

interface JudgeTools {
  readonly state: string;
  readonly reader: RulesReader;
  readonly compare: CompareTrees;
}

/** Trees: the result on its base, and what merging it onto `on` has made. */
interface JudgedTrees {
  readonly base: Sha;
  readonly result: Sha;
  readonly on: Sha;
  readonly tree: Sha;
}

interface Merge {
  /** Those of the branch's tip. */
  readonly rules: { readonly target: Sha; readonly config: Config };
  readonly trees: JudgedTrees;
  readonly regenerated: readonly string[];
}

/** Same number as on a unit's own host. */
const pathsShown = 50;

export interface Judged {
  /** Null = it may land. */
  readonly refused: Extract<MemberResult, { status: 'conflict' | 'consent-missing' | 'denied' }> | null;
  /** It changes protected paths: the rules themselves, perhaps. */
  readonly isProtected: boolean;
}

export async function judgeCandidate(
  { state, reader, compare }: JudgeTools,
  subject: JudgedSubject,
  { rules: { target, config }, trees, regenerated }: Merge,
): Promise<Judged> {
  const { context, unit } = subject;
  const { base, on, result, tree } = trees;
  const { plan } = await reader.readPlan(context);
  const { scope = null, labels = [] } = plan.units.find(({ id }) => id === unit) ?? {};
  const [changes, own] = await Promise.all([compare(on, tree), compare(base, result)]);
  const change = {
    changed: changes.map(({ path }) => textOf(path)),
    scope,
    target: await namesOfTarget(reader, target, globsOfMerge(config, scope)),
    ...(await ownersOfTarget(reader, target, config)),
    facts: {
      labels,
      ...(subject.costUsd === undefined ? {} : { usd: subject.costUsd }),
      ...(subject.review === undefined ? {} : { review: subject.review }),
      ...(asksForSize(config) ? factsOfSize(await sizeOfChange(state, on, tree)) : {}),
    },
  };
  const ownPaths = new Set(own.map(({ path }) => textOf(path)));
  const unseen = await unseenOf(state, { tree, result, own: ownPaths }, regenerated);
  const covers = digestOf([
    ...change.changed.filter((path) => !ownPaths.has(path) && !unseen.has(path)),
    ...[...unseen].map(([path, id]) => `${path}\n${id ?? ''}`),
  ]);
  const made = new Set(unseen.keys());
  const verdict = judgeLanding(config, {
    ...change,
    own: ownPaths,
    made,
    covers,
    agreed: subject.consents,
    requestedBy: context.requestedBy,
  });
  const isProtected = touchesProtected(config, change);
  switch (verdict.decide) {
    case 'allow':
      return { refused: null, isProtected };
    case 'deny':
      return { refused: { status: 'denied', rule: verdict.rule }, isProtected };
    case 'moved': {
      const conflicts = verdict.paths.slice(0, conflictsShown).map((path) => ({ path, kind: 'moved' }) as const);
      return { refused: { status: 'conflict', conflicts }, isProtected };
    }
    case 'ask': {
      const missing = {
        policy: verdict.policy,
        covers,
        changed: askingFirst(config, change).slice(0, pathsShown),
        changedCount: change.changed.length,
        size: await sizeOfChange(state, on, tree),
      };
      return { refused: { status: 'consent-missing', ...missing }, isProtected };
    }
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
