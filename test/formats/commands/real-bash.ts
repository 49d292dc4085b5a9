// Runs scripts in a real bash that finds only a few harmless programs, and answers with what it ran.

import { type StdioOptions, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Programs that write their name and arguments down and do nothing else. */
const stubs = ['git', 'npm', 'a', 'b'];
const real = ['env', 'nice', 'nohup', 'timeout', 'xargs', 'cat', 'setsid', 'stdbuf', 'find', 'true', 'false'];

const stub = '#!/bin/bash\nprintf -v line "%s\\037" "${0##*/}" "$@"\nprintf "%s\\036" "$line" >> "$RAN"\n';

export interface RealBash {
  /** The programs that a script starts, with their arguments. */
  readonly run: (script: string) => string[][];
  readonly remove: () => void;
}

/** With a pipe that all processes inherit, so that those in the background are waited for, too. */
const stdio = ['ignore', 'ignore', 'ignore', 'pipe'] satisfies StdioOptions;

export function realBash(): RealBash {
  const folder = mkdtempSync(path.join(tmpdir(), 'commands-'));
  const [bin, ran] = ['bin', 'ran'].map((name) => path.join(folder, name)) as [string, string];
  execFileSync('mkdir', [bin]);
  for (const name of stubs) {
    writeFileSync(path.join(bin, name), stub, { mode: 0o755 });
  }
  const where = execFileSync('bash', ['-c', `type -P bash ${real.join(' ')}`], { encoding: 'utf8' })
    .trim()
    .split('\n');
  for (const file of where) symlinkSync(file, path.join(bin, path.basename(file)));
  // Not by its name: as `sh`, bash does without some of its syntax.
  writeFileSync(path.join(bin, 'sh'), '#!/bin/bash\nexec bash "$@"\n', { mode: 0o755 });
  // Functions that call themselves end soon.
  const env = { PATH: bin, RAN: ran, HOME: folder, FUNCNEST: '4' };
  return {
    run: (script) => {
      rmSync(ran, { force: true });
      try {
        execFileSync(path.join(bin, 'bash'), ['-c', script], { cwd: folder, env, stdio, timeout: 20_000 });
      } catch (error) {
        if (!(error instanceof Error) || !('status' in error)) throw error;
      }
      if (!existsSync(ran)) return [];
      const calls = readFileSync(ran, 'utf8').split('\u001E').slice(0, -1);
      return calls.map((call) => call.split('\u001F').slice(0, -1));
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
