// Whose consent an approval needs, and whose it has. Every requirement must be met; one decision by a person who is in
// several groups counts for each of them.

import type {
  Consent,
  Requirement,
  ApprovalPolicy,
  ApprovalView,
  DecisionMaker,
  Vote,
} from '../../contracts/approval.ts';
import { type People, listOfMedium } from '../../contracts/people.ts';
import { shownPaths } from '../text/shown-paths.ts';

/** The requirements of a policy. A policy from before this field existed is a single requirement. */
export function requirementsOf({ required, rule, by, allowed }: ApprovalPolicy): readonly Requirement[] {
  return required !== undefined && required.length > 0 ? required : [{ rule, by, allowed, paths: [], pathCount: 0 }];
}

/** Requirements that no authorized person has agreed to yet. */
export function missingFrom({ policy, votes }: Pick<ApprovalView, 'policy' | 'votes'>): Requirement[] {
  return requirementsOf(policy).filter(
    ({ allowed }) => !votes.some((vote) => agrees(vote) && isAmong(allowed, vote.by)),
  );
}

export function isAmong(allowed: People | null, { channel, id }: Pick<DecisionMaker, 'channel' | 'id'>): boolean {
  if (allowed === null) return true;
  return allowed[listOfMedium[channel]]?.includes(id) ?? false;
}

/** Whether a decision by this person, through this channel, would count. */
export function mayDecide(policy: ApprovalPolicy, by: Pick<DecisionMaker, 'channel' | 'id'>): boolean {
  return requirementsOf(policy).some(({ allowed }) => isAmong(allowed, by));
}

/** `writers, editors` or `anybody`. */
export function namesOf({ by }: Pick<Requirement, 'by'>): string {
  return by.join(', ') || 'anybody';
}

/** `Ulla (slack) agreed; maintainers missing`; null while nobody has agreed. */
export function explainProgress(view: Pick<ApprovalView, 'policy' | 'votes' | 'status'>): string | null {
  const agreed = view.votes.filter(agrees);
  if (view.status !== 'open' || agreed.length === 0) return null;
  const missing = missingFrom(view).map(namesOf);
  return `${voters(agreed)} agreed; still missing: ${missing.join(' and ')}`;
}

/**
 * If several must agree, one line each: `writers: Ulla (slack) agreed`, `maintainers: missing (guarded/b and 2 more)`.
 */
export function consentLines({ policy, votes }: Pick<ApprovalView, 'policy' | 'votes'>): string[] {
  const all = requirementsOf(policy);
  if (all.length < 2) return [];
  return all.map((each) => {
    const agreed = votes.filter((vote) => agrees(vote) && isAmong(each.allowed, vote.by));
    const about = shownPaths(each.paths, each.pathCount, 2, 80).join(', ');
    return `${namesOf(each)}: ${agreed.length > 0 ? `${voters(agreed)} agreed` : 'missing'} (${about})`;
  });
}

/** `Ulla (slack) and Dana (cli)`. */
export function voters(votes: readonly Vote[]): string {
  return votes.map(({ by }) => `${by.name} (${by.channel})`).join(' and ');
}

export function agrees({ decision }: Vote): boolean {
  return decision !== 'deny';
}

/** An approval's votes as consents, which the queue checks. */
export function consentsOf(votes: readonly Vote[], covers?: string): Consent[] {
  return votes
    .filter(agrees)
    .map(({ by: { channel, id } }) => ({ channel, id, ...(covers === undefined ? {} : { covers }) }));
}
