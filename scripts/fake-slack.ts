// `npm run fake:slack`: a Slack channel on this machine, to try Coppice without a workspace. Prints the variables that
// connect Coppice to it, shows cards here and on a web page, and clicks what it is told to.
//
//   npm run fake:slack -- [--port 3111] [--page-port 3112] [--http http://127.0.0.1:3000/slack/events]

import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type ChannelShown, Workspace, channel, people } from './fake-slack/workspace.ts';
import { help, newsOf, obey } from './fake-slack/terminal.ts';
import { servePage } from './fake-slack/page.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '3111' },
    'page-port': { type: 'string', default: '3112' },
    http: { type: 'string' },
  },
});

const workspace = await Workspace.start({ port: Number(values.port), eventsUrl: values.http ?? null });
const page = await servePage(workspace, Number(values['page-port']));
const say = (text: string): void => void (text === '' || process.stdout.write(`${text}\n`));

const [first, , stranger] = people;
say('A Slack channel on this machine; nothing leaves it. In the terminals of coppice dev (or worker and gateway):\n');
for (const [name, value] of Object.entries(workspace.environment())) say(`export ${name}=${value}`);
say(`export DEMO_SLACK_CHANNEL=${channel}   # only for npm run demo

In coppice.yaml of the target branch:

notify: { slack: { channel: ${channel} } }
people: { maintainers: { slack: [${first.id}] } }   # ${first.name}; ${stranger.name} may not decide then

page: http://127.0.0.1:${(page.address() as AddressInfo).port}/
you click as ${first.name}. ${help}
ready`);

const session = { workspace, by: first };
let before: ChannelShown | null = null;
const showing = setInterval(() => {
  const now = workspace.look();
  for (const text of newsOf(before, now)) say(text);
  before = now;
}, 200);

const lines = createInterface({ input: process.stdin });
const ended = new Promise<void>((resolve) => {
  process.once('SIGINT', resolve);
  process.once('SIGTERM', resolve);
  // In the background there is nobody to listen to, and it goes on.
  lines.once('close', () => (process.stdin.isTTY ? resolve() : undefined));
  lines.on('line', (line) => {
    void obey(session, line).then((answer) => (answer === null ? resolve() : say(answer)));
  });
});
await ended;
lines.close();
clearInterval(showing);
page.closeAllConnections();
page.close();
await workspace.close();
process.exit(0);
