// How `npm test` runs: every test file in a process of its own, against one real Temporal server that the global
// setup starts. Two processes at once, because each test file brings workers, gits and sandboxes of its own.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/temporal-server.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    // A failed assertion on a workflow or a process tree needs the whole object.
    chaiConfig: { truncateThreshold: 400 },
  },
});
