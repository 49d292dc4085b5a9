// Turns what a person does in Slack into an intent: a decision, or a window to open. Parsed once, here; all later code gets
// typed values.

import { z } from 'zod';
import type { Decision } from '../../../contracts/approval.ts';
import type { ClickOrigin } from './click-origin.ts';
import { type ButtonValue, actions, parseButtonValue } from '../card.ts';
import { type PageValue, pageAction, parsePageValue } from '../details.ts';
import { callbacks, input, parseContext } from '../modals.ts';

const person = {
  user: z.object({
    id: z.string().min(1),
    name: z.string().optional(),
    username: z.string().optional(),
    team_id: z.string().nullish(),
  }),
  /** Null if the app is installed for a whole organisation. */
  team: z.object({ id: z.string(), enterprise_id: z.string().nullish() }).nullish(),
  enterprise: z.object({ id: z.string() }).nullish(),
};

const click = z.object({
  ...person,
  trigger_id: z.string().default(''),
  /** The window that the button is in. */
  view: z.object({ id: z.string() }).optional(),
  channel: z.object({ id: z.string() }).optional(),
  container: z.object({ message_ts: z.string().optional(), channel_id: z.string().optional() }).optional(),
  actions: z
    .array(z.object({ action_id: z.string(), action_ts: z.string().default(''), value: z.string().default('') }))
    .min(1),
});

const submission = z.object({
  ...person,
  type: z.literal('view_submission'),
  view: z.object({
    id: z.string().min(1),
    callback_id: z.string(),
    private_metadata: z.string(),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), z.object({ value: z.string().nullish() }))) }),
  }),
});

interface Person {
  readonly user: string;
  readonly origin: ClickOrigin;
  /** Channel for a private answer. */
  readonly channel: string | null;
}

export interface Click extends Person {
  readonly type: 'decision';
  /** Workflow id of the approval. */
  readonly approval: string;
  /** User groups whose members may decide; null = the approval has to say, because they are too many for a button. */
  readonly groups: readonly string[] | null;
  readonly decision: Decision;
}

export type Window = 'deny' | 'answer' | 'details';

export interface Opening extends Person {
  readonly type: 'open';
  readonly window: Window;
  readonly value: ButtonValue;
  /** Slack's ticket for opening it, good for 3 s. */
  readonly trigger: string;
  /** The denial without a reason. */
  readonly denial: Click;
}

/** Another page of the window with details. */
export interface Turning extends Person {
  readonly type: 'turn';
  readonly window: string;
  readonly value: PageValue;
}

export type Intent = Click | Opening | Turning;

/** Null for anything but our own buttons and windows. `at` is ISO 8601. */
export function readIntent(body: unknown, at: string): Intent | null {
  const submitted = submission.safeParse(body);
  return submitted.success ? readSubmission(submitted.data, at) : readClick(body, at);
}

function readClick(body: unknown, at: string): Intent | null {
  const parsed = click.safeParse(body);
  const action = parsed.data?.actions[0];
  if (parsed.data === undefined || action === undefined) return null;
  const { team, container, trigger_id: trigger } = parsed.data;
  if (action.action_id.startsWith(pageAction)) return readTurning(parsed.data, action.value);
  const value = parseButtonValue(action.value);
  const name = (Object.keys(actions) as (keyof typeof actions)[]).find((each) => actions[each] === action.action_id);
  if (value === null || name === undefined) return null;
  const who = { ...personOf(parsed.data), channel: parsed.data.channel?.id ?? container?.channel_id ?? null };
  const decided = (decision: 'approve' | 'deny', more: Pick<Decision, 'remember'> = {}): Click => ({
    ...who,
    type: 'decision',
    approval: value.id,
    groups: groupsOf(value),
    decision: {
      // A redelivered click has the same parts; another click has another action_ts.
      decisionId: idOf('slack', team?.id, who.channel, container?.message_ts, action.action_ts, who.user, decision),
      hash: value.hash,
      decision,
      by: deciderOf(parsed.data),
      at,
      ...more,
    },
  });
  if (name === 'approve') return decided('approve');
  if (name === 'approveForRun') return decided('approve', { remember: 'run' });
  return { ...who, type: 'open', window: name, value, trigger, denial: decided('deny') };
}

function readTurning(data: z.output<typeof click>, text: string): Turning | null {
  const [value, window] = [parsePageValue(text), data.view?.id];
  return value === null || window === undefined
    ? null
    : { ...personOf(data), channel: null, type: 'turn', window, value };
}

function readSubmission(data: z.output<typeof submission>, at: string): Click | null {
  const { view, team, user } = data;
  const context = parseContext(view.private_metadata);
  const words = (view.state.values[input.block]?.[input.action]?.value ?? '').trim();
  if (context === null) return null;
  const isAnswer = view.callback_id === callbacks.answer;
  if (!isAnswer && view.callback_id !== callbacks.deny) return null;
  // Slack itself wants a text for an answer.
  if (isAnswer && words === '') return null;
  const decision = isAnswer ? 'answer' : 'deny';
  return {
    ...personOf(data),
    type: 'decision',
    channel: context.channel,
    approval: context.id,
    groups: groupsOf(context),
    decision: {
      // A window is sent in once; a redelivery has the same id.
      decisionId: idOf('slack', team?.id, view.id, user.id, decision),
      hash: context.hash,
      decision,
      by: deciderOf(data),
      at,
      ...(isAnswer ? { text: words } : words === '' ? {} : { reason: words }),
    },
  };
}

function groupsOf({ groups = [], moreGroups }: ButtonValue): Click['groups'] {
  return moreGroups === true ? null : groups;
}

function idOf(...parts: readonly (string | null | undefined)[]): string {
  return parts
    .map((part) => part ?? '')
    .join(':')
    .slice(0, 200);
}

type Sent = Pick<z.output<typeof click>, 'user' | 'team' | 'enterprise'>;

function personOf({ user, team, enterprise }: Sent): Pick<Person, 'user' | 'origin'> {
  return {
    user: user.id,
    origin: {
      team: team?.id ?? null,
      userTeam: user.team_id ?? null,
      enterprise: enterprise?.id ?? null,
      teamEnterprise: team?.enterprise_id ?? null,
    },
  };
}

function deciderOf({ user }: Sent): Decision['by'] {
  return { channel: 'slack', id: user.id, name: user.name ?? user.username ?? user.id };
}
