// A slash command and the opening of the Home tab, as Slack sends them. Parsed once, here.

import { z } from 'zod';
import type { ClickOrigin } from '../clicks/click-origin.ts';
import { isUnitId } from '../../../contracts/ids.ts';
import { slackLine } from '../../../domain/text/inert.ts';

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
/** How the id of an approval ends; what follows one is not a unit. */
const endOfApproval = /(?:^|:)approval:\d+$/;

const forms = {
  status: '/coppice status [RUN]',
  approve: '/coppice approve ID, or /coppice approve RUN UNIT',
  deny: '/coppice deny ID [REASON], or /coppice deny RUN UNIT [REASON]',
  pause: '/coppice pause RUN [UNIT]',
  resume: '/coppice resume RUN [UNIT]',
  message: '/coppice message RUN UNIT TEXT',
} as const;
type Verb = keyof typeof forms;

function parseWords(text: string): Command {
  const [word = 'help', ...rest] = text.trim().split(/\s+/);
  const verb = word.toLowerCase();
  switch (verb) {
    case '':
    case 'help':
      return help(null);
    case 'list':
      return { do: 'list' };
    case 'status':
      return readStatus(rest);
    case 'approve':
      return readApprove(rest);
    case 'deny':
      return readDeny(rest, text);
    case 'pause':
    case 'resume':
      return readPause(verb, rest);
    case 'message':
      return readMessage(rest, text);
    default:
      return help('There is no such command.');
  }
}

function readStatus([run = '', ...more]: readonly string[]): Command {
  if (run !== '' && !isId(run)) return wrong('status', 'wants the id of a run');
  return more.length > 0 ? tooMany('status', more) : { do: 'status', run: run || null };
}

function readApprove([first, second, ...more]: readonly string[]): Command {
  if (!isId(first)) return wrong('approve', 'wants the id of an approval, or a run and a unit');
  if (second === undefined) return { do: 'approve', id: first, unit: null, reason: null };
  // Only a “no” has a reason.
  if (endOfApproval.test(first)) return tooMany('approve', [second, ...more]);
  if (!isUnitId(second)) return noUnit('approve', second);
  return more.length > 0 ? tooMany('approve', more) : { do: 'approve', id: first, unit: second, reason: null };
}

function readDeny([first, second]: readonly string[], text: string): Command {
  if (!isId(first)) return wrong('deny', 'wants the id of an approval, or a run and a unit');
  if (second === undefined) return { do: 'deny', id: first, unit: null, reason: null };
  if (endOfApproval.test(first)) return { do: 'deny', id: first, unit: null, reason: after(2, text) };
  if (!isUnitId(second)) return noUnit('deny', second);
  return { do: 'deny', id: first, unit: second, reason: after(3, text) || null };
}

function readPause(verb: 'pause' | 'resume', [run, unit, ...more]: readonly string[]): Command {
  if (!isId(run)) return wrong(verb, 'wants the id of a run, and may have a unit');
  if (unit !== undefined && !isUnitId(unit)) return noUnit(verb, unit);
  return more.length > 0 ? tooMany(verb, more) : { do: verb, run, unit: unit ?? null };
}

function readMessage([run, unit]: readonly string[], text: string): Command {
  const words = after(3, text);
  if (!isId(run) || unit === undefined || words === '') return wrong('message', 'wants a run, a unit and a text');
  return isUnitId(unit) ? { do: 'message', run, unit, text: words } : noUnit('message', unit);
}

function isId(word: string | undefined): word is string {
  return word !== undefined && id.test(word);
}

/** What follows so many words, as it was typed. */
function after(count: number, text: string): string {
  const found = new RegExp(`^\\s*(?:\\S+\\s+){${count}}([^]*)$`).exec(text);
  return (found?.[1] ?? '').trim();
}

function help(problem: string | null): Command {
  return { do: 'help', problem };
}

function wrong(verb: Verb, problem: string): Command {
  return help(`${verb} ${problem}: ${forms[verb]}. Nothing was done.`);
}

function noUnit(verb: Verb, word: string): Command {
  return wrong(verb, `reads “${quoted(word)}” as the id of a unit, which has only a–z, 0–9 and -`);
}

function tooMany(verb: Verb, words: readonly string[]): Command {
  return wrong(verb, `does not know what to do with “${quoted(words.join(' '))}”`);
}

function quoted(words: string): string {
  return slackLine(words, 80);
}
