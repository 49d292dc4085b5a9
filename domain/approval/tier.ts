// The highest tier: decisions that must come from where the person is known. They carry the proof of a gateway, and none
// comes by e-mail.

import type { ApprovalPolicy, Decision, DecisionMaker, Proof } from '../../contracts/approval.ts';

type Tiered = Pick<ApprovalPolicy, 'tier'>;

/** Whether somebody must look at the proof of a decision before it counts. A denial needs none: in doubt, it is no. */
export function needsProof({ tier }: Tiered, { decision }: Pick<Decision, 'decision'>): boolean {
  return tier === 'critical' && decision !== 'deny';
}

export function mayDecideBy({ tier }: Tiered, channel: DecisionMaker['channel']): boolean {
  return tier !== 'critical' || channel !== 'email';
}

/** Whether a consent may hold for the same call again: a critical one is asked about each time. */
export function mayRemember({ tier }: Tiered): boolean {
  return tier !== 'critical';
}

/** Why a decision does not count for its tier; null = it does. */
export function explainUnproven(policy: Tiered, decision: Decision, proof: Proof): string | null {
  if (!needsProof(policy, decision)) return null;
  if (!mayDecideBy(policy, decision.by.channel))
    return 'This is critical, and critical decisions are not made by e-mail.';
  switch (proof) {
    case 'valid':
      return null;
    case 'missing':
      return decision.by.channel === 'slack'
        ? 'This is critical, and your click carries no proof: the gateway needs COPPICE_TOKEN_SECRET.'
        : 'This is critical: decide in Slack, or where COPPICE_TOKEN_SECRET is set.';
    case 'wrong':
      return `This is critical, and the proof of your decision is wrong: ${signerOf(decision)} has another COPPICE_TOKEN_SECRET than the workers, or somebody has forged it.`;
    case 'unknown':
      return 'This is critical, and the workers cannot check who decides: they need COPPICE_TOKEN_SECRET.';
  }
}

function signerOf({ by }: Decision): string {
  return by.channel === 'cli' ? 'your command line' : 'the gateway';
}
