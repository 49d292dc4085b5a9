// What the tests' Temporal server has on top of what users' servers have, the embedded one and the production one alike.

export const testLimits = {
  // 4,096 elsewhere: here every run and queue of more than a few units continues as new on its way.
  'limit.historyCount.suggestContinueAsNew': 60,
  // 1,000 on the development server; on PostgreSQL longer ids fail as a time-out.
  'limit.maxIDLength': 255,
} as const;
