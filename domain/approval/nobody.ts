// Where nobody may decide: CODEOWNERS names owners whom `people` does not know, or cannot be read. What is to be said then,
// and who may decide later all the same. Pure.

import type { ApprovalPolicy, ApprovalView, Requirement } from '../../contracts/approval.ts';
import { isAnybodyIn } from '../../contracts/people.ts';
import { type Poll, missingFrom, namesOf, requirementsOf, stillMissing } from './consent.ts';
import { after, escalated } from './timing.ts';

function mayNobody({ allowed }: Pick<Requirement, 'allowed'>): boolean {
  return allowed !== null && !isAnybodyIn(allowed);
}

/** Whether nobody may say yes or no. */
export function mayNobodyDecide(policy: ApprovalPolicy): boolean {
  return requirementsOf(policy).every(mayNobody);
}

/** Who may meet one requirement, in words. */
export function decidersOf(requirement: Requirement): string {
  return mayNobody(requirement) ? 'nobody' : namesOf(requirement);
}

/** Whose consent is missing, of those who may decide; empty = nobody may. */
export function mayStillDecide(view: Poll): string {
  return stillMissing(
    view,
    missingFrom(view).filter((each) => !mayNobody(each)),
  );
}

export interface NobodyMay {
  /** Without its full stop, and without the time. Names in it come from CODEOWNERS: make it inert. */
  readonly text: string;
  /** When those may whom it names last, ISO 8601; null = it names none. */
  readonly from: string | null;
}

/** That nobody may decide, or agree for some of those who are asked, and who may later; null = somebody may. */
export function nobodyMay(view: Pick<ApprovalView, 'policy' | 'since'>): NobodyMay | null {
  const { policy } = view;
  const joined = requirementsOf(escalated(policy));
  const vain = requirementsOf(policy).flatMap((now, index) => {
    return mayNobody(now) ? [{ now, later: joined[index] ?? now }] : [];
  });
  if (vain.length === 0) return null;
  const never = vain.filter(({ later }) => mayNobody(later));
  const [about, so] = never.length > 0 ? [never, wayOut] : [vain, ` yet; ${othersIn(vain)} may`];
  const names = about.map(({ now }) => namesOf(now)).join(' and ');
  const nobody = mayNobodyDecide(policy) ? 'Nobody may decide' : `Nobody may agree for ${names}`;
  return { text: `${nobody}${so}`, from: never.length > 0 ? null : lastOf(vain, view) };
}

function lastOf(vain: readonly Vain[], { policy, since }: Pick<ApprovalView, 'policy' | 'since'>): string | null {
  const seconds = vain.flatMap(({ now }) => (now.escalate ?? policy.timing?.escalate)?.afterSeconds ?? []);
  return seconds.length === 0 ? null : after(since, Math.max(...seconds));
}

/** The same as a sentence. `when`: a time as `from … on` or `in …`. */
export function explainNobody(view: Parameters<typeof nobodyMay>[0], when: (at: string) => string): string | null {
  const nobody = nobodyMay(view);
  if (nobody === null) return null;
  return `${nobody.text}${nobody.from === null ? '' : ` ${when(nobody.from)}`}.`;
}

/** A run keeps the people that it began with. */
const wayOut =
  ', so it cannot be approved: correct people in coppice.yaml, or CODEOWNERS, on the target, and start a new run';

interface Vain {
  readonly now: Requirement;
  readonly later: Requirement;
}

/** Groups that join later. */
function othersIn(vain: readonly Vain[]): string {
  const others = vain.flatMap(({ now, later }) => later.by.filter((name) => !now.by.includes(name)));
  return [...new Set(others)].join(', ');
}
