// The mails about an approval, as data: a request, a reminder, more people who may decide, and how it ended. One thread per
// approval and person; ids depend on what is said to whom and on nothing else, so that mail programs recognise one
// that was sent twice.

import { createHash } from 'node:crypto';
import type { ApprovalView } from '../../contracts/approval.ts';
import type { MailEnvironment } from './environment.ts';
import {
  type Part,
  capital,
  cardExtent,
  describeFacts,
  describeSubject,
  headlineOf,
  whoDecides,
  whereOf,
} from '../describe-approval.ts';
import { describeEnd, takesWords } from '../../domain/approval/decide.ts';
import { explainProgress } from '../../domain/approval/consent.ts';
import { explainRemembering, rememberedOf } from '../../domain/approval/remembering.ts';
import { grantFor, tokenOf } from './token.ts';
import type { Notice } from '../../contracts/notices.ts';
import type { PostedCard } from '../../contracts/people.ts';
import { describeNotice } from '../describe-notice.ts';
import { inertLine } from '../../domain/text/inert.ts';
import { keyOf } from '../../domain/approval/persons.ts';
import { mayDecideByMail } from '../../domain/approval/by-mail.ts';
import { timeText } from './draw/time.ts';

export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly messageId: string;
  /** The first mail of the thread; null = this is it. */
  readonly answers: string | null;
  readonly headline: string;
  /** What it is about, in foreign words. */
  readonly title: string;
  /** Our own words, or inert ones. */
  readonly lead: readonly string[];
  readonly link: { readonly label: string; readonly url: string } | null;
  readonly parts: readonly Part[];
  readonly foot: readonly string[];
}

type Occasion = 'request' | 'reminder' | 'outcome' | 'reply';

const longestSubject = 150;

/** The path of decision pages below the gateway's address. */
export const pagePath = '/decide/';

export type LetterSettings = Pick<MailEnvironment, 'from' | 'publicUrl' | 'secret'>;

export function requestLetter(view: ApprovalView, to: string, settings: LetterSettings): Letter {
  const { escalatedAt } = view;
  const lead = [...(escalatedAt === undefined ? [] : ['Nobody has decided yet, so you may now.']), ...leadOf(view)];
  return {
    ...frame(view, { to, occasion: 'request', mark: '' }, settings),
    headline: headlineOf(view),
    lead,
    link: linkFor(view, to, settings),
    parts: [...describeSubject(view, { ...cardExtent, hasForm: mayDecideByMail(view) }), describeFacts(view)],
    foot: footOf(view),
  };
}

export function reminderLetter(view: ApprovalView, to: string, settings: LetterSettings): Letter {
  const { escalatedAt, reminders = 0 } = view;
  const mark = `${reminders}/${escalatedAt ?? ''}`;
  const more = escalatedAt === undefined ? [] : ['Nobody has decided yet, so more people may.'];
  return {
    ...frame(view, { to, occasion: 'reminder', mark }, settings),
    headline: 'Still waits for your decision',
    lead: [...more, ...leadOf(view)],
    link: linkFor(view, to, settings),
    parts: [describeFacts(view)],
    foot: footOf(view),
  };
}

export function outcomeLetter(view: ApprovalView, to: string, settings: LetterSettings): Letter {
  const vote = view.votes.at(-1);
  const rule = rememberedOf(view);
  const own = view.votes.some(({ by }) => by.channel === 'email' && keyOf('email', by.id) === keyOf('email', to));
  return {
    ...frame(view, { to, occasion: 'outcome', mark: view.status }, settings),
    headline: capital(describeEnd(view)),
    lead: [
      endingOf(view),
      ...(vote === undefined ? [] : [`The last decision was made at ${timeText(vote.at)}.`]),
      ...(rule === null ? [] : [`The call is ${explainRemembering(rule.remember)}.`]),
      ...(own
        ? [
            `Your link was used to decide this. If that was not you, somebody else reads your mail: tell the people who run Coppice at once.`,
          ]
        : []),
    ],
    link: null,
    parts: [
      ...(vote?.reason ? [{ kind: 'quoted', name: 'Reason', lines: [vote.reason], form: 'prose' } as const] : []),
      ...(vote?.text ? [{ kind: 'quoted', name: 'Answer', lines: [vote.text], form: 'prose' } as const] : []),
      describeFacts(view),
    ],
    foot: [],
  };
}

