// The short forms of `npm run drill:scale`, `drill:hosts` and `drill:queue`: the same scripts, small. They run side by side,
// because one of them mostly waits for a host to be given up.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

/** What a drill prints. */
async function drill(name: string, args: readonly string[]): Promise<string> {
  const script = fileURLToPath(new URL(`../../scripts/${name}.ts`, import.meta.url));
  return (await promisify(execFile)(process.execPath, [script, ...args])).stdout;
}

describe.concurrent('a small drill', { timeout: 600_000 }, () => {
  it('of scale lands every unit once and says what holds', async () => {
    const stdout = await drill('drill-scale', ['--units', '4']);
    expect(stdout).toMatch(/^4 units in \d+ s/m);
    expect(stdout.match(/^holds: /gm)).toHaveLength(4);
    expect(stdout).not.toContain('BROKEN');
  });

  it('of hosts loses nothing when one is killed and people meddle, and says what holds', async () => {
    const args = ['--units', '4', '--hosts', '2', '--kills', '1', '--turns', '6', '--seed', '1', '--meddle'];
    const stdout = await drill('drill-hosts', args);
    expect(stdout).toMatch(/^1 kills, /m);
    expect(stdout.match(/^holds: /gm)).toHaveLength(6);
    expect(stdout).not.toContain('BROKEN');
  });

  it('of the queue lands every unit once while everything goes wrong, and says what holds', async () => {
    const args = ['--units', '8', '--pairs', '2', '--acts', '6', '--seconds', '1', '--seed', '3'];
    const stdout = await drill('drill-queue', args);
    // On a slow machine, everything has landed before the last of them.
    expect(stdout).toMatch(/^[1-9] acts, /m);
    expect(stdout.match(/^holds: /gm)).toHaveLength(6);
    expect(stdout).not.toContain('BROKEN');
  });
});
