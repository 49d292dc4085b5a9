// The cost of a unit whose agent costs nothing: the model answers at once with one command that writes a file. Compared
// with a good engineer's script for the same commits: git alone, one unit after the other.

import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Stage, makeRemote } from './parts/stage.ts';
import { oneCommand } from './parts/model.ts';
import { assertCompleted } from './parts/report.ts';
import { runBench } from './harness.ts';

const run = promisify(execFile);
const files = { 'README.md': '# A repository to land on\n', '.gitignore': 'node_modules/\n' };

/** `$1` bare remote, `$2` working folder, `$3` number of units. Makes a run's commits, except for the trailers. */
const pipeline = `
set -e
git clone --quiet --bare "$1" "$2/mirror.git"
cd "$2/mirror.git"
git config user.name Bench; git config user.email bench@localhost
for n in $(seq 1 "$3"); do
  git fetch --quiet origin +main:main
  git worktree add --quiet --detach "$2/unit-$n" main
  echo "unit-$n" > "$2/unit-$n/unit-$n.txt"
  git -C "$2/unit-$n" add --all
  git -C "$2/unit-$n" commit --quiet --message "Unit $n"
  git -C "$2/unit-$n" rebase --quiet main
  git -C "$2/unit-$n" push --quiet origin HEAD:main
  git worktree remove --force "$2/unit-$n"
done
`;

await runBench({
  name: 'unit-overhead',
  about: 'wall time of a unit whose agent costs nothing, against the plain git pipeline for the same commits',
  repetitions: 3,
  rows: { 'wall per unit': { measure: 'ms', goal: 3 } },
  async open({ quick, note }) {
    const units = quick ? 3 : 100;
    note(quick ? `${units} units` : `${units} units without dependencies; an orchestrator and 2 hosts of 8 slots`);
    const stage = await Stage.open({ reply: oneCommand((unit) => `echo ${unit} > ${unit}.txt`) });
    await stage.workers(quick ? 'all in one' : { hosts: 2, slots: 8 });
    const ids = Array.from({ length: units }, (_, i) => `unit-${i + 1}`);
    const plan = { version: 1, units: ids.map((id) => ({ id, title: `Write ${id}`, prompt: `Write ${id}.txt` })) };
    return {
      async ours() {
        const repository = stage.remote(files);
        const started = performance.now();
        const report = await (await stage.coppice.start({ repository, plan })).result();
        const wall = performance.now() - started;
        assertCompleted(report);
        return { 'wall per unit': wall / units };
      },
      async baseline(repetition) {
        const folder = join(stage.root, `pipeline-${repetition}`);
        const remote = makeRemote(folder, files);
        const work = join(stage.root, `pipeline-work-${repetition}`);
        const started = performance.now();
        await run('sh', ['-c', pipeline, 'sh', remote, work, `${units}`]);
        const wall = performance.now() - started;
        await rm(work, { recursive: true });
        return { 'wall per unit': wall / units };
      },
      close: () => stage.close(),
    };
  },
});
