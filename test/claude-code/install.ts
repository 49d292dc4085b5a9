// The SDK of Claude Code, with its binary, for the tests of that driver: an optional peer dependency of 381 MB that is
// not open source and therefore in no lock file. Installed once, in a folder of the checkout's cache.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withLockFile } from '../../workers/server/lock-file.mjs';

const version = '0.3.332';
const cache = fileURLToPath(new URL('../../.cache', import.meta.url));

/** The value of COPPICE_CLAUDE_CODE. Takes some ten seconds the first time; throws what npm says when it cannot. */
export async function installClaudeCode(): Promise<string> {
  const folder = join(cache, `claude-agent-sdk-${version}`);
  await withLockFile(join(cache, 'claude-agent-sdk.lock'), {
    waiting: () => undefined,
    work: async () => {
      if (existsSync(folder)) return;
      const making = `${folder}.making`;
      await rm(making, { recursive: true, force: true });
      await mkdir(making, { recursive: true });
      const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error', '--no-package-lock'];
      const wanted = `@anthropic-ai/claude-agent-sdk@${version}`;
      await promisify(execFile)('npm', ['install', '--prefix', making, '--ignore-scripts', ...quiet, wanted]);
      await rename(making, folder);
    },
  });
  return folder;
}
