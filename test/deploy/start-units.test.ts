// Starts what the systemd units start, as systemd would: their command with the variables of the files that
// docs/operate.md says to write, and nothing else of this environment. Only addresses are those of the test.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SlackServer } from '../fakes/slack-server.ts';
import { freePort } from '../../scripts/free-port.ts';
import { openNamespace } from '../setup/namespace.ts';

const root = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'docs/operate.md'), 'utf8');
const units = globSync('deploy/systemd/coppice-*.service', { cwd: root });

interface Service {
  readonly words: readonly string[];
  readonly files: readonly string[];
  readonly environment: Readonly<NodeJS.Dict<string>>;
}

function readService(file: string): Service {
  const lines = readFileSync(path.join(root, file), 'utf8').split('\n');
  const values = (key: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
  const [, ...words] = (values('ExecStart')[0] ?? '').split(' ');
  return { words, files: values('EnvironmentFile'), environment: parseEnv(values('Environment').join('\n')) };
}

/** The block of operate.md after the paragraph that names the file. */
function contentOf(file: string): Readonly<NodeJS.Dict<string>> {
  const [, block] = page.slice(page.lastIndexOf(`\`${file}\``)).split(/^```(?:text)?$/m);
  return parseEnv(block ?? '');
}

let folder: string;
let slack: SlackServer;
let temporal: { address: string; namespace: string };
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'coppice-units-'));
  slack = await SlackServer.start();
  temporal = await openNamespace();
});
afterAll(async () => {
  await slack.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What the test puts in place of addresses of other machines. */
function addresses(home: string): Readonly<Record<string, string>> {
  return {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    SLACK_API_URL: slack.apiUrl,
    COPPICE_HOME: path.join(folder, path.basename(home)),
  };
}

test('there is one for orchestrators, hosts and the gateway', () => {
  expect(units.map((file) => path.basename(file, '.service')).toSorted()).toEqual([
    'coppice-gateway',
    'coppice-host',
    'coppice-orchestrator',
  ]);
});

test.each(units)('%s serves with the documented files, and ends with 0 when it is told to', async (file) => {
  const { words, files, environment } = readService(file);
  const port = words[0] === 'gateway' ? ['--port', `${await freePort()}`] : [];
  const documented = Object.assign({}, ...files.map(contentOf)) as NodeJS.Dict<string>;
  expect(Object.keys(documented)).toEqual(expect.arrayContaining(['TEMPORAL_ADDRESS', 'ANTHROPIC_API_KEY']));
  const env = { ...documented, ...environment, ...addresses(environment['COPPICE_HOME'] ?? '') };
  const child = spawn(process.execPath, [path.join(root, 'client/cli/main.ts'), ...words, ...port], {
    // As systemd sets it.
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, log] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
      if (/^ready /m.test(out)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${log}`)));
  });
  for (const secret of ['ANTHROPIC_API_KEY', 'SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN'])
    expect(out + log).not.toContain(documented[secret]);
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(0);
});
