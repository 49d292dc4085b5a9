// The questions of `coppice init`: Enter accepts a proposal, new text replaces it, `-` leaves it out.

import type { Asker } from './ask.ts';
import type { FirstConfig } from '../../formats/config-file/text.ts';
import type { ProposedCommand, ProposedCommands } from '../../formats/project/propose-commands.ts';
import { inertLine } from './present/columns.ts';
import { inertPrint } from '../../domain/text/inert.ts';
import { joinCommands } from '../../formats/project/propose-commands.ts';
import { openAsker } from './ask.ts';

type Answers = Pick<FirstConfig, 'branch' | 'env' | 'setup' | 'verify'>;

/** Throws an `Exit` if the person leaves. */
export async function askForConfig(branch: string | null, proposed: ProposedCommands): Promise<Answers> {
  const asker = openAsker();
  try {
    say('Enter takes what was found, - leaves it out, anything else replaces it.');
    return {
      branch: await askBranch(asker, branch),
      env: await askEnv(asker, proposed.env),
      setup: await askSetup(asker, proposed.setup),
      verify: await askVerify(asker, proposed.verify),
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
  const lines = Object.entries(found).map(([name, value]) => `${name}=${value}`);
  if (lines.length === 0) return found;
  for (;;) {
    const answer = await askAbout(
      asker,
      'env: variables of every command, for caches in the worktree',
      lines.join(' '),
    );
    if (answer === '') return found;
    if (answer === '-') return {};
    say('Enter or -; other variables can be written into the file afterwards.');
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
