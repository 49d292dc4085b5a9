import { expect, it } from 'vitest';
import { installText } from '../../formats/setup/package-json.ts';

const base = { name: 'x', version: '1.0.0', scripts: { test: 'vitest' }, dependencies: { a: '1' } };
const read = (change: object) => installText(JSON.stringify({ ...base, ...change }));

it.each([
  ['a script', { scripts: { test: 'jest', build: 'tsc' } }],
  ['a description', { description: 'y' }],
  ['how it is loaded', { main: 'dist/a.js', exports: { '.': './a.js' }, type: 'module' }],
  ['the settings of a tool', { jest: { bail: true }, prettier: {} }],
])('an install does not read %s', (_, change) => {
  expect(read(change)).toBe(read({}));
});

it.each([
  ['a dependency', { dependencies: { a: '1', b: '1' } }],
  ['a version of one', { dependencies: { a: '2' } }],
  ['an override', { overrides: { a: '2' } }],
  ['a workspace', { workspaces: ['packages/*'] }],
  ['a program of the package', { bin: 'x.js' }],
  ['a script that runs along', { scripts: { test: 'vitest', prepare: 'husky' } }],
  ['what nobody knows', { pnpm: { onlyBuiltDependencies: [] } }],
])('an install reads %s', (_, change) => {
  expect(read(change)).not.toBe(read({}));
});

it.each(['{', '[]', '"x"', '<<<<<<< target'])('what is no package.json is read whole: %s', (text) => {
  expect(installText(text)).toBe(text);
});
