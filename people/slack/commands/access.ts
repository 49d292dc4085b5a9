// Who may see and steer a run from Slack, whose members can all type a command. Seeing needs a reason: the person is named in
// `people`, or types it where the run is told of. Steering needs the name, as there is no card that was shown to them.

import type { ApprovalView } from '../../../contracts/approval.ts';
import type { DeskRun } from '../../medium.ts';
import { isUserGroup, userGroupsIn } from '../../../domain/approval/user-groups.ts';
import { couldAgree, requirementsOf } from '../../../domain/approval/consent.ts';

/** Who asks, from where. */
export interface Asker {
  readonly user: string;
  readonly name: string;
  /** User groups that they belong to, of those that matter. */
  readonly groups: readonly string[];
  /** The channel that the command was typed in; null = none. */
  readonly channel: string | null;
}

export function maySee({ access }: Pick<DeskRun, 'access'>, asker: Asker): boolean {
  if (access === null) return false;
  return (access.channel !== null && access.channel === asker.channel) || isNamedIn(access.people, asker);
}

export function maySteer({ access }: Pick<DeskRun, 'access'>, asker: Asker): boolean {
  return access !== null && isNamedIn(access.people, asker);
}

export function isRequesterOf({ access }: Pick<DeskRun, 'access'>, { user }: Asker): boolean {
  return access?.requester.includes(user) === true;
}

/** An approval as such: the rule names the person; or they may see the run that it belongs to. */
export function mayReach(view: ApprovalView, run: DeskRun | undefined, asker: Asker): boolean {
  const isNamed = requirementsOf(view.policy).some(({ allowed }) => isNamedIn(allowed?.slack ?? [], asker));
  return isNamed || (run !== undefined && maySee(run, asker));
}

/** Whether it waits for them: they may decide it, and it would count. */
export function waitsFor(view: ApprovalView, run: DeskRun | undefined, asker: Asker): boolean {
  const { user: id, groups } = asker;
  return mayReach(view, run, asker) && couldAgree(view, { channel: 'slack', id, groups });
}

/** All user groups that matter to somebody who asks about these. */
export function groupsThatMatter(runs: readonly DeskRun[], approvals: readonly ApprovalView[]): string[] {
  const ofRuns = runs.flatMap(({ access }) => access?.people ?? []).filter(isUserGroup);
  return [...new Set([...approvals.flatMap(({ policy }) => userGroupsIn(policy)), ...ofRuns])];
}

function isNamedIn(ids: readonly string[], { user, groups }: Asker): boolean {
  return ids.includes(user) || groups.some((group) => ids.includes(group));
}
