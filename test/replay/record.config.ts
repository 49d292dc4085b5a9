// The same set-up as for the tests, for the one file that records histories.

import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

export default defineConfig({ ...base, test: { ...base.test, include: ['test/replay/record.ts'] } });
