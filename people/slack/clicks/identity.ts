// The gateway's identity in Slack, from `auth.test`: if Slack can be reached, and which workspace its clicks must come
// from. Asks at most once every few seconds, however many callers there are; a known workspace stays known.

import { errorText } from '../../../domain/errors.ts';
import type { webApi } from '@slack/bolt';
import pTimeout from 'p-timeout';
import type { OwnTeam } from './click-origin.ts';
import type { Reach } from '../../medium.ts';

const freshMs = 10_000;
const retryMs = 2_000;
/** How long a click may wait for the answer; Slack allows 3 s in total. */
const patienceMs = 800;

interface Answer {
  readonly reach: Reach;
  readonly until: number;
}

export class SlackIdentity {
  private readonly slack: webApi.WebClient;
  private readonly configured: OwnTeam | null;
  private known: OwnTeam | null = null;
  private last: Answer | null = null;
  private asking: Promise<Reach> | null = null;

  /** `teamId` is the value of `SLACK_TEAM_ID`; null = the token's own workspace. */
  constructor(slack: webApi.WebClient, teamId: string | null) {
    this.slack = slack;
    this.configured = teamId === null ? null : ownTeam({ team_id: teamId });
  }

  /** Null while our own workspace is unknown. */
  async own(): Promise<OwnTeam | null> {
    if (this.configured !== null) return this.configured;
    if (this.known === null) await pTimeout(this.reach(), { milliseconds: patienceMs, fallback: () => undefined });
    return this.known;
  }

  /** Never rejects. */
  reach(): Promise<Reach> {
    if (this.last !== null && Date.now() < this.last.until) return Promise.resolve(this.last.reach);
    this.asking ??= this.ask().finally(() => (this.asking = null));
    return this.asking;
  }

  private async ask(): Promise<Reach> {
    const reach = await this.slack.auth.test().then(
      (answer): Reach => {
        this.known ??= ownTeam(answer);
        return { ok: true };
      },
      (error: unknown): Reach => ({ ok: false, why: errorText(error) }),
    );
    this.last = { reach, until: Date.now() + (reach.ok ? freshMs : retryMs) };
    return reach;
  }
}

/** If the app is installed for a whole organisation, its id replaces the workspace's. */
function ownTeam(answer: {
  readonly team_id?: string;
  readonly enterprise_id?: string;
  readonly is_enterprise_install?: boolean;
}): OwnTeam | null {
  const { team_id: team = null, enterprise_id: enterprise = null, is_enterprise_install: wide = false } = answer;
  if (wide || team?.startsWith('E') === true) return { team: null, enterprise: enterprise ?? team };
  return team === null ? null : { team, enterprise };
}
