import { expect, test } from 'vitest';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { heavyFirst, heavyFolders } from './heavy-first.ts';

const tests = resolve(import.meta.dirname, '..');

test('files of heavy folders start first, and the order is kept otherwise', () => {
  const files = ['domain/b', 'git/a', 'cli/a', 'e2e/z', 'e2e/a', 'hostile/a'];
  const sorted = heavyFirst(files, (file) => join(tests, `${file}.test.ts`));
  expect(sorted).toEqual(['hostile/a', 'e2e/z', 'e2e/a', 'git/a', 'domain/b', 'cli/a']);
});

test('every folder that is named as heavy is there', () => {
  expect(readdirSync(tests)).toEqual(expect.arrayContaining([...heavyFolders]));
});
