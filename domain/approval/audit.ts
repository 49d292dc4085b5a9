// What happened to one approval, in order: from what its workflow was told, task by task, and what it published of
// itself. What counted is a fact of the history; why something did not count is found by judging it again with
// domain/approval/decide.ts. Pure; for `coppice audit`, not for workflow code.

import type { ApprovalStatus, ApprovalView, Decision, Proof, Ruling, Vote } from '../../contracts/approval.ts';
import type { ApprovalEntry, AuditPerson, Of, RefusalCode } from './audit-entry.ts';
import { media } from '../../contracts/people.ts';
import { agrees, requirementsOf } from './consent.ts';
import { decidersOf } from './nobody.ts';
import { joinedSince } from './timing.ts';
import { decide, describeEnd, explainDenial, explainExpiry } from './decide.ts';

/** One thing that an approval's workflow was sent. `decision` is whatever the sender sent. */
export interface Received {
  /** When the server recorded it; ISO 8601, as all times here. */
  readonly at: string;
  readonly decision: unknown;
  /** The process that sent it, as Temporal names it. */
  readonly sender: string | null;
  /** The workflow's answer to an update; absent = a signal, which is not answered. */
  readonly ruling?: Ruling;
}

/** One task of the workflow: what it found when it woke, and what it published of itself then. */
export interface Step {
  /** The workflow's clock. */
  readonly at: string;
  readonly received: readonly Received[];
  /** Its view in lists, or its result; absent = it published none. */
  readonly view?: ApprovalView;
  /** Its search attribute; absent = unchanged. */
  readonly phase?: string;
}

export interface ApprovalHistory {
  /** As it was opened, or as an earlier execution left it. */
  readonly opened: ApprovalView;
  /** It continues an earlier execution, which tells of the request. */
  readonly continues?: true;
  readonly steps: readonly Step[];
  /** Recorded, and not seen by the workflow yet. */
  readonly waiting: readonly Received[];
  /** How the workflow ended; `lost` = it was terminated or failed, so that nobody can decide any more. */
  readonly end: 'open' | 'completed' | { readonly lost: string; readonly at: string; readonly sender: string | null };
}

/** `doubts`: what the history does not prove. */
export function auditApproval(history: ApprovalHistory): {
  readonly entries: readonly ApprovalEntry[];
  readonly doubts: readonly string[];
} {
  const trail = new Trail(history);
  for (const step of history.steps) trail.take(step);
  trail.finish();
  const { entries, doubts } = trail;
  return { entries, doubts };
}

class Trail {
  readonly entries: ApprovalEntry[] = [];
  readonly doubts: string[] = [];
  private readonly history: ApprovalHistory;
  /** Votes that the workflow has published, by decision. */
  private readonly counted: ReadonlyMap<string, Vote>;
  private view: ApprovalView;
  private endedAt: string | null = null;

  constructor(history: ApprovalHistory) {
    this.history = history;
    this.view = history.opened;
    this.counted = new Map((this.newest?.votes ?? []).map((vote) => [vote.decisionId, vote]));
    const { kind, summary, hash, policy, expiresAt, subject, since } = history.opened;
    if (history.continues === true) return;
    const requirements = requirementsOf(policy);
    this.add(since, null, {
      kind: 'requested',
      asks: kind,
      summary,
      hash,
      mayDecide: requirements.map(decidersOf),
      rules: requirements.map(({ rule }) => rule),
      expiresAt,
      requestedBy: subject.requestedBy,
    });
  }

  take({ at, received, view, phase }: Step): void {
    for (const each of inOrder(received)) this.judge(each, at);
    if (view !== undefined) this.adopt(view, at);
    if (phase !== undefined && phase !== 'open' && phase !== 'unseen') this.endedAt ??= at;
  }

  finish(): void {
    const { waiting, end } = this.history;
    for (const { at, decision, sender } of waiting) {
      this.add(at, personIn(decision), { kind: 'unjudged', ...namesIn(decision), sender });
    }
    if (typeof end === 'object') {
      this.add(end.at, senderAsPerson(end.sender), { kind: 'decided', outcome: 'lost', summary: end.lost });
      return;
    }
    const { status } = this.newest ?? this.view;
    if (status !== 'open') this.close(this.newest ?? this.view, status);
  }

  private get newest(): ApprovalView | undefined {
    return this.history.steps.findLast(({ view }) => view !== undefined)?.view;
  }

  private close(view: ApprovalView, status: Exclude<ApprovalStatus, 'open'>): void {
    const deciding = status === 'approved' ? view.votes.findLast(agrees) : view.votes.at(-1);
    const vote = status === 'approved' || status === 'denied' ? deciding : undefined;
    const summary =
      status === 'denied' ? explainDenial(view) : status === 'expired' ? explainExpiry(view) : describeEnd(view);
    const at = vote?.at ?? this.endedAt ?? this.history.steps.at(-1)?.at ?? view.since;
    this.add(at, vote === undefined ? null : personOf(vote.by), { kind: 'decided', outcome: status, summary });
  }

