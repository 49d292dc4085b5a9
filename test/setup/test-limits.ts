// Settings of the tests' Temporal server beyond those of users' servers, for the embedded and the production server
// alike.

export const testLimits = {
  // 4,096 elsewhere: here every run and queue of more than a few units continues as new on its way.
  'limit.historyCount.suggestContinueAsNew': 60,
  // 1,000 on the development server; on PostgreSQL longer ids fail as a time-out.
  'limit.maxIDLength': 255,
} as const;
