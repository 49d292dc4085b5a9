// `npm run demo`: the main job on real input, on this machine, in about a minute. Uses a real git remote, a real
// Temporal server, two worker processes with their own homes, and real sandboxes; one host is killed with -9 on the
// way. Without ANTHROPIC_API_KEY the model's words are canned; everything else is real.
//
// With Slack's variables and DEMO_SLACK_CHANNEL (those of `npm run fake:slack`, too), the approvals wait for a button.
//
//   npm run demo -- [--yes] [--keep]

import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { Coppice } from '../client/api.ts';
import { reply } from '../examples/demo/scripted-model.ts';
import { reportText } from '../client/cli/present/report.ts';
import { startModelServer } from '../test/fakes/model-server.ts';
import { startTemporalServer } from '../workers/server/temporal-server.ts';
import { followDemo } from './demo/follow.ts';
import { spawnGateway, spawnWorker } from './demo/processes.ts';
import { errorText } from '../domain/errors.ts';
import { freePorts } from './free-port.ts';
import { slackChannel } from './demo/slack-channel.ts';

const { values: options } = parseArgs({ options: { yes: { type: 'boolean' }, keep: { type: 'boolean' } } });
const examples = fileURLToPath(new URL('../examples/', import.meta.url));
const slack = channelOrEnd();
const root = mkdtempSync(join(tmpdir(), 'coppice-demo-'));
const remote = join(root, 'timespan.git');
const closers: (() => Promise<unknown>)[] = [];

/** Before anything is made. */
function channelOrEnd(): string | null {
  try {
    return slackChannel(process.env);
  } catch (error) {
    process.stderr.write(`error: ${errorText(error)}\n`);
    return process.exit(2);
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function git(...args: string[]): string {
  return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function makeRemote(): void {
  const seed = join(root, 'seed');
  cpSync(join(examples, 'library'), seed, { recursive: true });
  if (slack !== null) appendFileSync(join(seed, 'coppice.yaml'), `notify: { slack: { channel: ${slack} } }\n`);
  git('init', '--quiet', '--bare', '--initial-branch=main', remote);
  git('init', '--quiet', '--initial-branch=main', seed);
  git('-C', seed, 'add', '--all');
  const identity = ['-c', 'user.name=Demo', '-c', 'user.email=demo@localhost'];
  git('-C', seed, ...identity, 'commit', '--quiet', '-m', 'A small library of durations');
  git('-C', seed, 'push', '--quiet', remote, 'HEAD:refs/heads/main');
}

function isInteractive(): boolean {
  return options.yes !== true && process.stdin.isTTY && process.stdout.isTTY;
}

/** The real model if there is a key, otherwise a scripted one that says so. */
async function chooseModel(): Promise<Record<string, string>> {
  if (process.env['ANTHROPIC_API_KEY']) {
    say('model     the real one, by ANTHROPIC_API_KEY');
    return {};
  }
  const model = await startModelServer({ reply });
  closers.push(() => model.close());
  say("model     SCRIPTED: no ANTHROPIC_API_KEY, so the model's words are canned; everything else is real");
  return { ANTHROPIC_API_KEY: 'scripted', ANTHROPIC_BASE_URL: model.url };
}

async function demo(): Promise<boolean> {
  say(
    'A demo of Coppice: one goal, a plan to agree to, two hosts, a merge queue, an approval, one host killed on the way.\n',
  );
  makeRemote();
  say(`remote    ${remote}`);
  const model = await chooseModel();
  const [port = 0, uiPort = 0] = await freePorts(2);
  const log = pino({ level: 'warn' }, pino.destination(2));
  const server = await startTemporalServer({ port, uiPort, database: null, log });
  closers.push(() => server.stop());
  const ui = `http://127.0.0.1:${uiPort}`;
  say(`temporal  127.0.0.1:${port}, Web UI at ${ui}`);
  const env = {
    ...process.env,
    ...model,
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
    COPPICE_HOME: join(root, 'client'),
    COPPICE_STATE_REMOTE: join(root, 'state.git'),
  };
  git('init', '--quiet', '--bare', env.COPPICE_STATE_REMOTE);
  const hosts = await Promise.all(
    ['host-1', 'host-2'].map((name) => spawnWorker(name, ['--slots', '3'], { root, env })),
  );
  closers.push(...hosts.map((host) => () => host.stop()));
  if (slack !== null) {
    const gateway = await spawnGateway({ root, env });
    closers.push(() => gateway.stop());
    say(`slack     cards in ${slack}; clicks come to a gateway (pid ${gateway.pid})`);
  }
  say(`hosts     ${hosts.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')}, each with a home of its own\n`);
  const coppice = await Coppice.connect({ env });
  closers.push(() => coppice.close());
  const goal = readFileSync(join(examples, 'demo/goal.md'), 'utf8');
  say(`$ coppice run --goal "${goal.split('\n', 1)[0] ?? ''} …"\n`);
  const run = await coppice.start({ repository: remote, goal, askAboutPlan: true });
  const answers = slack !== null ? 'slack' : isInteractive() ? 'terminal' : 'itself';
  const elsewhere = `TEMPORAL_ADDRESS=127.0.0.1:${port} npm run --silent coppice --`;
  await followDemo({ coppice, run, hosts, answers, elsewhere, say });
  const report = await run.result();
  say(`\n${reportText(report, process.stdout)}\n`);
  say(`$ git --git-dir ${remote} log --oneline main`);
  say(git('--git-dir', remote, 'log', '--format=%h %s', 'main'));
  if (options.keep === true) {
    say(`Web UI: ${ui}   Ctrl-C ends everything.`);
    await new Promise((resolve) => process.once('SIGINT', resolve));
  } else {
    say(`The Web UI was at ${ui}; \`npm run demo -- --keep\` leaves it up.`);
  }
  return report.status === 'completed';
}

let good = false;
try {
  good = await demo();
} finally {
  for (const close of closers.toReversed()) await close().catch(() => undefined);
  rmSync(root, { recursive: true, force: true });
}
process.exit(good ? 0 : 1);
