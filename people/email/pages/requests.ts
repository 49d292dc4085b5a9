// Requests for decision pages. Only a POST decides, so programs that look into mails may open a link as often as they
// like. The token in the path is all that is needed, and nothing reaches Temporal without a good one.

import type { IncomingMessage } from 'node:http';
import type { AnswerParts, DecisionSender } from '../../medium.ts';
import type { ApprovalView, Decision } from '../../../contracts/approval.ts';
import { type Entered, readForm } from './form.ts';
import { type Grant, decisionIdOf, readToken } from '../token.ts';
import type { LinkSettings } from '../environment.ts';
import {
  type Page,
  awayPage,
  badLinkPage,
  foreignPage,
  gonePage,
  lostPage,
  recordedPage,
  sendPage,
  tooLargePage,
  unreadablePage,
} from './page.ts';
import { type Route, bodyLimitBytes, pathOf, readBody } from '../../http.ts';
import { decide } from '../../../domain/approval/decide.ts';
import { decisionPage } from './decision-page.ts';
import { errorText } from '../../../domain/errors.ts';
import { mayDecideByMail } from '../../../domain/approval/by-mail.ts';
import pTimeout from 'p-timeout';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long somebody who has decided waits for the answer, before the page says that it is recorded. */
const judgedWithinMs = 4_000;
const lookAgainMs = 150;
/** How long a decision waits to be compared with its approval before it is sent all the same. */
const comparedWithinMs = 2_000;

interface Visitor extends Grant {
  readonly decisionId: string;
}

export function decisionRequests(settings: LinkSettings, { sender, log }: AnswerParts): Route {
  return async (request, response) => {
    const token = (pathOf(request.url) ?? '').split('/').at(-1) ?? '';
    const grant = readToken(token, settings.secret, Date.now());
    if (grant === null) return sendPage(request, response, badLinkPage);
    const visitor = { ...grant, decisionId: decisionIdOf(token) };
    const page =
      request.method === 'POST' ? await take(request, visitor, { sender, log, settings }) : await show(visitor, sender);
    return sendPage(request, response, page);
  };
}

async function show(visitor: Visitor, sender: DecisionSender): Promise<Page> {
  const found = await look(visitor, sender);
  return 'page' in found ? found.page : decisionPage(visitOf(found.view, visitor));
}

interface TakeParts extends Omit<AnswerParts, 'desk'> {
  readonly settings: LinkSettings;
}

async function take(request: IncomingMessage, visitor: Visitor, parts: TakeParts): Promise<Page> {
  if (isForeign(request, parts.settings.publicUrl)) return foreignPage;
  if (Number(request.headers['content-length'] ?? 0) > bodyLimitBytes) return tooLargePage;
  const body = await readBody(request).catch(() => '');
  if (body === null) return tooLargePage;
  const form = readForm(body, request.headers['content-type']);
  if (form === null) return unreadablePage;
  const found = await pTimeout(look(visitor, parts.sender), {
    milliseconds: comparedWithinMs,
    fallback: () => ({ page: awayPage }),
  });
  // It may be decided all the same when no worker answers: what is sent is kept.
  if ('page' in found && found.page !== awayPage) return found.page;
  const view = 'view' in found ? found.view : null;
  if ('problem' in form) {
    return view === null ? awayPage : decisionPage(visitOf(view, visitor), { status: 422, ...form });
  }
  const decision = decisionOf(form.entered, visitor);
  const refusal = view === null ? null : refuse(view, visitor, decision);
  return refusal ?? (await send(decision, visitor, parts));
}

/** The page for a decision that would not count; null = it would. */
function refuse(view: ApprovalView, visitor: Visitor, decision: Decision): Page | null {
  const visit = visitOf(view, visitor);
  if (visit.vote !== undefined || view.status !== 'open' || !mayDecideByMail(view)) {
    const isRepeated = visit.vote?.decision === decision.decision;
    const { status, ...page } = decisionPage(visit);
    return { ...page, status: isRepeated ? status : mayDecideByMail(view) ? 409 : 403 };
  }
  const { ruling } = decide(view, decision, decision.at);
  if (ruling.accepted) return null;
  const status = ruling.code === 'not-allowed' ? 403 : 422;
  const words = decision.reason ?? decision.text ?? '';
  return decisionPage(visit, { status, problem: ruling.message, words });
}

async function send(decision: Decision, visitor: Visitor, { sender, log }: TakeParts): Promise<Page> {
  const about = { approval: visitor.approval, by: visitor.address, decision: decision.decision };
  try {
    const outcome = await sender.send(visitor.approval, decision);
    log.info({ ...about, outcome }, 'decision by e-mail');
  } catch (error) {
    log.warn({ ...about, reason: errorText(error) }, 'a decision by e-mail could not be recorded');
    return lostPage;
  }
  const view = await judged(visitor, sender);
  if (view === null) return recordedPage;
  const visit = visitOf(view, visitor);
  return visit.vote === undefined ? { ...decisionPage(visit), status: 409 } : decisionPage(visit);
}

/** The approval once it has judged the decision, or has ended; null if that takes long. */
async function judged(visitor: Visitor, sender: DecisionSender): Promise<ApprovalView | null> {
  const end = Date.now() + judgedWithinMs;
  while (Date.now() < end) {
    const found = await look(visitor, sender);
    if ('page' in found) return null;
    if (visitOf(found.view, visitor).vote !== undefined || found.view.status !== 'open') return found.view;
    await sleep(lookAgainMs);
  }
  return null;
}

/** The approval that the link is about, or the page that says why it cannot be shown. */
async function look(
  { approval, hash }: Grant,
  sender: DecisionSender,
): Promise<{ readonly view: ApprovalView } | { readonly page: Page }> {
  try {
    const view = await sender.read(approval);
    // Another approval has this id by now.
    return view.hash === hash ? { view } : { page: badLinkPage };
  } catch (error) {
    const isGone = error instanceof Error && error.name === 'WorkflowNotFoundError';
    return { page: isGone ? gonePage : awayPage };
  }
}

function visitOf(view: ApprovalView, { address, decisionId }: Visitor) {
  return { view, address, vote: view.votes.find((vote) => vote.decisionId === decisionId) };
}

function decisionOf(entered: Entered, { hash, address, decisionId }: Visitor): Decision {
  const by = { channel: 'email', id: address, name: address } as const;
  return { decisionId, hash, by, ...entered, at: new Date().toISOString() };
}

/**
 * A form of another website. Without these headers it is taken: whoever knows the token may send it by any program.
 * Browsers name no origin where pages tell nobody where they were linked from, as ours do.
 */
function isForeign({ headers }: IncomingMessage, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = headers;
  return origin !== undefined && origin !== 'null' && origin !== new URL(publicUrl).origin;
}
