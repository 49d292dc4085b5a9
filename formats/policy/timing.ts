// How long people have for a decision, by the rules that ask them.

import type { ApprovalPolicy, ApprovalTiming } from '../../contracts/approval.ts';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import { approvalTtlSeconds } from '../../domain/approval/decide.ts';
import { earliest } from '../../domain/approval/timing.ts';
import { togetherOf } from '../../contracts/people.ts';

export function timingOf(
  { people }: Config,
  { withinSeconds, silence, remindSeconds, escalate }: PolicyRule,
): ApprovalTiming {
  return {
    ...(withinSeconds === undefined ? {} : { withinSeconds }),
    ...(silence === undefined ? {} : { silence }),
    ...(remindSeconds === undefined ? {} : { remindSeconds }),
    ...(escalate === undefined
      ? {}
      : { escalate: { ...escalate, people: togetherOf(escalate.to.flatMap((name) => people[name] ?? [])) } }),
  };
}

/**
 * The shortest times of all; silence means no if it does in one of them. One that does not say how long people have, or
 * what silence means, counts with what is usual.
 */
export function strictest(timings: readonly ApprovalTiming[]): Pick<ApprovalPolicy, 'timing'> {
  const within = timings.some(({ withinSeconds }) => withinSeconds !== undefined)
    ? timings.map(({ withinSeconds = approvalTtlSeconds }) => withinSeconds)
    : [];
  const finite = within.filter((seconds) => seconds !== null);
  const silences = timings.some(({ silence }) => silence !== undefined)
    ? timings.map(({ silence = 'deny' }) => silence)
    : [];
  const reminders = timings.flatMap(({ remindSeconds }) => remindSeconds ?? []);
  const escalations = timings.flatMap(({ escalate }) => escalate ?? []);
  const timing: ApprovalTiming = {
    ...(within.length === 0 ? {} : { withinSeconds: finite.length === 0 ? null : Math.min(...finite) }),
    ...(silences.length === 0 ? {} : { silence: silences.includes('deny') ? 'deny' : 'pause' }),
    ...(reminders.length === 0 ? {} : { remindSeconds: Math.min(...reminders) }),
    ...earliest(escalations),
  };
  return Object.keys(timing).length === 0 ? {} : { timing };
}

/** Without an answer about money, whoever has spent theirs goes on waiting: nothing is lost. */
export function withUsual(action: PolicyRule['action'], timing: ApprovalTiming): Pick<ApprovalPolicy, 'timing'> {
  return strictest(action === 'budget' ? [{ silence: 'pause', ...timing }] : [timing]);
}
