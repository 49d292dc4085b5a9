// Commands of git that cannot work where setup and verification run: verification has no network, and the packs are the
// host's, read-only.

import type { Detector } from './need.ts';
import { unguardedLines } from './unguarded-commands.ts';

const git = String.raw`(?:^|[;&|(]\s*)git\s+(?:-[cC]\s+\S+\s+|--[\w-]+(?:=\S+)?\s+)*`;
const remote = new RegExp(`${git}(fetch|pull|push|ls-remote)\\b`);
const repack = new RegExp(`${git}(gc|repack)\\b`);
/** Scripts that make repositories of their own work on those. */
const ownRepository = /\bgit\s+(?:-\S+\s+\S+\s+)*(?:init|clone)\b/;

export const gitCommands: Detector = ({ reached, commands }) =>
  reached
    .filter(({ text }) => !ownRepository.test(text))
    .flatMap(({ from, stage, text }) => {
      const hasNetwork = stage === 'setup' && commands.setup?.network === true;
      const [fetching] = hasNetwork ? [] : commandsIn(text, remote);
      const [packing] = commandsIn(text, repack);
      return [
        ...(fetching === undefined
          ? []
          : [
              {
                what: `${from} runs \`git ${fetching}\`, which fails in a sandbox: there is no network`,
                hint: `Leave \`git ${fetching}\` out where Coppice runs; a worktree has the target branch, its history and its tags.`,
              },
            ]),
        ...(packing === undefined
          ? []
          : [
              {
                what: `${from} runs \`git ${packing}\`, which fails in a sandbox: the packs are the host’s, and read-only`,
                hint: `Leave \`git ${packing}\` out; hosts pack by themselves.`,
              },
            ]),
      ];
    });

function commandsIn(text: string, pattern: RegExp): string[] {
  return unguardedLines(text, pattern).map((line) => pattern.exec(line)?.[1] ?? '');
}
