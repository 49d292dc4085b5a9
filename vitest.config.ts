// How `npm test` runs: every test file in a process of its own, against one real Temporal server that the global setup
// starts. Four processes at once: each test file brings workers, gits and sandboxes of its own, and waits for them half
// of the time.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { HeavyFirst } from './test/setup/heavy-first.ts';

// A production server waits for its disk at every step.
const patience = process.env['COPPICE_TEST_TEMPORAL'] ? 3 : 1;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They take minutes or packages from registries, and have commands of their own: `npm run test:slow`,
    // `test:projects` and `test:claude-code`.
    exclude: ['test/slow/**', 'test/projects/**', 'test/claude-code/**'],
    globalSetup: ['test/setup/memory-folder.ts', 'test/setup/temporal-server.ts'],
    allowOnly: false,
    pool: 'forks',
    maxWorkers: 4,
    sequence: { sequencer: HeavyFirst },
    env: {
      // For the many commands and workers that are started.
      NODE_COMPILE_CACHE: fileURLToPath(new URL('.cache/compiled', import.meta.url)),
      // Tests of colours have terminals that have them, wherever they run.
      TERM: 'xterm-256color',
    },
    testTimeout: patience * 120_000,
    hookTimeout: patience * 120_000,
    teardownTimeout: 20_000,
    // A failed assertion on a workflow or a process tree needs the whole object.
    chaiConfig: { truncateThreshold: 400 },
  },
});
