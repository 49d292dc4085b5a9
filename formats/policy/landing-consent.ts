// Does the consent that people gave cover what would land? A unit's host judges the unit's own change, by the rules
// that its run began with. What lands is a merge: the target may have other rules by now, and if it has renamed a file
// or a folder, git carries a change to the new path. So the queue judges the paths of the candidate, by the target's
// rules. Files that were made again for the merge are nobody's change, so no scope limits them; but nobody has seen them
// either, so those who are asked about their paths are asked about these bytes.

import type { ApprovalPolicy, AskVerdict, Consent, Requirement } from '../../contracts/approval.ts';
import type { Config } from '../../contracts/documents/config.ts';
import { askFor, strictestTerms } from './asking.ts';
import { type ChangedPaths, deniedPaths, judgeMerge, outOfScope } from './judge.ts';
import { escalated } from '../../domain/approval/timing.ts';
import { isMet, requirementsOf } from '../../domain/approval/consent.ts';
import { mayDecideBy } from '../../domain/approval/tier.ts';

export interface Landing extends ChangedPaths {
  /** Paths that the unit's result changes. */
  readonly own: ReadonlySet<string>;
  /** Changed paths whose bytes were made for the merge, by a command of the target's rules; absent = none. */
  readonly made?: ReadonlySet<string>;
  /** Identifies the changed paths that are not the unit's own, and the bytes of those that were made. */
  readonly covers: string;
  readonly agreed: readonly Consent[];
  /** Who asked for the run. */
  readonly requestedBy: string;
}

export type LandingVerdict =
  | { readonly decide: 'allow' }
  /** Asks those whose consent is missing, or denies. */
  | AskVerdict
  /** The merge changes these paths, and the unit may not. */
  | { readonly decide: 'moved'; readonly paths: readonly string[] };

export function judgeLanding(config: Config, landing: Landing): LandingVerdict {
  const { changed, own, made = new Set() } = landing;
  const written = { ...landing, changed: changed.filter((path) => made.has(path)), isMade: true } as const;
  const known = { ...landing, changed: changed.filter((path) => !made.has(path) && own.has(path)) };
  const moved = { ...landing, changed: changed.filter((path) => !made.has(path) && !own.has(path)) };
  const ofKnown = judgeMerge(config, known);
  if (ofKnown.decide === 'deny') return ofKnown;
  const misplaced = [...new Set([...outOfScope(moved), ...deniedPaths(config, moved)])];
  if (misplaced.length > 0) return { decide: 'moved', paths: misplaced };
  // A reviewer has seen the result, and nothing that the merge makes of it.
  const { review: _, ...facts } = landing.facts ?? {};
  const ofUnseen = [judgeMerge(config, { ...moved, facts }), judgeMerge(config, { ...written, facts })];
  const { agreed, covers, requestedBy } = landing;
  const seen = agreed.filter((consent) => consent.covers === covers);
  const missing = ofKnown.decide === 'allow' ? [] : missingFrom(ofKnown.policy, requestedBy, agreed);
  for (const verdict of ofUnseen) {
    if (verdict.decide === 'deny') return verdict;
    if (verdict.decide === 'ask') missing.push(...missingFrom(verdict.policy, requestedBy, seen));
  }
  const asked = [ofKnown, ...ofUnseen].flatMap((each) => (each.decide === 'ask' ? [each.policy] : []));
  return missing.length === 0 ? { decide: 'allow' } : askFor(config, missing, strictestTerms(asked));
}

/** Consents were judged when they were given, so those count who could only agree after some time. */
function missingFrom(policy: ApprovalPolicy, requestedBy: string, agreed: readonly Consent[]): Requirement[] {
  const late = requirementsOf(escalated(policy));
  const asked = { policy, requestedBy };
  // The target may have made critical what was not when they agreed.
  const counting = agreed.filter(({ channel }) => mayDecideBy(policy, channel));
  return requirementsOf(policy).filter((each, at) => !isMet(late[at] ?? each, asked, counting));
}
