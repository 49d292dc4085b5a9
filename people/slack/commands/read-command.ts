// A slash command and the opening of the Home tab, as Slack sends them. Parsed once, here.

import { z } from 'zod';
import type { ClickOrigin } from '../clicks/click-origin.ts';

const slash = z.object({
  command: z.string().min(1),
  text: z.string().default(''),
  user_id: z.string().min(1),
  user_name: z.string().default(''),
  team_id: z.string().nullish(),
  enterprise_id: z.string().nullish(),
  channel_id: z.string().nullish(),
  response_url: z.string(),
  trigger_id: z.string().default(''),
});

const opened = z.object({
  type: z.literal('event_callback'),
  team_id: z.string().nullish(),
  enterprise_id: z.string().nullish(),
  event: z.object({ type: z.literal('app_home_opened'), user: z.string().min(1), tab: z.string().default('home') }),
});

export interface SlashCommand {
  readonly type: 'command';
  readonly words: Command;
  readonly user: string;
  readonly name: string;
  readonly channel: string | null;
  readonly origin: ClickOrigin;
  readonly team: string | null;
  /** Where the answer goes, for half an hour. */
  readonly responseUrl: string;
  /** The same if Slack delivers it again. */
  readonly trigger: string;
}

export interface HomeOpened {
  readonly type: 'home';
  readonly user: string;
  readonly origin: ClickOrigin;
}

export type Command =
  | { readonly do: 'help'; readonly problem: string | null }
  | { readonly do: 'list' }
  | { readonly do: 'status'; readonly run: string | null }
  | {
      readonly do: 'approve' | 'deny';
      readonly id: string;
      readonly unit: string | null;
      readonly reason: string | null;
    }
  | { readonly do: 'pause' | 'resume'; readonly run: string; readonly unit: string | null }
  | { readonly do: 'message'; readonly run: string; readonly unit: string; readonly text: string };

/** Null for anything else. */
export function readCommand(body: unknown): SlashCommand | HomeOpened | null {
  const command = slash.safeParse(body).data;
  if (command !== undefined) {
    const { text, user_id: user, user_name: name, team_id: team = null, channel_id: channel = null } = command;
    return {
      type: 'command',
      words: parseWords(text),
      user,
      name: name || user,
      channel,
      team,
      origin: originOf(command),
      responseUrl: command.response_url,
      trigger: command.trigger_id,
    };
  }
  const home = opened.safeParse(body).data;
  if (home === undefined || home.event.tab !== 'home') return null;
  return { type: 'home', user: home.event.user, origin: originOf(home) };
}

type Sent = Pick<z.output<typeof slash>, 'team_id' | 'enterprise_id'>;

function originOf({ team_id: team = null, enterprise_id: enterprise = null }: Sent): ClickOrigin {
  return { team, userTeam: null, enterprise, teamEnterprise: enterprise };
}

/** Ids of runs, units and approvals have none but these characters. */
const id = /^[a-z0-9:-]{1,200}$/;

function parseWords(text: string): Command {
  const [verb = 'help', ...rest] = text.trim().split(/\s+/);
  const [first = '', second] = rest;
  const help = (problem: string | null): Command => ({ do: 'help', problem });
  const after = (count: number): string => {
    const found = new RegExp(`^\\s*(?:\\S+\\s+){${count}}([^]*)$`).exec(text);
    return (found?.[1] ?? '').trim();
  };
  const isId = (word: string | undefined): word is string => word !== undefined && id.test(word);
  switch (verb.toLowerCase()) {
    case '':
    case 'help':
      return help(null);
    case 'list':
      return { do: 'list' };
    case 'status':
      return first === '' || isId(first) ? { do: 'status', run: first || null } : help('status wants the id of a run.');
    case 'approve':
      if (!isId(first)) return help('approve wants the id of an approval, or a run and a unit.');
      return { do: 'approve', id: first, unit: isId(second) ? second : null, reason: null };
    case 'deny':
      if (!isId(first)) return help('deny wants the id of an approval, and may have a reason.');
      return { do: 'deny', id: first, unit: null, reason: after(2) || null };
    case 'pause':
    case 'resume': {
      const what = verb.toLowerCase() === 'pause' ? 'pause' : 'resume';
      if (!isId(first)) return help(`${what} wants the id of a run, and may have a unit.`);
      return { do: what, run: first, unit: isId(second) ? second : null };
    }
    case 'message': {
      const words = after(3);
      if (!isId(first) || !isId(second) || words === '') return help('message wants a run, a unit and a text.');
      return { do: 'message', run: first, unit: second, text: words };
    }
    default:
      return help('There is no such command.');
  }
}
