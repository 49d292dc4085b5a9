// Every medium of this release. The command line is one too, and needs no adapter.

import type { AnswerParts, AnswerSource, Channel, ChannelParts, MediumAdapter } from './medium.ts';
import type { Env } from '../domain/environment.ts';
import type { Finding } from '../domain/doctor/finding.ts';
import type { Medium } from '../contracts/people.ts';
import { email } from './email/email.ts';
import { slack } from './slack/slack.ts';

const adapters = { slack, email } satisfies Partial<Record<Medium, MediumAdapter>>;

type Adapted = keyof typeof adapters;

export type Channels = Partial<Record<Medium, Channel>>;

/** A channel for each medium that the environment configures. Throws `BadInput`. */
export function openChannels(env: Env, parts: ChannelParts): Channels {
  const opened = all().map(([medium, adapter]) => [medium, adapter.openChannel(env, parts)] as const);
  return Object.fromEntries(opened.filter(([, channel]) => channel !== null));
}

/**
 * The sources that the environment configures; none = people can answer only on the command line. Throws `BadInput`.
 */
export function openAnswers(env: Env, parts: AnswerParts): readonly AnswerSource[] {
  return all().flatMap(([, adapter]) => adapter.openAnswers(env, parts) ?? []);
}

/** What configures one medium at least, for people. */
export function neededForAnswers(): string {
  return all()
    .map(([, { needs }]) => needs)
    .join('; or ');
}

/** For `coppice doctor`: one check for each medium. `channelOf` answers the channel that coppice.yaml names. */
export function checkMedia(
  env: Env,
  channelOf: (medium: Medium) => Promise<string | null>,
): Record<Adapted, Promise<Finding>> {
  const checks = all().map(([medium, adapter]) => [medium, adapter.check(env, channelOf(medium))] as const);
  return Object.fromEntries(checks) as Record<Adapted, Promise<Finding>>;
}

function all(): [Adapted, MediumAdapter][] {
  return Object.entries(adapters) as [Adapted, MediumAdapter][];
}
