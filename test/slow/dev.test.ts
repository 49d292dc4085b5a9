import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Report } from '../../contracts/documents/report.ts';
import { documentProblems } from '../e2e/check-documents.ts';
import { freePort } from '../../scripts/free-port.ts';
import { Stack } from '../e2e/stack.ts';
import { byUnit } from '../e2e/scripts.ts';

const main = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));

describe('coppice dev', () => {
  let stack: Stack;
  let env: Record<string, string>;
  let ports: { port: number; uiPort: number };

  beforeAll(async () => {
    stack = await Stack.start({ reply: byUnit({}), files: { 'readme.txt': 'hello\n' } });
    const { TEMPORAL_ADDRESS: _, TEMPORAL_NAMESPACE: __, ...rest } = stack.env;
    // The commands find dev by its home.
    env = {
      ...rest,
      COPPICE_HOME: join(stack.root, 'dev-home'),
      COPPICE_TEMPORAL_BIN: inject('temporalBinary'),
    };
    ports = { port: await freePort(), uiPort: await freePort() };
  });
  afterAll(() => stack.close());

  async function dev(): Promise<{ child: ChildProcess; ready: string }> {
    const args = [main, 'dev', '--port', `${ports.port}`, '--ui-port', `${ports.uiPort}`, '--slots', '2'];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    const ready = await new Promise<string>((resolve, reject) => {
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString('utf8');
        const line = out.split('\n').find((each) => each.startsWith('ready'));
        if (line !== undefined) resolve(line);
      });
      child.once('exit', (code) => reject(new Error(`dev ended with ${code}: ${stderr}`)));
    });
    return { child, ready };
  }

  /** The command in the same home, with nothing else said. */
  const coppice = (...args: string[]) =>
    new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      const out = { stdout: '', stderr: '' };
      child.stdout.on('data', (chunk: Buffer) => (out.stdout += chunk.toString('utf8')));
      child.stderr.on('data', (chunk: Buffer) => (out.stderr += chunk.toString('utf8')));
      child.once('close', (code) => {
        expect(documentProblems({ args, stdout: out.stdout, code: code ?? -1 })).toEqual([]);
        resolve({ code, ...out });
      });
    });

  it(
    'runs everything, keeps transcripts in its home, and keeps Temporal’s data over a restart',
    { timeout: 90_000 },
    async () => {
      const first = await dev();
      expect(first.ready).toContain(`ui=http://127.0.0.1:${ports.uiPort}`);
      expect((await fetch(`http://127.0.0.1:${ports.uiPort}`)).status).toBe(200);
      const second = await coppice('worker');
      expect(second.code).not.toBe(0);
      expect(second.stderr).toContain('another worker uses');
      const plan = stack.plan([{ id: 'a', title: 'Add a', prompt: 'Make a.txt' }]);
      const pages = `http://127.0.0.1:${ports.uiPort}/namespaces/default/workflows/run%3Aunder-dev/`;
      const ran = await coppice('run', plan, '--repo', stack.remote, '--id', 'under-dev', '--json');
      expect(ran.stderr).toContain('no verification configured');
      expect(JSON.parse(ran.stdout) as Report).toMatchObject({ status: 'completed' });
      expect(stack.git('--git-dir', stack.remote, 'for-each-ref', 'refs/coppice')).toBe('');
      const kept = join(env['COPPICE_HOME'] ?? '', 'state-remote.git');
      expect(stack.git('--git-dir', kept, 'for-each-ref', 'refs/coppice')).toContain(
        'refs/coppice/runs/under-dev/units/a',
      );
      first.child.kill('SIGINT');
      expect((await once(first.child, 'exit'))[0]).toBe(0);
      await expect(fetch(`http://127.0.0.1:${ports.uiPort}`)).rejects.toThrow();

      const again = await dev();
      expect((await coppice('report', 'under-dev')).stdout).toContain('Add a');
      const status = await coppice('status', '@latest');
      expect(status.stdout).toContain('completed');
      expect(status.stdout).toMatch(new RegExp(`^web ui +${pages}[0-9a-f-]+/user-metadata$`, 'm'));
      env = { ...env, COPPICE_TEMPORAL_UI: 'https://temporal.example.com/ui/' };
      expect((await coppice('status', '@latest')).stdout).toContain('https://temporal.example.com/ui/namespaces/');
      env = { ...env, COPPICE_TEMPORAL_UI: 'temporal.example.com' };
      const wrong = await coppice('status', '@latest');
      expect(wrong.code).toBe(2);
      expect(wrong.stderr).toContain('COPPICE_TEMPORAL_UI must be an address that begins with http');
      again.child.kill('SIGTERM');
      expect((await once(again.child, 'exit'))[0]).toBe(0);
    },
  );
});
