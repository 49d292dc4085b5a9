// Runs one command that makes files again, in a folder of its own and a sandbox that sees nothing else, and takes what it
// has written. The folder is untrusted afterwards: links are not followed, and sizes are limited.

import { CancelledFailure } from '@temporalio/activity';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildWatch } from '../build/build-watch.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { GeneratedFiles } from '../../../formats/generated/rules.ts';
import type { InputFile } from './command-inputs.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { SandboxResult } from '../../sandbox/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { collectOutput } from './collect-output.ts';
import { commandEnv, networkFor } from '../../sandbox/policy.ts';
import { excerpt } from '../../../domain/text/excerpt.ts';
import { describe } from '../../checks/run-checks.ts';
import { discard } from '../../worktrees/remove.ts';
import { newName } from '../../worktrees/name.ts';
import { noNetworkAccess } from '../../sandbox/network-access.ts';
import { readableOutput } from '../../sandbox/readable-output.ts';
import { sandboxHome } from '../../sandbox/system-view.ts';
import { writeInputs } from './write-inputs.ts';

/** Characters of a failed command's output that people and the agent are shown; histories hold them. */
const shownCharacters = 800;
const keptBytes = 64 * 1024;

interface Making {
  readonly config: Config;
  readonly files: GeneratedFiles;
  readonly inputs: readonly InputFile[];
  /** Must be there afterwards. */
  readonly paths: readonly string[];
}

/** A tree of the files that the rule names, or why there is none. Throws `CancelledFailure`. */
export async function makeAgain(
  repository: LocalRepository,
  { config, files, inputs, paths }: Making,
  watch: BuildWatch,
): Promise<{ readonly tree: Sha } | { readonly why: string }> {
  const { home, state, sandbox } = repository;
  // Named as worktrees are, so that what a killed process leaves is swept with them.
  const folder = join(home, 'worktrees', newName('generate'));
  const [work, ownHome] = [join(folder, 'work'), join(folder, 'home')];
  try {
    for (const each of [work, ownHome]) await mkdir(each, { recursive: true, mode: 0o755 });
    await writeInputs(state, inputs, work);
    for (const each of [work, ownHome]) await sandbox.giveTo(each);
    const { timeoutSeconds } = files.rule;
    const result = await runIn({ work, ownHome }, repository, { config, files, signal: watch.signal });
    if (result.status === 'cancelled') throw new CancelledFailure('the build was cancelled');
    if (result.status !== 'exited' || result.exitCode !== 0) {
      const said = readableOutput(sandbox, result.output, keptBytes).trimEnd();
      return { why: `failed ${describe(result, timeoutSeconds)}\n${excerpt(said, shownCharacters)}` };
    }
    return await collectOutput(state, { work, files, inputs, paths });
  } finally {
    await discard(home, folder);
  }
}

async function runIn(
  { work, ownHome }: { readonly work: string; readonly ownHome: string },
  { sandbox, commands }: LocalRepository,
  { config, files, signal }: Pick<Making, 'config' | 'files'> & { readonly signal: AbortSignal },
): Promise<SandboxResult> {
  const { run, network: wanted, timeoutSeconds } = files.rule;
  const network = networkFor('setup', wanted ? 'setup' : 'none', commands.policy.networkAllowed);
  const access = network ? await sandbox.networkAccess() : noNetworkAccess;
  return sandbox.run({
    argv: ['sh', '-c', run],
    mounts: [
      { type: 'bind', source: work, target: '/work', writable: true },
      // Package managers keep there what they download; the sandbox's own home is in memory.
      { type: 'bind', source: ownHome, target: sandboxHome, writable: true },
      ...access.mounts,
    ],
    // Without CI=true, with which some package managers refuse to write a lock file.
    env: { ...commandEnv(config, commands.policy, commands.env), ...access.env },
    network,
    limits: { timeoutSeconds, memoryMb: config.sandbox.memoryMb, outputBytes: keptBytes },
    signal,
  });
}
