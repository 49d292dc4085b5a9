// Who belongs to a user group, as Slack says it: asked when somebody decides, and remembered for a few minutes, so that who is
// taken out of a group can decide no more soon after. A group that Slack does not tell about has no members, and is named as
// unknown, so that nobody is told that they are not in it.

import type { webApi } from '@slack/bolt';
import type { Logger } from 'pino';
import pTimeout from 'p-timeout';
import type { DecisionMaker } from '../../contracts/approval.ts';
import { errorText } from '../../domain/errors.ts';
import { isUserGroup, mostGroupsOfDecision } from '../../domain/approval/user-groups.ts';

const freshMs = 3 * 60_000;
/** How long a click may wait for it; Slack allows 3 s in total. */
const patienceMs = 800;
/**
 * Groups that Slack is asked about for one decision: it answers about 20 times in a minute. Who is in the others is unknown, and
 * asked when the person tries again.
 */
const mostAsked = 20;

export type Membership = Pick<DecisionMaker, 'groups' | 'unknownGroups'>;

interface Known {
  readonly members: Promise<ReadonlySet<string>>;
  readonly until: number;
}

export class UserGroups {
  private readonly slack: webApi.WebClient;
  private readonly log: Logger;
  private readonly patience: number;
  private readonly known = new Map<string, Known>();

  constructor(slack: webApi.WebClient, log: Logger, patience = patienceMs) {
    this.slack = slack;
    this.patience = patience;
    this.log = log;
  }

  /** Those of `groups` that a person belongs to, and those of which nobody knows now. Never rejects. */
  async of(user: string, groups: readonly string[]): Promise<Membership> {
    const all = [...new Set(groups)].filter(isUserGroup);
    const later = new Set(all.filter((group) => !this.isKnown(group)).slice(mostAsked));
    const answers = await Promise.all(
      all.map(async (group) => ({ group, isIn: later.has(group) ? null : await this.isIn(user, group) })),
    );
    const having = (answer: boolean | null): string[] =>
      answers.flatMap(({ group, isIn }) => (isIn === answer ? [group] : [])).slice(0, mostGroupsOfDecision);
    const [member, unknown] = [having(true), having(null)];
    return {
      ...(member.length === 0 ? {} : { groups: member }),
      ...(unknown.length === 0 ? {} : { unknownGroups: unknown }),
    };
  }

  /** Null = unknown. */
  private async isIn(user: string, group: string): Promise<boolean | null> {
    try {
      return (await pTimeout(this.membersOf(group), { milliseconds: this.patience })).has(user);
    } catch (error) {
      this.log.warn(
        { group, reason: errorText(error) },
        'Slack does not say who is in a user group; nobody counts as in it',
      );
      return null;
    }
  }

  private isKnown(group: string): boolean {
    const known = this.known.get(group);
    return known !== undefined && Date.now() < known.until;
  }

  private membersOf(group: string): Promise<ReadonlySet<string>> {
    const known = this.known.get(group);
    if (known !== undefined && Date.now() < known.until) return known.members;
    const members = this.slack.usergroups.users.list({ usergroup: group }).then(({ users = [] }) => new Set(users));
    this.known.set(group, { members, until: Date.now() + freshMs });
    // The next one who decides asks again.
    members.catch(() => this.known.delete(group));
    return members;
  }
}
