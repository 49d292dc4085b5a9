// Checks if a click comes from our own Slack workspace. In a channel shared with another workspace (Slack Connect),
// that one's members see the card and can click it, and Slack signs their clicks like any other.

/** The origin in a click's payload; null = not given. */
export interface ClickOrigin {
  /** The workspace that the click was made in. */
  readonly team: string | null;
  /** The workspace that the person belongs to. */
  readonly userTeam: string | null;
  readonly enterprise: string | null;
  readonly teamEnterprise: string | null;
}

/** The workspace that the token belongs to, or the organisation if the app is installed for all of it. */
export interface OwnTeam {
  /** Null if the app is installed for a whole organisation. */
  readonly team: string | null;
  readonly enterprise: string | null;
}

/** Everything that the payload says must match ours, and it must say something. */
export function isOwnClick(own: OwnTeam, origin: ClickOrigin): boolean {
  const { team, userTeam, enterprise, teamEnterprise } = origin;
  if (own.team === null) {
    // Installed for a whole organisation: a workspace belongs to it if it names this organisation.
    if (own.enterprise === null || enterprise !== own.enterprise) return false;
    return team === null || teamEnterprise === own.enterprise || team === own.enterprise;
  }
  if (team !== null && team !== own.team) return false;
  // For some of its members, Slack names the organisation instead of the workspace.
  if (userTeam !== null && userTeam !== own.team && userTeam !== own.enterprise) return false;
  return team !== null || userTeam !== null;
}