  private judge({ at: recordedAt, decision, sender, ruling: answered }: Received, at: string): void {
    if (typeof decision !== 'object' || decision === null) {
      // The workflow drops it without a word.
      const message = 'A decision must be an object.';
      this.add(at, null, { kind: 'refused', decisionId: null, decision: null, code: 'malformed', message, sender });
      return;
    }
    const before = this.view;
    const by = personIn(decision);
    const { decisionId } = namesIn(decision);
    const vote = decisionId === null ? undefined : this.counted.get(decisionId);
    const { view, ruling: judged } = decide(before, decision as Decision, at, proofOf(decision, vote));
    const isKnown = before.votes.some((each) => each.decisionId === decisionId);
    const ruling = answered ?? this.proven(judged, vote, { isKnown });
    if (!ruling.accepted) {
      const { code, message } = ruling;
      this.add(at, by, { kind: 'refused', ...namesIn(decision), code, message, sender });
    } else if (isKnown) {
      const { decision: choice } = namesIn(decision);
      this.add(recordedAt, by, { kind: 'repeated', decisionId: decisionId ?? '', decision: choice, sender });
    } else {
      this.view = judged.accepted
        ? view
        : { ...before, votes: vote === undefined ? before.votes : [...before.votes, vote] };
      const counted = vote ?? this.view.votes.at(-1);
      if (counted === undefined) return;
      const { by: person, at: votedAt, ...said } = counted;
      this.add(votedAt, personOf(person), { kind: 'voted', ...said, sender });
    }
  }

  /** What a signal came to: judged again, unless the published votes say otherwise. */
  private proven(judged: Ruling, vote: Vote | undefined, { isKnown }: { readonly isKnown: boolean }): Judged {
    if (isKnown) return judged;
    if (vote !== undefined) return { accepted: true };
    // The vote that closes an approval is published when its workflow ends.
    if (!judged.accepted || this.history.end !== 'completed') return judged;
    const ended = this.newest?.status;
    if (ended === 'cancelled' || ended === 'expired') {
      return { accepted: false, code: 'closed', message: `This is closed: ${ended}.` };
    }
    this.doubts.push('a decision did not count, and the history does not show why');
    return { accepted: false, code: 'unknown', message: 'It did not count; why is not known.' };
  }

  private adopt(next: ApprovalView, at: string): void {
    const before = this.view;
    const [reminders, remindedBefore] = [next.reminders ?? 0, before.reminders ?? 0];
    for (let times = remindedBefore + 1; times <= reminders; times++) this.add(at, null, { kind: 'reminded', times });
    if (next.escalatedAt !== undefined && next.escalatedAt !== before.escalatedAt) {
      this.add(next.escalatedAt, null, { kind: 'escalated', to: joinedSince(before.policy, next.policy) });
    }
    if (next.isOverdue === true && before.isOverdue !== true) this.add(at, null, { kind: 'overdue' });
    this.explainVotes(next);
    this.view = next;
  }

  /** A vote that nobody sent would mean that the history was read wrongly. */
  private explainVotes(next: ApprovalView): void {
    for (const { decisionId } of next.votes) {
      const isSent = this.entries.some((entry) => entry.kind === 'voted' && entry.decisionId === decisionId);
      if (!isSent) this.doubts.push(`the history does not show who sent the decision ${decisionId}`);
    }
  }

  private add(at: string, by: AuditPerson | null, what: Distributed<ApprovalEntry>): void {
    const { id: approval, unit } = this.history.opened;
    this.entries.push({ at, approval, unit, by, ...what });
  }
}

type Judged =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly code: RefusalCode; readonly message: string };

type Distributed<Entry> = Entry extends unknown ? Omit<Entry, keyof Of> : never;

/** As the workflow judges them: signals of one task first and a denial before them all, then updates. */
/** What its worker must have found: a proof that did not count was wrong. */
function proofOf({ by }: Partial<Decision>, vote: Vote | undefined): Proof {
  if (vote !== undefined) return 'valid';
  return typeof by === 'object' && by !== null && by.proof !== undefined ? 'wrong' : 'missing';
}

function inOrder(received: readonly Received[]): Received[] {
  const rank = ({ ruling, decision }: Received): number =>
    ruling !== undefined ? 2 : fieldOf(decision, 'decision') === 'deny' ? 0 : 1;
  return received.toSorted((a, b) => rank(a) - rank(b));
}

const longestName = 200;

/** Anyone who can write to the namespace can send anything, so nothing of it is taken for granted. */
function namesIn(decision: unknown): {
  readonly decisionId: string | null;
  readonly decision: Decision['decision'] | null;
} {
  const choice = textIn(decision, 'decision');
  return {
    decisionId: textIn(decision, 'decisionId'),
    decision: choice === 'approve' || choice === 'deny' || choice === 'answer' ? choice : null,
  };
}

function personIn(decision: unknown): AuditPerson | null {
  const by = fieldOf(decision, 'by');
  const [id, name] = [textIn(by, 'id'), textIn(by, 'name')];
  const channel = media.find((medium) => medium === textIn(by, 'channel'));
  return channel === undefined || (id === null && name === null) ? null : { channel, id, name: name ?? id ?? '' };
}

function personOf({ channel, id, name }: Vote['by']): AuditPerson {
  return { channel, id, name };
}

function senderAsPerson(sender: string | null): AuditPerson | null {
  return sender === null ? null : { channel: 'temporal', id: sender, name: sender };
}

function textIn(value: unknown, name: string): string | null {
  const text = fieldOf(value, name);
  return typeof text === 'string' && text !== '' ? text.slice(0, longestName) : null;
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
