// Whether a click comes from our own Slack workspace. In a channel that is shared with another workspace (Slack Connect),
// members of that one see the card and can click it, and Slack signs their clicks like any other.

/** What a payload says about where its click comes from; null = nothing. */
export interface ClickOrigin {
  /** The workspace that the click was made in. */
  readonly team: string | null;
  /** The workspace that the person belongs to. */
  readonly userTeam: string | null;
  readonly enterprise: string | null;
  readonly teamEnterprise: string | null;
}

/** The workspace that the token belongs to, or the organisation where the app is installed for all of it. */
export interface OwnTeam {
  /** Null in an installation for a whole organisation. */
  readonly team: string | null;
  readonly enterprise: string | null;
}

/** All that the payload says must be our own, and it must say something. */
export function isOwnClick(own: OwnTeam, origin: ClickOrigin): boolean {
  const { team, userTeam, enterprise, teamEnterprise } = origin;
  if (own.team === null) {
    // Installed for a whole organisation: a workspace belongs to it if it names this organisation.
    if (own.enterprise === null || enterprise !== own.enterprise) return false;
    return team === null || teamEnterprise === own.enterprise || team === own.enterprise;
  }
  if (team !== null && team !== own.team) return false;
  // Slack names the organisation in place of the workspace for some of its members.
  if (userTeam !== null && userTeam !== own.team && userTeam !== own.enterprise) return false;
  return team !== null || userTeam !== null;
}
