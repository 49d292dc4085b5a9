// Files of an agent that git ignores are named before its work counts as done, once, with the line that ignores them.

import { expect, it } from 'vitest';
import { type SliceBench, doneOf, useBench } from './slice-bench.ts';
import { said, steps } from '../e2e/scripts.ts';
import type { planRun } from './slice-host.ts';

let bench: SliceBench;
useBench((opened) => (bench = opened));

type Config = NonNullable<NonNullable<Parameters<typeof planRun>[2]>['config']>;

/** The messages about ignored files that an agent was sent, and what it changed. */
async function named(command: string, config: Config = {}) {
  const context = await bench.planned(steps(command), { config });
  const { changed } = doneOf(await bench.host.start(context).result);
  const messages = bench.asked(context.run).map(said);
  return { changed, messages: messages.filter((text) => text.includes('Git ignores these files')) };
}

const work = 'echo work > a.txt';

it.each([
  [
    'a rule for a folder',
    `printf 'lib/\\n' > .gitignore; mkdir -p src/lib; echo x > src/lib/numbers.py`,
    'src/lib/numbers.py (.gitignore, line 1: lib/)',
  ],
  [
    'a rule for names',
    `printf '\\n*.local\\n' > .gitignore; echo x > settings.local`,
    'settings.local (.gitignore, line 2: *.local)',
  ],
  [
    'an ignore file in a folder',
    `mkdir d; printf 'gen*\\n' > d/.gitignore; cd d; echo x > gen.ts`,
    'd/gen.ts (d/.gitignore, line 1: gen*)',
  ],
  [
    'an old file that is copied in',
    `echo out/ > .gitignore; mkdir out; cp -p README.md out/kept.md`,
    'out/kept.md (.gitignore, line 1: out/)',
  ],
])('%s', async (_, command, line) => {
  const { messages } = await named(`${work}; ${command}`);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toContain(`- ${line}\n`);
});

it.each([
  ['what builds and tests leave', `echo out/ > .gitignore; mkdir out; for i in 1 2 3; do date > out/$(date +%N); done`],
  ['folders of tools', `echo node_modules > .gitignore; mkdir -p node_modules/x; echo x > node_modules/x/index.js`],
  ['nothing at all', 'true'],
  ['things beside an ignore file that is none', 'mkdir d; mkfifo d/.gitignore; echo x > d/notes.txt'],
])('%s are not named', async (_, command) => {
  expect((await named(`${work}; ${command}`)).messages).toEqual([]);
});

it('what a setup made is not the agent’s, although it uses it', async () => {
  const run = 'printf "out/\\n" > .gitignore; mkdir -p out; echo built > out/app.js';
  const config: Config = { setup: { run, network: false, timeoutSeconds: 60 } };
  expect((await named(`${work}; cat out/app.js`, config)).messages).toEqual([]);
});

it('an agent whose only file is ignored hears which, in place of having changed nothing', async () => {
  bench.remote.push({ '.gitignore': 'notes.txt\n' });
  const context = await bench.planned((request) => {
    const hidden = said(request).includes('Git ignores these files');
    if (request.turn % 2 === 1) return { text: 'Done.' };
    return steps(hidden ? 'rm .gitignore' : 'echo x > notes.txt')({ ...request, turn: 0 });
  });
  expect(doneOf(await bench.host.start(context).result).changed).toEqual(['.gitignore', 'notes.txt']);
});
