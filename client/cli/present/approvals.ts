// `coppice approvals` for people: what is asked, on what, until when, and the command that answers.

import type { ApprovalView } from '../../../domain/approval.ts';
import type { OpenApproval } from '../../status.ts';
import type { Paint, TextStream } from './colour.ts';
import { columnsOf, fit, inertLine } from './inert.ts';
import { elapsed } from './amounts.ts';
import { mayDecide } from '../../../domain/approval.ts';
import { painterFor } from './colour.ts';

/** More paths than this are only counted. */
const pathsShown = 5;

export function approvalsText(approvals: readonly ApprovalView[], stream: TextStream, now = new Date()): string {
  if (approvals.length === 0) return 'no approval is waiting';
  const paint = painterFor(stream);
  return approvals
    .map((approval) => {
      const [first = '', ...rest] = approvalLines(approval, paint, now);
      return [first, ...subjectLines(approval), ...rest].join('\n');
    })
    .join('\n\n');
}

export interface Sides {
  readonly mine: OpenApproval[];
  readonly others: OpenApproval[];
}

/** What a person may decide on the command line, those that ask for nobody in particular last; and what others must. */
export function byWhoDecides(approvals: readonly OpenApproval[], user: string): Sides {
  const may = approvals.filter(({ policy }) => mayDecide(policy, { channel: 'cli', id: user }));
  const named = may.filter(({ policy }) => policy.allowed !== null);
  const anybody = may.filter(({ policy }) => policy.allowed === null);
  const mine = [...named, ...anybody];
  return { mine, others: approvals.filter((approval) => !mine.includes(approval)) };
}

/** Who asks what, since when and until when, and how to answer. Never cut: people decide by it. */
export function approvalLines(
  { id, unit, summary, since, expiresAt }: OpenApproval,
  paint: Paint,
  now: Date,
): string[] {
  return [
    paint('yellow', inertLine(`? ${unit}: ${summary}`)),
    paint('dim', `  asked ${elapsed(since, now)} ago, expires in ${elapsed(now.toISOString(), expiresAt)}`),
    `  ${approveCommand(id, Infinity)}`,
  ];
}

/** The command to copy; where it has no room, the one that lists it, because half a command is of no use. */
export function approveCommand(id: string, width: number): string {
  const command = `coppice approve ${inertLine(id)}`;
  return columnsOf(command) <= width ? command : fit('coppice approvals', width);
}

function subjectLines({ run, subject, policy }: ApprovalView): string[] {
  const more = subject.pathCount - Math.min(pathsShown, subject.paths.length);
  return [
    `${run}: ${subject.title}`,
    `lands on ${subject.branch} of ${subject.repository}, asked for by ${subject.requestedBy}`,
    `because of ${policy.rule}`,
    ...subject.paths.slice(0, pathsShown),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].map((line) => `  ${inertLine(line)}`);
}
