// Type-checks the TypeScript of the documents, each block as its own module in a project that depends on Coppice. Blocks
// of pages in test/ are test files: their imports are those of a file in any folder there.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Page } from './page.ts';
import { root } from './page-problems.ts';

const compiler = join(root, 'node_modules/.bin/tsc');

/** What the compiler says, with the place in the page. */
export function typeProblems(pages: readonly Page[]): string[] {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache/documents-'));
  try {
    const places = writeProject(folder, pages);
    const { status, stdout } = spawnSync(compiler, ['--noEmit', '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const errors = stdout.split('\n').filter((line) => / error TS\d+: /.test(line));
    if (status !== 0 && errors.length === 0) throw new Error(`tsc ended with ${status}:\n${stdout}`);
    return errors.map((line) =>
      line.replace(/^([\w/]+\.ts)\(\d+,\d+\)/, (all, file: string) => places.get(file) ?? all),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Answers the place in a page of each file. */
function writeProject(folder: string, pages: readonly Page[]): Map<string, string> {
  const places = new Map<string, string>();
  const blocks = pages.flatMap(({ path, blocks: all }) => all.map((block) => ({ ...block, path })));
  for (const { path, line, text } of blocks.filter(({ language }) => language === 'ts')) {
    const file = `${path.startsWith('test/') ? 'test/folder/' : ''}block${places.size}.ts`;
    places.set(file, `${path}:${line}`);
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${text}\nexport {};\n`);
  }
  // `../e2e/stack.ts` in `test/folder/` is that of the checkout.
  const rootDirs = [folder, root];
  const paths = {
    coppice: [join(root, 'client/api.ts')],
    timespan: [join(root, 'examples/library/src/index.ts')],
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { paths, rootDirs },
      // Has the types of what tests are given.
      include: ['**/*.ts', join(root, 'test/setup/temporal-server.ts')],
      exclude: [],
    }),
  );
  return places;
}
