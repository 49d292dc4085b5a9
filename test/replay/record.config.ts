import { mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

const config = mergeConfig(base, {});
config.test.include = ['test/replay/record.ts'];
export default config;
