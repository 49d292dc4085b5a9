// E-mail for an approval: who gets it, and whether they may decide by it. The link in a mail is personal, so each of them
// is a channel of their own. Pure.

import type { ApprovalView } from '../../contracts/approval.ts';
import type { ChannelAddress } from '../../contracts/people.ts';
import { askedBy, couldAgree, mayAgree, requirementsOf } from './consent.ts';
import { mayDecideBy } from './tier.ts';
import { isMailAddress } from '../text/mail-address.ts';

/** Of one approval. */
export const mostRecipients = 50;

/** A mailbox is not a safe place for the highest tier: its mails tell, and decide nothing. */
export function mayDecideByMail({ policy }: Pick<ApprovalView, 'policy'>): boolean {
  return mayDecideBy(policy, 'email');
}

/** E-mail as a channel in a run's settings: the addresses that are asked where anybody may decide. */
export function mailChannel(addresses: readonly string[]): string {
  return addresses.join(', ');
}

/** The channels of one approval: that of e-mail stands for one for each of its recipients. */
export function addressesOf(channels: readonly ChannelAddress[], view: ApprovalView): ChannelAddress[] {
  return channels.flatMap((address) =>
    address.medium === 'email'
      ? recipientsOf(view, address.channel.split(', ')).map((channel) => ({ ...address, channel }))
      : [address],
  );
}

/** Who may decide, except those whose consent would not count because they have asked for it. */
export function recipientsOf(view: ApprovalView, whereAnybodyMay: readonly string[]): string[] {
  const asked = askedBy(view);
  const all = requirementsOf(view.policy).flatMap((requirement) =>
    (requirement.allowed === null ? whereAnybodyMay : (requirement.allowed.email ?? [])).filter(
      (id) => mayAgree(requirement, asked, { channel: 'email', id }) !== 'requester',
    ),
  );
  return [...new Set(all)].filter(isMailAddress).slice(0, mostRecipients);
}

/** Whether it still waits for this person, so that a reminder is of use. */
export function waitsFor(view: ApprovalView, address: string): boolean {
  return view.status === 'open' && couldAgree(view, { channel: 'email', id: address });
}
