// User groups of Slack in `people`: their ids begin with S. Who belongs to one is known to Slack alone, so the gateway asks when
// somebody decides, and says with the decision which of the groups they belong to. Pure.

import type { ApprovalPolicy } from '../../contracts/approval.ts';
import { requirementsOf } from './consent.ts';

/** In a decision: those that the person belongs to, and as many that are unknown. */
export const mostGroupsOfDecision = 50;

/** The id of a person in Slack. */
export function isSlackUser(id: string): boolean {
  return /^[UW][A-Z0-9]{1,20}$/.test(id);
}

export function isUserGroup(id: string): boolean {
  return /^S[A-Z0-9]{2,20}$/.test(id);
}

/** Those whose members may decide. */
export function userGroupsIn(policy: ApprovalPolicy): string[] {
  const ids = requirementsOf(policy).flatMap(({ allowed }) => allowed?.slack ?? []);
  return [...new Set(ids)].filter(isUserGroup);
}

/** What to say to somebody whose membership was not to be found out; empty = nothing. */
export function explainUnknown(policy: ApprovalPolicy, unknown: readonly string[] = []): string {
  const groups = userGroupsIn(policy).filter((group) => unknown.includes(group));
  if (groups.length === 0) return '';
  return ` Slack does not say now whether you belong to the user group ${groups.join(' or ')}: try again soon.`;
}
