// What a message between agents costs: how soon it is heard, how long sessions wait for the board, and how large its
// history becomes. The server, the workflows, the driver and the board are the product's (parts/talking-sessions.ts).

import type { Client } from '@temporalio/client';
import type { RunId } from '../contracts/ids.ts';
import type { Stage } from './parts/stage.ts';
import { Stage as OpenedStage } from './parts/stage.ts';
import { bareCalls, talk, unitNames } from './parts/talking-sessions.ts';
import { boardWorkflowId } from '../contracts/ids.ts';
import { connectClient } from '../client/temporal.ts';
import { context, sha, unit } from '../test/domain/fixtures.ts';
import { historiesOf, historyLimits } from './parts/histories.ts';
import { makeBoards } from '../activities/board/boards.ts';
import { runBench } from './harness.ts';

const sizes = { sessions: 100, turns: 9, messages: 10_000, few: 100, units: 1_000 };
const quickly = { sessions: 4, turns: 12, messages: 20, few: 10, units: 10 };
const quickPace = 0.05;

const [soon, own, wait] = [
  'requests until it is heard, p95',
  'own time of a message, p95',
  'wait of a request, p95',
] as const;
const [events, bytes] = ['largest history: events', 'largest history: MB'] as const;

const ofOurs = (measure: string) => ({ measure, of: ({ ours }: { ours: number }) => ours });
const share = (limit: number) => ({ measure: 'of the limit', of: ({ ours }: { ours: number }) => ours / limit });

await runBench({
  name: 'board',
  about: 'messages between 100 sessions, and the history of a board with 10,000 messages',
  repetitions: 1,
  rows: {
    [soon]: { measure: 'requests', judge: ofOurs('requests'), goal: 1 },
    [own]: { measure: 'ms', judge: ofOurs('ms'), goal: 300 },
    [wait]: { measure: 'ms', judge: ofOurs('ms'), goal: null },
    [events]: { measure: 'events', judge: share(historyLimits.events), goal: 0.2 },
    [bytes]: { measure: 'MB', judge: share(historyLimits.bytes / 1024 ** 2), goal: 0.2 },
  },
  async open({ quick, note }) {
    const { sessions, turns, messages, few, units } = quick ? quickly : sizes;
    const reply = replyOf(sessions, turns, quick ? quickPace : 1);
    const stage = await OpenedStage.open({ reply });
    await stage.worker('orchestrator', ['--role', 'orchestrator']);
    const client = await clientOf(stage);
    return {
      async ours(repetition) {
        const { deliveries, unheard, waits } = await talk(
          { stage, client },
          { id: `talk-${repetition}`, count: sessions, turns },
        );
        process.stderr.write(`board: ${deliveries.length} messages heard\n`);
        if (deliveries.length === 0)
          throw new Error('no message was heard: this machine is too busy to measure anything');
        note(
          `${deliveries.length} messages heard, ${unheard} came after the recipient’s last request; the model thinks for 4 to 16 s`,
        );
        const { history, perSecond } = await write(client, { run: context(`many-${repetition}`).run, messages, units });
        note(`${messages} messages in ${history.executions} executions of the board, ${perSecond.toFixed(0)} a second`);
        return {
          [soon]: p95(deliveries.map((each) => each.turns)),
          [own]: p95(deliveries.map((each) => each.ownMs)),
          [wait]: p95(waits),
          [events]: history.events,
          [bytes]: history.bytes / 1024 ** 2,
        };
      },
      async baseline(repetition) {
        const calls = p95(await bareCalls(client, sessions, { calls: turns, pace: quick ? quickPace : 1 }));
        const { history } = await write(client, { run: context(`few-${repetition}`).run, messages: few, units });
        return {
          [soon]: 1,
          [own]: calls,
          [wait]: calls / 2,
          [events]: history.events,
          [bytes]: history.bytes / 1024 ** 2,
        };
      },
      async close() {
        await client.connection.close();
        await stage.close();
      },
    };
  },
});

async function clientOf({ env }: Stage): Promise<Client> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = env;
  return connectClient({ address, namespace, options: { address } });
}

/** The model: every third turn a message to another unit, otherwise a command. */
function replyOf(count: number, turns: number, pace: number) {
  const names = unitNames(count);
  return ({ user, turn }: { readonly user: string; readonly turn: number }) => {
    const at = names.indexOf(user.split('/').at(-1) ?? '');
    const delayMs = pace * (4_000 + 12_000 * Math.random());
    if (turn >= turns) return { text: 'Done.', delayMs };
    const isPost = (at + turn) % 3 === 0;
    const to = names[(at + 1 + turn * 7) % count] ?? '';
    const input =
      isPost && to !== names[at] ? { unit: to, text: `From ${at}, turn ${turn}: parse() takes a string.` } : {};
    return { tools: [{ name: 'unit' in input ? 'post_message' : 'bash', input }], delayMs };
  };
}

interface Writing {
  readonly run: RunId;
  readonly messages: number;
  readonly units: number;
}

/** Messages of 1 KB, each confirmed by its recipient, eight at a time. */
async function write(client: Client, { run, messages, units }: Writing) {
  const boards = makeBoards(client);
  const names = unitNames(units).map(unit);
  const text = 'x'.repeat(1_024);
  const began = performance.now();
  // Its name; there is no message for this unit.
  await boards.claim(run, { from: { unit: unit('first'), tree: sha(0) }, paths: ['first'] });
  const board = (await client.workflow.getHandle(boardWorkflowId(run)).describe()).runId.slice(0, 8);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let n = (next += 1); n <= messages; n = next += 1) {
      const [from, to] = [names[n % units], names[(n * 7 + 1) % units]];
      if (from === undefined || to === undefined || from === to) continue;
      const post = () => boards.post(run, { from: { unit: from, tree: sha(n) }, to: [to], text });
      // A busy machine may leave a call without an answer; an agent would post again, too.
      const answer = await post().catch(post);
      if (!answer.accepted) throw new Error(answer.message);
      await boards.heard(run, to, { board, number: answer.number });
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  await boards.settled();
  const perSecond = messages / ((performance.now() - began) / 1_000);
  await boards.close(run);
  await client.workflow.getHandle(boardWorkflowId(run)).result();
  // Visibility is a moment behind.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  return { history: await historiesOf(client, [boardWorkflowId(run)]), perSecond };
}

function p95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN;
}
