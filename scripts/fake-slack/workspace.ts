// A Slack workspace with one channel and a few people, for those who have none: the loopback Slack of the tests, and
// clicks that somebody makes by hand. A click goes to the app as Slack sends it: by Socket Mode, or as a signed request.

import { setTimeout as sleep } from 'node:timers/promises';
import { SlackServer, type SlackMessage, formOf, sendSigned, signingSecret } from '../../test/fakes/slack-server.ts';
import { actions, cardMetadataType } from '../../people/slack/card.ts';
import { type Shown, markupText, readBlocks } from './blocks.ts';

export const people = [
  { id: 'U0000ULLA', name: 'Ulla' },
  { id: 'U00000KIM', name: 'Kim' },
  { id: 'U00000SAM', name: 'Sam' },
] as const;

export type Person = (typeof people)[number];
export type Press = keyof typeof actions;

export const channel = 'C000COPPICE';

export interface CardShown extends Shown {
  /** As people name it here, from 1. */
  readonly number: number;
  readonly replies: readonly string[];
}

export interface WindowShown extends Shown {
  readonly title: string;
  /** Whose window it is. */
  readonly user: string;
}

export interface ChannelShown {
  readonly connected: boolean;
  readonly cards: readonly CardShown[];
  /** What only one person sees, the newest last. */
  readonly privately: readonly { readonly user: string; readonly text: string }[];
  /** The newest window; null = none was opened, or it was closed. */
  readonly window: WindowShown | null;
}

/** What became of a click; Slack shows a warning beside the button if the app does not take it. */
export type Taken = { readonly taken: true } | { readonly taken: false; readonly why: string };

export interface WorkspaceOptions {
  /** 0 = any free port. */
  readonly port: number;
  /** Where the app takes signed requests; null = by Socket Mode. */
  readonly eventsUrl: string | null;
}

export class Workspace {
  private readonly slack: SlackServer;
  private readonly eventsUrl: string | null;
  private clicks = 0;
  private opener: Person = people[0];
  /** Windows that were sent in or closed. */
  private closed = 0;

  private constructor(slack: SlackServer, eventsUrl: string | null) {
    this.slack = slack;
    this.eventsUrl = eventsUrl;
  }

  static async start({ port, eventsUrl }: WorkspaceOptions): Promise<Workspace> {
    return new Workspace(await SlackServer.start(port), eventsUrl);
  }

  /** The variables that an app on this workspace needs. */
  environment(): Readonly<Record<string, string>> {
    const { SLACK_BOT_TOKEN, SLACK_API_URL } = this.slack.environment();
    const mode = this.eventsUrl === null ? { SLACK_APP_TOKEN: 'xapp-fake' } : { SLACK_SIGNING_SECRET: signingSecret };
    return { SLACK_API_URL, SLACK_BOT_TOKEN, ...mode };
  }

  look(): ChannelShown {
    const open = this.slack.views.length > this.closed ? this.slack.views.at(-1)?.view : undefined;
    const view: (typeof open & { readonly title?: { readonly text: string } }) | undefined = open;
    return {
      connected: this.eventsUrl !== null || this.slack.connected,
      cards: this.cards().map((message, at) => ({
        number: at + 1,
        ...readBlocks(message.blocks, nameOf),
        replies: this.slack.messages
          .filter(({ thread }) => thread === message.ts)
          .map(({ text }) => markupText(text, nameOf)),
      })),
      privately: this.slack.ephemerals.map(({ user, text }) => ({ user: nameOf(user), text })),
      window:
        view === undefined
          ? null
          : { title: view.title?.text ?? '', user: this.opener.name, ...readBlocks(view.blocks, nameOf) },
    };
  }

  /** Presses a button of a card. */
  async press(number: number, press: Press, by: Person): Promise<Taken> {
    const message = this.cards()[number - 1];
    if (message === undefined) return { taken: false, why: `there is no card ${number}` };
    const { buttons } = readBlocks(message.blocks, nameOf);
    const button = buttons.find(({ action }) => action === actions[press]);
    if (button === undefined) return { taken: false, why: `card ${number} has no button for "${press}"` };
    this.opener = by;
    const payload = this.slack.payload({ action: button.action, value: button.value, user: by.id });
    return this.send({ ...payload, ...placeOf(message), ...who(by) });
  }

  /** Sends the newest window in. */
  async submit(text: string | null): Promise<Taken> {
    const { window } = this.look();
    if (window === null || window.asksFor === null) return { taken: false, why: 'no window asks for anything' };
    const payload = this.slack.submission({ text, user: this.opener.id });
    const taken = await this.send({ ...payload, ...who(this.opener) });
    if (taken.taken) this.closeWindow();
    return taken;
  }

  closeWindow(): void {
    this.closed = this.slack.views.length;
  }

  /** Waits a moment for a window that a click opens, until it says something. */
  async untilWindow(): Promise<WindowShown | null> {
    for (let tries = 0; tries < 60; tries++) {
      const { window } = this.look();
      if (window !== null && !window.texts.some((text) => text.startsWith('Looking it up'))) return window;
      await sleep(50);
    }
    return this.look().window;
  }

  close(): Promise<void> {
    return this.slack.close();
  }

  private cards(): SlackMessage[] {
    return this.slack.messages.filter(({ metadata }) => {
      const type = typeof metadata === 'object' && metadata !== null && 'event_type' in metadata && metadata.event_type;
      return type === cardMetadataType;
    });
  }

  private async send(payload: object): Promise<Taken> {
    if (this.eventsUrl !== null) {
      const status = await sendSigned(this.eventsUrl, formOf(payload));
      if (status === 200) return { taken: true };
      const why = status === 0 ? 'does not answer' : `answers ${status}`;
      return { taken: false, why: `the gateway at ${this.eventsUrl} ${why}` };
    }
    if (!this.slack.connected) {
      return { taken: false, why: 'no gateway is connected: start one with the variables above' };
    }
    this.clicks += 1;
    const envelope_id = `click-${this.clicks}`;
    const envelope = { envelope_id, type: 'interactive', accepts_response_payload: true, payload };
    this.slack.sayOverSocket(JSON.stringify(envelope));
    for (let tries = 0; tries < 60; tries++) {
      if (this.slack.acknowledged.includes(envelope_id)) return { taken: true };
      await sleep(50);
    }
    return { taken: false, why: 'the gateway has not acknowledged the click within 3 seconds: click again' };
  }
}

function nameOf(id: string): string {
  return people.find((person) => person.id === id)?.name ?? id;
}

function who({ id, name }: Person) {
  return { user: { id, username: name.toLowerCase(), name, team_id: 'T1' } };
}

function placeOf({ ts, channel: place, text }: SlackMessage) {
  return {
    container: { type: 'message', message_ts: ts, channel_id: place, is_ephemeral: false },
    channel: { id: place, name: 'coppice' },
    message: { type: 'message', ts, text },
  };
}
