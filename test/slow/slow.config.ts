// The same set-up as for the tests, for those that take minutes: drills, benches and Coppice on its own repository, each
// in a short form; hosts and commands in trouble; and workflows that are replayed at every task.

import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

/** Those that meet most of the workflows' code. */
const replayed = 'test/workflows/{consent,people,verification,workflows}.test.ts';
const include = ['test/slow/**/*.test.ts', replayed];
const env = { ...base.test?.env, COPPICE_TEST_REPLAY: '1' };

// Each of them may meet benches and drills that use all cores.
const patience = { testTimeout: 300_000, hookTimeout: 300_000 };

export default defineConfig({ ...base, test: { ...base.test, ...patience, env, include, exclude: [] } });
