// Terms of one rule of coppice.yaml that contradict each other, or that could never come to anything.

import { approvalTtlSeconds } from '../../domain/approval/decide.ts';
import { secondsOf } from '../yaml/fields.ts';

type Period = string | number;

/** A rule, as far as it says how people are asked. */
interface Terms {
  readonly action: string;
  readonly by?: readonly string[] | undefined;
  readonly within?: Period;
  readonly silence?: 'deny' | 'pause';
  readonly remind?: Period;
  readonly escalate?: { readonly after: Period };
}

interface WrongTerm {
  readonly path: readonly string[];
  /** Continues the name of the field. */
  readonly message: string;
}

/** Without an answer about these, whoever asks waits, so people may still decide when their time is over. */
const waiting: ReadonlySet<string> = new Set(['budget', 'plan']);

/** Of a rule that asks. */
export function wrongTerms({ action, by, within, silence, remind, escalate }: Terms): WrongTerm[] {
  const wrong: WrongTerm[] = [];
  if (silence !== undefined && within === 'never') {
    const message =
      'says what it means if nobody decides in time, and with `within: never` there is always time: remove one of them';
    wrong.push({ path: ['silence'], message });
  }
  if (escalate !== undefined && by === undefined) {
    const message = 'lets others decide, too, and without `by` anybody may at once: add `by`, or remove escalate';
    wrong.push({ path: ['escalate'], message });
  }
  const isOver = silence === undefined ? !waiting.has(action) : silence === 'deny';
  if (!isOver || within === 'never') return wrong;
  const longest = within === undefined ? approvalTtlSeconds : secondsOf(within);
  const time =
    within === undefined ? '7 days, as in a rule without `within`' : `the time that \`within\` gives (${within})`;
  for (const [path, period] of [
    [['remind'], remind],
    [['escalate', 'after'], escalate?.after],
  ] as const) {
    if (period === undefined || secondsOf(period) < longest) continue;
    wrong.push({ path, message: `must be shorter than ${time}: silence means no then` });
  }
  return wrong;
}
