// Turns a click in Slack into a decision: who clicked which button of which card. Parsed once, here; all later code
// gets typed values.

import { z } from 'zod';
import type { Decision } from '../../../contracts/approval.ts';
import type { ClickOrigin } from './click-origin.ts';
import { actions, parseButtonValue } from '../card.ts';

const click = z.object({
  user: z.object({
    id: z.string().min(1),
    name: z.string().optional(),
    username: z.string().optional(),
    team_id: z.string().nullish(),
  }),
  /** Null if the app is installed for a whole organisation. */
  team: z.object({ id: z.string(), enterprise_id: z.string().nullish() }).nullish(),
  enterprise: z.object({ id: z.string() }).nullish(),
  channel: z.object({ id: z.string() }).optional(),
  container: z.object({ message_ts: z.string().optional(), channel_id: z.string().optional() }).optional(),
  actions: z
    .array(z.object({ action_id: z.string(), action_ts: z.string().default(''), value: z.string().default('') }))
    .min(1),
});

export interface Click {
  /** Workflow id of the approval. */
  readonly approval: string;
  readonly decision: Decision;
  readonly user: string;
  readonly origin: ClickOrigin;
  /** Channel for a private answer. */
  readonly channel: string | null;
}

/** Null for anything but a click on one of our buttons. `at` is ISO 8601. */
export function readClick(body: unknown, at: string): Click | null {
  const parsed = click.safeParse(body);
  const action = parsed.data?.actions[0];
  if (parsed.data === undefined || action === undefined) return null;
  const { user, team, container } = parsed.data;
  const value = parseButtonValue(action.value);
  const choice = { [actions.approve]: 'approve', [actions.deny]: 'deny' } as const;
  const decision = choice[action.action_id as keyof typeof choice] as Decision['decision'] | undefined;
  if (value === null || decision === undefined) return null;
  const channel = parsed.data.channel?.id ?? container?.channel_id ?? null;
  // A redelivered click has the same parts; another click has another action_ts.
  const parts = ['slack', team?.id, channel, container?.message_ts, action.action_ts, user.id, decision];
  return {
    approval: value.id,
    user: user.id,
    origin: {
      team: team?.id ?? null,
      userTeam: user.team_id ?? null,
      enterprise: parsed.data.enterprise?.id ?? null,
      teamEnterprise: team?.enterprise_id ?? null,
    },
    channel,
    decision: {
      decisionId: parts
        .map((part) => part ?? '')
        .join(':')
        .slice(0, 200),
      hash: value.hash,
      decision,
      by: { channel: 'slack', id: user.id, name: user.name ?? user.username ?? user.id },
      at,
    },
  };
}
