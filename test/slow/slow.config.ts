// The same set-up as for the tests, for those that take minutes: drills, benches and Coppice on its own repository,
// each in a short form.

import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

const include = ['test/slow/**/*.test.ts'];

export default defineConfig({ ...base, test: { ...base.test, include, exclude: [] } });