/** A notice of a run; null = there is nothing that is worth a mail. `thread`: the run's first mail to this person. */
export function noticeLetter(
  notice: Notice,
  { to, thread }: { readonly to: string; readonly thread: PostedCard | null },
  { from }: LetterSettings,
): Letter | null {
  const said = describeNotice(notice);
  if (said === null || notice.kind === 'run-begun') return null;
  const { id, run, repository, branch, goal, requestedBy } = notice;
  const subject = `Run ${run}: ${inertLine(goal === '' ? repository : goal, longestSubject)}`;
  return {
    to,
    subject: thread === null ? subject : `Re: ${subject}`,
    messageId: idOf(['notice', id, to], from.address),
    answers: thread?.ts ?? null,
    headline: `Run ${run}`,
    title: goal,
    lead: [said.text],
    link: null,
    parts: [
      ...said.parts,
      {
        kind: 'facts',
        rows: [
          ['Repository', repository],
          ['Branch', branch],
          ['Started by', requestedBy],
        ],
      },
    ],
    foot: ['Nobody reads replies to this mail.'],
  };
}

/** About a decision that did not count. The approval is only known by its request. */
export function replyLetter(
  text: string,
  { to, answers }: { to: string; answers: string },
  { from }: LetterSettings,
): Letter {
  return {
    to,
    subject: 'Your decision did not count',
    messageId: idOf(['reply', answers, text], from.address),
    answers,
    headline: 'Your decision did not count',
    title: '',
    lead: [inertLine(text)],
    link: null,
    parts: [],
    foot: [],
  };
}

interface Frame {
  readonly to: string;
  readonly occasion: Occasion;
  /** Tells mails of the same occasion apart. */
  readonly mark: string;
}

function frame(view: ApprovalView, { to, occasion, mark }: Frame, { from }: LetterSettings) {
  const first = requestId(view, to, from.address);
  const isFirst = occasion === 'request';
  // The same subject, because some mail programs go by it.
  const subject = `Decide: ${inertLine(view.summary, longestSubject)}`;
  return {
    to,
    subject: isFirst ? subject : `Re: ${subject}`,
    messageId: isFirst ? first : idOf([occasion, mark, first], from.address),
    answers: isFirst ? null : first,
    title: view.subject.title,
  };
}

function requestId({ id, hash, since }: ApprovalView, to: string, from: string): string {
  return idOf(['request', id, hash, since, to], from);
}

function idOf(parts: readonly string[], from: string): string {
  const hash = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32);
  return `<coppice.${hash}@${from.slice(from.lastIndexOf('@') + 1)}>`;
}

function leadOf(view: ApprovalView): string[] {
  const progress = explainProgress(view);
  return [
    inertLine(`${capital(whereOf(view))}, which ${view.subject.requestedBy} started, on ${view.subject.branch}.`),
    ...(progress === null ? [] : [inertLine(`${progress}.`)]),
    inertLine(whoDecides(view, { names: (text) => text, when: timeText })),
    ...(mayDecideByMail(view) ? [] : [criticalText(view)]),
  ];
}

function criticalText({ id }: ApprovalView): string {
  return `This is critical, so no e-mail decides it: decide it in Slack, or on a command line that has COPPICE_TOKEN_SECRET, with coppice approve ${id}`;
}

function linkFor(view: ApprovalView, to: string, { publicUrl, secret }: LetterSettings): Letter['link'] {
  if (!mayDecideByMail(view)) return null;
  const url = `${publicUrl}${pagePath}${tokenOf(grantFor(view, to), secret)}`;
  return { label: view.kind === 'question' ? 'Answer …' : 'Look and decide …', url };
}

function footOf(view: ApprovalView): string[] {
  const commands = [
    ...(view.kind === 'question' ? [] : [`coppice approve ${view.id}`]),
    ...(takesWords(view) ? [`coppice answer ${view.id} "…"`] : []),
  ];
  const ways = [
    'The link is yours alone: whoever has it decides in your name, so do not forward this mail.',
    `On the command line: ${commands.join(', or ')}`,
  ];
  return [...(mayDecideByMail(view) ? ways : []), 'Nobody reads replies to this mail.'];
}

function endingOf(view: ApprovalView): string {
  switch (view.status) {
    case 'expired':
      return 'Nobody, or not everybody, decided in time.';
    case 'cancelled':
      return 'It is no longer needed.';
    default:
      return 'Nothing more is needed of you.';
  }
}
