// Who may see and steer a run from Slack, as its configuration said when it started. In the run's memo, so that it can be read
// without a worker and without the repository.

export interface RunAccess {
  /** Where the run is told of, or asks; null = nowhere. */
  readonly channel: string | null;
  /** Everybody in `people`: ids of people and of user groups. */
  readonly people: readonly string[];
  /** Of these, whoever asked for the run, where `people` says who that is. */
  readonly requester: readonly string[];
}
