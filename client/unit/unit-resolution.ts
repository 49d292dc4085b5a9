// What `coppice resolve --json` prints. Shape only; scripts rely on the names (docs/scripting.md).

export interface UnitResolution {
  readonly run: string;
  readonly unit: string;
  /** The commit of the target that the resolution sits on. */
  readonly base: string;
  /** The resolution, on the state remote. */
  readonly commit: string;
  /** How many files it changes against its base. */
  readonly files: number;
  /** How the decision stands (`open`: others must agree as well); `retrying`: the unit had failed, and begins anew. */
  readonly status: 'approved' | 'open' | 'recorded' | 'retrying';
}
