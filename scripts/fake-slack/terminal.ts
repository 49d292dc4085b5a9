// The channel on a terminal, and what a person types there: one line in, text out.

import { inertPrint } from '../../domain/text/inert.ts';
import {
  type CardShown,
  type ChannelShown,
  type Person,
  type Press,
  type Taken,
  type Workspace,
  people,
} from './workspace.ts';

export const help = [
  'approve N, deny N [reason], answer N TEXT, details N: press the button of card N',
  `as ${people.map(({ name }) => name.toLowerCase()).join('|')}: click as somebody else`,
  'list: all cards again; quit',
].join('\n');

export interface Session {
  readonly workspace: Workspace;
  by: Person;
}

/** Does what a line says, and returns what to print; null = it is time to go. */
export async function obey(session: Session, line: string): Promise<string | null> {
  const [word = '', second = '', ...rest] = line.trim().split(/\s+/);
  const text = rest.join(' ');
  switch (word) {
    case '':
      return '';
    case 'approve':
      return said(await session.workspace.press(Number(second), 'approve', session.by));
    case 'deny':
    case 'answer':
      return said(await withWords(session, Number(second), word, text));
    case 'details':
      return details(session, Number(second));
    case 'as':
      return become(session, second);
    case 'list':
      return session.workspace.look().cards.map(cardText).join('\n\n') || 'the channel is empty';
    case 'quit':
    case 'exit':
      return null;
    default:
      return help;
  }
}

async function withWords({ workspace, by }: Session, number: number, press: Press, text: string): Promise<Taken> {
  workspace.closeWindow();
  const taken = await workspace.press(number, press, by);
  if (!taken.taken) return taken;
  return (await workspace.untilWindow()) === null
    ? { taken: false, why: 'the gateway has opened no window' }
    : workspace.submit(text === '' ? null : text);
}

async function details({ workspace, by }: Session, number: number): Promise<string> {
  workspace.closeWindow();
  const taken = await workspace.press(number, 'details', by);
  if (!taken.taken) return said(taken);
  const window = await workspace.untilWindow();
  workspace.closeWindow();
  return window === null ? 'the gateway has opened no window' : boxed(window.title, window.texts);
}

function become(session: Session, name: string): string {
  const person = people.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (person === undefined) return `there is no ${name} here: ${people.map((each) => each.name).join(', ')}`;
  session.by = person;
  return `you click as ${person.name} (${person.id})`;
}

function said(taken: Taken): string {
  return taken.taken ? 'clicked' : `! ${taken.why}`;
}

/** What has changed since the last look. */
export function newsOf(before: ChannelShown | null, now: ChannelShown): string[] {
  const connection =
    before?.connected === now.connected
      ? []
      : [now.connected ? 'a gateway is connected' : 'no gateway is connected yet'];
  const cards = now.cards.filter((card, at) => JSON.stringify(card) !== JSON.stringify(before?.cards[at]));
  const privately = now.privately.slice(before?.privately.length ?? 0);
  return [
    ...connection,
    ...cards.map(cardText),
    ...privately.map(({ user, text }) => `only ${user} sees: ${text}`),
  ].map(inertPrint);
}

function cardText({ number, texts, buttons, replies }: CardShown): string {
  const pressed = buttons.length === 0 ? [] : [buttons.map(({ label }) => `[ ${label} ]`).join(' ')];
  return boxed(`card ${number}`, [...texts, ...pressed, ...replies.map((reply) => `↳ ${reply}`)]);
}

function boxed(title: string, texts: readonly string[]): string {
  const lines = texts.flatMap((text) => text.split('\n'));
  return inertPrint([`┌ ${title}`, ...lines.map((line) => `│ ${line}`), '└'].join('\n'));
}
