// The questions of `coppice init`: Enter accepts a proposal, new text replaces it, `-` leaves it out.

import type { Asker } from './ask.ts';
import type { FirstConfig } from '../../formats/config-file/text.ts';
import type { ProposedCommand, ProposedCommands } from '../../formats/project/propose-commands.ts';
import { inertLine } from './present/columns.ts';
import { inertPrint } from '../../domain/text/inert.ts';
import { joinCommands } from '../../formats/project/propose-commands.ts';
import { openAsker } from './ask.ts';

type Answers = Omit<FirstConfig, 'schema'>;

/** Throws an `Exit` if the person leaves. */
export async function askForConfig(
  branch: string | null,
  proposed: ProposedCommands,
  regenerate: FirstConfig['regenerate'],
): Promise<Answers> {
  const asker = openAsker();
  try {
    say('Enter takes what was found, - leaves it out, anything else replaces it.');
    return {
      branch: await askBranch(asker, branch),
      env: await askEnv(asker, proposed.env),
      setup: await askSetup(asker, proposed.setup),
      verify: await askVerify(asker, proposed.verify),
      regenerate: await askRegenerate(asker, regenerate),
    };
  } finally {
    asker.close();
  }
}

async function askBranch(asker: Asker, branch: string | null): Promise<string | null> {
  const answer = await askAbout(
    asker,
    'the branch that work lands on',
    branch ?? 'the one that the remote’s HEAD names',
  );
  return answer === '' ? branch : answer === '-' ? null : answer;
}

/** Variables are taken or left out together: their values only make sense together. */
async function askEnv(asker: Asker, found: FirstConfig['env']): Promise<FirstConfig['env']> {
  const shown = Object.entries(found).map(([name, value]) => `${name}=${value}`);
  const what = 'env: variables of every command, for caches in the worktree';
  return (await takes(asker, what, shown.join(' '))) ? found : {};
}

async function askRegenerate(asker: Asker, found: FirstConfig['regenerate']): Promise<FirstConfig['regenerate']> {
  const shown = found.map(({ path, run }) => `${path}: ${run}`);
  const what = 'queue.regenerate: lock files that are made again, with the network, where two changes meet in them';
  return (await takes(asker, what, shown.join('; '))) ? found : [];
}

/** For what is taken or left out as it is. */
async function takes(asker: Asker, what: string, shown: string): Promise<boolean> {
  if (shown === '') return true;
  for (;;) {
    const answer = await askAbout(asker, what, shown);
    if (answer === '' || answer === '-') return answer === '';
    say('Enter or -; anything else can be written into the file afterwards.');
  }
}

async function askSetup(asker: Asker, found: readonly ProposedCommand[]): Promise<FirstConfig['setup']> {
  const what = 'setup: prepares every new worktree';
  const kept = await askEach(asker, what, found);
  if (found.length === 0) kept.push(...typed(await askAbout(asker, what, 'nothing')));
  if (kept.length === 0) return null;
  const asFound = kept.every((command) => found.includes(command));
  const network = asFound || !/^n/i.test(await askAbout(asker, 'does setup need the network, yes or no?', 'yes'));
  return { run: joinCommands(kept.map(({ run }) => run)), network };
}

async function askVerify(asker: Asker, found: readonly ProposedCommand[]): Promise<FirstConfig['verify']> {
  const kept = await askEach(asker, 'verify: must pass before anything lands', found);
  for (;;) {
    const what = kept.length === 0 ? 'verify: must pass before anything lands' : 'verify: one more';
    const more = typed(await askAbout(asker, what, 'nothing'));
    if (more.length === 0) return kept.map(({ run, name }) => ({ run, name }));
    kept.push(...more);
  }
}

async function askEach(asker: Asker, what: string, found: readonly ProposedCommand[]): Promise<ProposedCommand[]> {
  const kept: ProposedCommand[] = [];
  for (const command of found) {
    const answer = await askAbout(asker, `${what} (from ${inertLine(command.from)})`, command.run);
    kept.push(...(answer === '' ? [command] : typed(answer)));
  }
  return kept;
}

function askAbout({ ask }: Asker, what: string, found: string): Promise<string> {
  say(`\n${what}\n  ${inertLine(found)}`);
  return ask('> ');
}

/** A command typed in place of the proposal; empty for Enter or `-`. */
function typed(run: string): ProposedCommand[] {
  return run === '' || run === '-' ? [] : [{ run, name: run, from: '' }];
}

function say(text: string): void {
  process.stderr.write(`${inertPrint(text)}\n`);
}
