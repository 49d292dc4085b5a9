// Watches the demo's run, kills a host in the middle of its work, and makes sure that the approval is answered.

import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Coppice, Run, RunStatusDocument } from '../../client/api.ts';
import type { SpawnedWorker } from './processes.ts';
import { diffStatus } from '../../client/watch/events.ts';
import { eventLine } from '../../client/cli/present/event-lines.ts';
import { madePlanText } from '../../client/cli/present/made-plan.ts';
import { openLiveTerminal } from '../../client/cli/live-terminal.ts';
import { painterFor } from '../../client/cli/present/colour.ts';
import { renderLiveView } from '../../client/cli/present/live-view.ts';

export interface DemoRun {
  readonly coppice: Coppice;
  readonly run: Run;
  readonly hosts: readonly SpawnedWorker[];
  /** Who answers the approval: a person in Slack or on the terminal, or the demo itself after a while. */
  readonly answers: 'slack' | 'terminal' | 'itself';
  /** How the `coppice` command is started in another terminal. */
  readonly elsewhere: string;
  readonly say: (text: string) => void;
}

/** How long the demo waits for others before it answers the approval itself. */
const patienceMs = 5_000;

export async function followDemo({ coppice, run, hosts, answers, elsewhere, say }: DemoRun): Promise<void> {
  const screen = openScreen(say, coppice.user);
  let victim: SpawnedWorker | undefined;
  const asked = new Set<string>();
  let before: RunStatusDocument | null = null;
  const answering: Promise<void>[] = [];
  for await (const document of run.watch({ intervalMs: 500 })) {
    screen.show(before, document);
    before = document;
    victim ??= chooseVictim(document, hosts);
    if (victim !== undefined && !screen.said.has('kill')) {
      victim.kill();
      screen.note(
        'kill',
        `kill -9 ${victim.pid}: ${victim.name} is gone; its units continue elsewhere once its silence is noticed (30 s)`,
      );
    }
    for (const { id, kind } of document.approvals.filter((approval) => !asked.has(approval.id))) {
      asked.add(id);
      if (kind === 'plan') await showPlan(run, screen);
      if (answers === 'slack') {
        screen.note(id, `${id} waits for the button in Slack, or: ${elsewhere} approve ${id}`);
      } else if (answers === 'terminal') await askOnTerminal(coppice, id, screen);
      else answering.push(answerLater(coppice, id, screen));
    }
  }
  screen.close();
  await Promise.all(answering);
}

/** Picks a host in the middle of a unit, once another unit has landed: there is work to lose, and work to keep. */
function chooseVictim(document: RunStatusDocument, hosts: readonly SpawnedWorker[]): SpawnedWorker | undefined {
  if (!document.units.some(({ phase }) => phase === 'landed')) return undefined;
  return hosts.find(({ name }) => document.units.some((unit) => unit.phase === 'working' && unit.host === name));
}

async function showPlan(run: Run, screen: Screen): Promise<void> {
  const plan = await run.plan();
  screen.note('plan', `\n${madePlanText({ ...plan, costUsd: null }, process.stdout)}\n`);
}

async function askOnTerminal(coppice: Coppice, id: string, screen: Screen): Promise<void> {
  screen.close();
  const question = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await question
    .question(`\nA person must agree: ${id}\nApprove? [Y/n] `)
    .finally(() => question.close());
  if (/^n/i.test(answer.trim())) await coppice.deny(id, 'denied in the demo');
  else await coppice.approve(id);
}

/** `coppice approve` in another terminal may be faster. */
async function answerLater(coppice: Coppice, id: string, screen: Screen): Promise<void> {
  const how = `\`npm run demo\` on a terminal asks; now the demo approves it by itself in ${patienceMs / 1000} s`;
  screen.note(id, `${id} waits for a person: ${how}`);
  await sleep(patienceMs);
  await coppice.approve(id).catch(() => undefined);
}

interface Screen {
  readonly said: Set<string>;
  show(before: RunStatusDocument | null, document: RunStatusDocument): void;
  /** Prints a permanent line, once per key. */
  note(key: string, text: string): void;
  close(): void;
}

/** A live view on a terminal, a line for each event elsewhere. */
function openScreen(say: (text: string) => void, user: string): Screen {
  const said = new Set<string>();
  const live = process.stdout.isTTY;
  let view = live ? openLiveTerminal(process.stdout) : null;
  return {
    said,
    show(before, document) {
      if (!live) return diffStatus(before, document).forEach((event) => say(eventLine(event)));
      view ??= openLiveTerminal(process.stdout);
      const { columns: width, rows: height } = process.stdout;
      const paint = painterFor(process.stdout);
      view.draw(renderLiveView(document, { width, height, now: new Date(), user, paint }));
    },
    note(key, text) {
      if (said.has(key)) return;
      said.add(key);
      this.close();
      say(text);
    },
    close() {
      view?.close();
      view = null;
    },
  };
}
