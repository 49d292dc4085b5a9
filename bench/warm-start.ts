// How soon a ready unit first asks its model, in a repository of 10,000 files with a setup that writes 5,000 more.
// Compared with an engineer's manual steps in a clone: `git worktree add`, then the setup, no sandbox. Ours is the
// whole way: run workflow, unit workflow, dispatch, ownership of the checkpoint ref, worktree, prompt.
// Also measures how long the merge queue's verification of a change takes in ordinary projects, as the host measures
// it: with a prepared worktree, against a host without a pool.

import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Stage } from './parts/stage.ts';
import { oneCommand } from './parts/model.ts';
import { readyCopies } from './parts/ready-copies.ts';
import { runBench } from './harness.ts';
import { closeProjects, openProjects } from './parts/verifications.ts';

const run = promisify(execFile);
const full = { files: 10_000, packages: 250, perPackage: 20 };
const tiny = { files: 50, packages: 2, perPackage: 5 };

/** Writes packages like an install: folders of small files. */
const setup = `awk -v packages="$(cat packages.txt)" 'BEGIN {
  split(packages, size, " "); text = sprintf("%01500d", 0)
  for (p = 1; p <= size[1]; p++) {
    system("mkdir -p node_modules/package-" p)
    for (f = 1; f <= size[2]; f++) { file = "node_modules/package-" p "/file-" f ".js"; print p, f, text > file; close(file) }
  }
}'`;

await runBench({
  name: 'warm-start',
  about:
    'from ready to the first model request, against git worktree add and the setup by hand; and verifications, against a host without a pool',
  repetitions: 5,
  rows: {
    'with a prepared worktree': { measure: 's', goal: 0.5 },
    'on the spot': { measure: 's', goal: 1.3 },
    'verification, npm': { measure: 's', goal: 0.2 },
    'verification, uv': { measure: 's', goal: 0.2 },
    'verification, go': { measure: 's', goal: 0.2 },
    'verification, cargo': { measure: 's', goal: 0.2 },
  },
  async open({ quick, note }) {
    const sizes = quick ? tiny : full;
    note(`${sizes.files} files in the repository; the setup writes ${sizes.packages * sizes.perPackage}`);
    const files = repositoryFiles(sizes);
    const [warm, cold] = [await openSide('4096', files), await openSide('0', files)];
    await warm.firstRequest();
    const clone = join(cold.stage.root, 'clone.git');
    await run('git', ['clone', '--quiet', '--bare', '--no-local', cold.repository, clone]);
    await cold.firstRequest();
    const projects = await openProjects(quick, note);
    const verifications = async (side: 'prepared' | 'cold') => {
      const seconds: Record<string, number> = {};
      for (const project of projects) seconds[`verification, ${project.manager}`] = await project[side]();
      return seconds;
    };
    return {
      async ours() {
        await readyCopies(warm.home);
        return {
          'with a prepared worktree': await warm.firstRequest(),
          'on the spot': await cold.firstRequest(),
          ...(await verifications('prepared')),
        };
      },
      async baseline(repetition) {
        const folder = join(cold.stage.root, `worktree-${repetition}`);
        const started = performance.now();
        await run('git', ['-C', clone, 'worktree', 'add', '--quiet', '--detach', folder, 'main']);
        await run('sh', ['-c', setup], { cwd: folder });
        const seconds = (performance.now() - started) / 1000;
        await run('git', ['-C', clone, 'worktree', 'remove', '--force', folder]);
        await rm(folder, { recursive: true, force: true });
        return { 'with a prepared worktree': seconds, 'on the spot': seconds, ...(await verifications('cold')) };
      },
      async close() {
        await Promise.all([warm.stage.close(), cold.stage.close(), ...projects.map((each) => each.close())]);
        closeProjects();
      },
    };
  },
});

function repositoryFiles({ files, packages, perPackage }: typeof full): Record<string, string> {
  const sources = Array.from({ length: files }, (_, i) => {
    return [`src/part-${i % 100}/module-${i}.ts`, `export const value${i} = ${i};\n`.repeat(20)] as const;
  });
  return {
    ...Object.fromEntries(sources),
    'packages.txt': `${packages} ${perPackage}\n`,
    '.gitignore': 'node_modules/\n',
    'coppice.yaml': JSON.stringify({ setup: { run: setup, inputs: ['packages.txt'] } }),
  };
}

/** Starts a server, a worker and a repository for one side, with a pool of `poolMegabytes`. */
async function openSide(poolMegabytes: string, files: Readonly<Record<string, string>>) {
  let askedAt: number | null = null;
  const reply = oneCommand((unit) => `echo ${unit} > ${unit}.txt`);
  const stage = await Stage.open({
    reply(request) {
      askedAt ??= Date.now();
      return reply(request);
    },
  });
  await stage.worker('worker', ['--slots', '2', '--verify-slots', '1'], { COPPICE_POOL_MB: poolMegabytes });
  const repository = stage.remote(files);
  let runs = 0;
  return {
    stage,
    repository,
    home: join(stage.root, 'worker'),
    /** Seconds from the start of a run with one unit to its first request. */
    async firstRequest(): Promise<number> {
      askedAt = null;
      const id = `unit-${++runs}`;
      const plan = { version: 1, units: [{ id, title: `Write ${id}`, prompt: `Write ${id}.txt` }] };
      const report = await (await stage.coppice.start({ repository, plan })).result();
      if (report.status !== 'completed' || askedAt === null) throw new Error(`the run ended as ${report.status}`);
      return (askedAt - Date.parse(report.startedAt)) / 1000;
    },
  };
}
