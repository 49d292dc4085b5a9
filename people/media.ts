// Every medium that this release can use. The command line is one as well, and needs no adapter.

import type { AnswerParts, AnswerSource, Channel, MediumAdapter } from './medium.ts';
import type { Env } from '../domain/environment.ts';
import type { Medium } from '../contracts/people.ts';
import { slack } from './slack/slack.ts';

const adapters: Partial<Record<Medium, MediumAdapter>> = { slack };

export type Channels = Partial<Record<Medium, Channel>>;

/** A channel for each medium that the environment configures. Throws `BadInput`. */
export function openChannels(env: Env): Channels {
  const opened = Object.entries(adapters).map(([medium, adapter]) => [medium, adapter.openChannel(env)] as const);
  return Object.fromEntries(opened.filter(([, channel]) => channel !== null));
}

/** What the environment configures; none = nobody can answer but on the command line. Throws `BadInput`. */
export function openAnswers(env: Env, parts: AnswerParts): readonly AnswerSource[] {
  return Object.values(adapters).flatMap((adapter) => adapter.openAnswers(env, parts) ?? []);
}
