// Completion in a real bash, and its answers for incomplete lines.

import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { type Ids, completeWords } from '../../client/cli/completion/complete-words.ts';
import { makeProgram } from '../../client/cli/program.ts';

const main = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));
const ids: Ids = async (of) => {
  if (of === 'runs') return ['run-a', 'run-b'];
  if (of === 'asking-runs') return ['run-b'];
  return 'unitsOf' in of ? [`unit-of-${of.unitsOf}`] : [`asking-in-${of.askingUnitsOf}`];
};
const complete = (...words: string[]) => completeWords(makeProgram(), words, ids);

it('offers commands, nested ones, options, choices, runs and units', async () => {
  expect(await complete('pl')).toEqual(['plan']);
  expect(await complete('')).toContain('status');
  expect(await complete('')).not.toContain('complete-words');
  expect(await complete('plan', '')).toEqual(['make', 'validate', 'show', 'edit', 'import']);
  expect(await complete('run', 'plan.yaml', '--br')).toEqual(['--branch']);
  expect(await complete('report', 'run-a', '--format', 'm')).toEqual(['markdown']);
  expect(await complete('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  expect(await complete('status', 'run-')).toEqual(['run-a', 'run-b']);
  expect(await complete('retry', 'run-a', '')).toEqual(['unit-of-run-a']);
  for (const command of ['approve', 'deny', 'answer']) {
    expect(await complete(command, 'run-')).toEqual(['run-b']);
    expect(await complete(command, 'run-b', '')).toEqual(['asking-in-run-b']);
    expect(await complete(command, 'run-b', 'unit', '')).toEqual([]);
  }
  expect(await complete('deny', '--reason', 'no', 'run-b', 'ask')).toEqual(['asking-in-run-b']);
  expect(await complete('approvals', '')).toEqual(['run-a', 'run-b']);
  expect(await complete('run', '--branch', '')).toEqual([]);
});

it('keeps nobody waiting for a server that does not answer', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const env = { ...process.env, TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
  const took = async (...words: string[]) => {
    const since = performance.now();
    const { stdout } = await promisify(execFile)(process.execPath, [main, 'complete-words', '--', ...words], { env });
    return { stdout, ms: performance.now() - since };
  };
  const [without, asking] = [await took('pla'), await took('status', '')];
  silent.close();
  expect([without.stdout, asking.stdout]).toEqual(['plan\n', '']);
  // A second of patience, and the loading of what asks, beside what any command costs here and now; connecting gives up after five.
  expect(asking.ms - without.ms).toBeLessThan(4000);
}, 60_000);

it('works in bash, and is silent where no server answers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coppice-completion-'));
  writeFileSync(join(folder, 'coppice'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(join(folder, 'coppice'), 0o755);
  const asked = (...words: string[]) => {
    const script = `source <(coppice completion bash); COMP_WORDS=(coppice ${words.join(' ')}); COMP_CWORD=${words.length}; _coppice; echo "\${COMPREPLY[*]}"`;
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}`, TEMPORAL_ADDRESS: '127.0.0.1:1' };
    return execFileSync('bash', ['-c', script], { env, encoding: 'utf8' }).trim();
  };
  expect(asked('queue', '--h')).toBe('--help');
  expect(asked('plan', 'v')).toBe('validate');
  expect(asked('report', 'x', '--format', 'm')).toBe('markdown');
  expect(asked('status', "''")).toBe('');
});
