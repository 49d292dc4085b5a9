// How whoever builds candidates follows the build, and stops it.

export interface BuildWatch {
  readonly signal: AbortSignal;
  /** For heartbeats: what starts now. */
  readonly onStart: (doing: string) => void;
}
