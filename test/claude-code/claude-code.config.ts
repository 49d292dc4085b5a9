// The same set-up as for the tests, for those that run the real Claude Code and install it first, about 400 MB.

import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

const include = ['test/claude-code/**/*.test.ts'];

export default defineConfig({ ...base, test: { ...base.test, include, exclude: [] } });
