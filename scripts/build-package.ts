// Makes dist/, the content of `npm pack`, because Node strips no types under node_modules: compiled JavaScript with
// declarations, and the workflows bundled as a worker would bundle them at every start. Two builds of one commit are
// identical bytes, in any folder. Run by `npm pack` (script `prepack`); the checkout itself does not use it.
//
//   node scripts/build-package.ts [FOLDER]      into FOLDER instead of dist/

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { bundleOptions } from './workflow-bundle.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = resolve(process.argv[2] ?? join(root, 'dist'));

/** By default, the bundle's name contains a hash of absolute paths, and its source map contains absolute paths. */
const withoutMachine = {
  filename: 'bundle.js',
  devtoolModuleFilenameTemplate: (module: { absoluteResourcePath: string }) =>
    module.absoluteResourcePath.replace(root, ''),
};

rmSync(dist, { recursive: true, force: true });
compile();
mkdirSync(join(dist, 'workflows'));
writeFileSync(join(dist, 'workflows', 'bundle.js'), await bundleWorkflows());

function compile(): void {
  const compiler = join(root, 'node_modules', '.bin', 'tsc');
  // Its output goes to stderr, because our stdout may be that of `npm pack --json`.
  const { status, error } = spawnSync(compiler, ['--project', 'tsconfig.build.json', '--outDir', dist], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`tsc ended with ${status}`);
}

async function bundleWorkflows(): Promise<string> {
  // From inside the folder, so that the generated entry point (and the source map, which counts its columns) contains
  // no absolute path.
  process.chdir(join(root, 'workflows'));
  const { code } = await bundleWorkflowCode({
    ...bundleOptions('./index.ts'),
    webpackConfigHook: (config) => ({ ...config, output: { ...config.output, ...withoutMachine } }),
  });
  return code;
}
