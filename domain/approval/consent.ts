// Whose consent an approval needs, and whose it has. Every requirement must be met, by as many different people as it
// wants; one decision by a person who is in several groups counts for each of them.

import type { Consent, Requirement, ApprovalPolicy, ApprovalView, Vote } from '../../contracts/approval.ts';
import { type People, listOfMedium } from '../../contracts/people.ts';
import { type Decider, countPeople, isRequester, keyOf } from './persons.ts';
import { shownPaths } from '../text/shown-paths.ts';

/** The requirements of a policy. A policy from before this field existed is a single requirement. */
export function requirementsOf({ required, rule, by, allowed }: ApprovalPolicy): readonly Requirement[] {
  return required !== undefined && required.length > 0 ? required : [{ rule, by, allowed, paths: [], pathCount: 0 }];
}

/** What decides whether a requirement is met. */
export interface Asked {
  readonly policy: ApprovalPolicy;
  readonly requestedBy: string;
}

/** An approval, as far as votes are counted. */
export interface Poll {
  readonly policy: ApprovalPolicy;
  readonly votes: readonly Vote[];
  readonly subject: { readonly requestedBy: string };
}

export function askedBy({ policy, subject }: Pick<Poll, 'policy' | 'subject'>): Asked {
  return { policy, requestedBy: subject.requestedBy };
}

/** Whether enough authorized people have agreed to a requirement. */
export function isMet(requirement: Requirement, asked: Asked, agreed: readonly Decider[]): boolean {
  return countTowards(requirement, asked, agreed) >= (requirement.count ?? 1);
}

/** Requirements of an approval that its votes do not meet. */
export function missingFrom(view: Poll): Requirement[] {
  const [asked, agreed] = [askedBy(view), agreedIn(view)];
  return requirementsOf(view.policy).filter((each) => !isMet(each, asked, agreed));
}

function agreedIn({ votes }: Pick<Poll, 'votes'>): Decider[] {
  return votes.filter(agrees).map(({ by }) => by);
}

/** How many different people, of those who may, have agreed to a requirement. */
function countTowards(requirement: Requirement, asked: Asked, agreed: readonly Decider[]): number {
  const counting = agreed.filter((by) => mayAgree(requirement, asked, by) === true);
  return countPeople(counting, asked.policy.persons ?? []);
}

function isAmong(allowed: People | null, { channel, id, groups = [] }: Decider): boolean {
  if (allowed === null) return true;
  const ids = allowed[listOfMedium[channel]] ?? [];
  // A name on the command line is a claim, and must be the one that was given.
  if (channel === 'email') return ids.some((each) => keyOf('email', each) === keyOf('email', id));
  return ids.includes(id) || groups.some((group) => ids.includes(group));
}

/** True, or why this person's consent to a requirement does not count. */
export function mayAgree(
  { allowed, notRequester }: Requirement,
  { policy, requestedBy }: Asked,
  by: Decider,
): true | 'not-among' | 'requester' | 'perhaps-requester' {
  if (!isAmong(allowed, by)) return 'not-among';
  if (notRequester !== true) return true;
  const is = isRequester(by, requestedBy, policy.persons ?? []);
  return is === 'no' ? true : is === 'yes' ? 'requester' : 'perhaps-requester';
}

/** Whether this person's consent would bring an approval nearer to its end. */
export function couldAgree(view: Poll, by: Decider): boolean {
  const [asked, agreed] = [askedBy(view), agreedIn(view)];
  return missingFrom(view).some(
    (each) => countTowards(each, asked, [...agreed, by]) > countTowards(each, asked, agreed),
  );
}

/** Whether a denial by this person, through this channel, would count. The requester may always say no. */
export function mayDeny(policy: ApprovalPolicy, by: Decider): boolean {
  return requirementsOf(policy).some(({ allowed }) => isAmong(allowed, by));
}

/** `writers, editors`, `2 of writers`, `anybody` or `anybody but the requester`. */
export function namesOf({ by, count = 1, notRequester }: Pick<Requirement, 'by' | 'count' | 'notRequester'>): string {
  const who = by.join(', ');
  const many = count === 1 ? who || 'anybody' : who === '' ? `${count} people` : `${count} of ${who}`;
  return notRequester === true ? `${many} but the requester` : many;
}

/** `Ulla (slack) agreed; maintainers missing`; null while nobody has agreed. */
export function explainProgress(view: Poll & Pick<ApprovalView, 'status'>): string | null {
  const agreed = view.votes.filter(agrees);
  if (view.status !== 'open' || agreed.length === 0) return null;
  return `${voters(agreed)} agreed; still missing: ${stillMissing(view)}`;
}

/** `maintainers and 1 more of writers`. */
export function stillMissing(view: Poll, missing = missingFrom(view)): string {
  const [asked, agreed] = [askedBy(view), agreedIn(view)];
  const names = missing.map((each) => {
    const has = countTowards(each, asked, agreed);
    const more = (each.count ?? 1) - has;
    return has === 0 ? namesOf(each) : `${more} more of ${namesOf({ ...each, count: 1 })}`;
  });
  return names.join(' and ');
}

/**
 * If several must agree, one line each: `writers: Ulla (slack) agreed`, `maintainers: missing (guarded/b and 2 more)`.
 */
export function consentLines(view: Poll): string[] {
  const asked = askedBy(view);
  const all = requirementsOf(view.policy);
  if (all.length < 2 && all.every(({ count = 1 }) => count === 1)) return [];
  return all.map((each) => {
    const agreed = view.votes.filter((vote) => agrees(vote) && mayAgree(each, asked, vote.by) === true);
    const about = shownPaths(each.paths, each.pathCount, 2, 80).join(', ');
    const left = (each.count ?? 1) - countTowards(each, asked, agreedIn(view));
    const missing = agreed.length === 0 ? 'missing' : `${left} missing`;
    const said = [...(agreed.length > 0 ? [`${voters(agreed)} agreed`] : []), ...(left > 0 ? [missing] : [])];
    return `${namesOf(each)}: ${said.join(', ')}${about === '' ? '' : ` (${about})`}`;
  });
}

/** `Ulla (slack) and Dana (cli)`. */
export function voters(votes: readonly Vote[]): string {
  return votes.map(({ by }) => `${by.name} (${by.channel})`).join(' and ');
}

/** What everybody who agreed to more money agreed to, USD; null = nobody named a sum. */
export function agreedUsd(votes: readonly Vote[]): number | null {
  const sums = votes.filter(agrees).flatMap(({ usd }) => usd ?? []);
  return sums.length === 0 ? null : Math.min(...sums);
}

export function agrees({ decision }: Vote): boolean {
  return decision !== 'deny';
}

/** An approval's votes as consents, which the queue checks. */
export function consentsOf(votes: readonly Vote[], covers?: string): Consent[] {
  return votes.filter(agrees).map(({ by: { channel, id, groups } }) => ({
    channel,
    id,
    ...(groups === undefined ? {} : { groups }),
    ...(covers === undefined ? {} : { covers }),
  }));
}
