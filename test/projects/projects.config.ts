// The same set-up as for the tests, for those that install and verify projects of real package managers.

import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

const include = ['test/projects/**/*.test.ts'];

export default defineConfig({ ...base, test: { ...base.test, include, exclude: [] } });
