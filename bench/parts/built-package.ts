// The product as it is installed. A checkout's processes strip types as they start, and keep what that needs: some 18 MB.

import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** Builds it into a folder, and returns its `coppice`. It uses the packages that are installed here. */
export function buildPackage(folder: string): readonly string[] {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  execFileSync(process.execPath, [join(root, 'scripts', 'build-package.ts'), join(folder, 'dist')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const file of ['package.json', join('bin', 'coppice')]) copyFileSync(join(root, file), join(folder, file));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return [join(folder, 'bin', 'coppice')];
}
