// Everything that a repository needs and a sandbox does not give it by itself, for `coppice init` and `coppice doctor`.
// A new detector is a file here and a name in the list.

import type { Detector, Need, ProjectCommands } from './need.ts';
import type { ProjectFiles } from '../folder.ts';
import { containers } from './containers.ts';
import { filters, submodules } from './other-servers.ts';
import { gitCommands } from './git-commands.ts';
import { reachedTexts } from './reached-texts.ts';
import { sanitizers } from './sanitizers.ts';

const detectors: readonly Detector[] = [sanitizers, gitCommands, containers, filters, submodules];

/** What each detector found, each text once. */
export function needsOf(files: ProjectFiles, commands: ProjectCommands): Need[] {
  const { setup, verify } = commands;
  const reached = reachedTexts(
    files,
    setup?.run ?? null,
    verify.map(({ run }) => run),
  );
  const found = detectors.flatMap((detect) => detect({ files, commands, reached }));
  return [...new Map(found.map((need) => [need.what, need])).values()];
}
