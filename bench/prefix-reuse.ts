// How much of what a session of 50 turns resends is not in the vendor's prompt cache: with one change of host, against
// the same session on one host. Counted from the requests themselves, by the rules of the vendor's cache.

import { cachedShare } from './parts/cached-prefix.ts';
import { Stage } from './parts/stage.ts';
import { runBench } from './harness.ts';

const turns = { full: 50, tiny: 6 };

const outside = 'bytes outside a cached prefix';

await runBench({
  name: 'prefix-reuse',
  about: 'bytes that a session sends again although no cached prefix has them, with one change of host, against none',
  repetitions: 1,
  rows: {
    [outside]: { measure: '%', judge: { measure: '% of what is sent again', of: ({ ours }) => ours }, goal: 5 },
  },
  async open({ quick, note }) {
    const count = quick ? turns.tiny : turns.full;
    note(`${count} turns, each with a command that prints about 2 KB`);
    return {
      ours: async () => share(count, Math.floor(count / 2)),
      baseline: async () => share(count, null),
    };
  },
});

/** The session's host drains after `moveAfter` turns; null = never. */
async function share(count: number, moveAfter: number | null) {
  const raw: string[] = [];
  let move: (() => Promise<void>) | null = null;
  await using stage = await Stage.open({
    async reply(request) {
      raw.push(request.raw);
      // The answer is sent once the other host is ready and this one drains.
      if (request.turn === moveAfter) await move?.();
      if (request.turn >= count) return { text: 'Done.' };
      const command = `echo ${request.turn} >> a.txt; seq ${request.turn * 100} ${request.turn * 100 + 400}`;
      return { text: `Step ${request.turn}.`, tools: [{ name: 'bash', input: { command } }] };
    },
  });
  await stage.worker('orchestrator', ['--role', 'orchestrator']);
  const first = await stage.worker('host-1', ['--role', 'host', '--slots', '1']);
  move = async () => {
    await stage.worker('host-2', ['--role', 'host', '--slots', '1']);
    process.kill(first.pid, 'SIGTERM');
  };
  const repository = stage.remote({ 'README.md': '# A repository\n' });
  const units = [{ id: 'long', title: 'A long session', prompt: 'Work for a while.' }];
  const run = await stage.coppice.start({ repository, plan: { version: 1, goal: 'One session', units } });
  const report = await run.result();
  const hosts = report.units[0]?.hosts.length ?? 0;
  if (hosts !== (moveAfter === null ? 1 : 2)) throw new Error(`the session was on ${hosts} hosts`);
  const { resent, cached } = cachedShare(raw);
  return { [outside]: (100 * (resent - cached)) / resent };
}
